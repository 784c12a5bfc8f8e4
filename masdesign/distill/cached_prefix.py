"""What a conversation costs where the provider keeps the shared beginning of prompts at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from masdesign.evaluation.items import run_items
from masdesign.spending.ledger import Ledger
from masdesign.spending.price import Price
from masdesign.types import SCORED_FAILURES, Item
from masdesign.workflow import Design, ItemOutcome, Node, Runtime


@dataclass(frozen=True, slots=True)
class FreshCost:
    """What an item costs where the provider keeps the shared beginning of prompts at hand."""

    tokens: float
    """Tokens that no earlier call has sent or received."""
    usd: float | None
    """With the others at the price of cached ones; ``None`` where that is not known."""


async def fresh_cost(
    design: Design, items: Sequence[Item], runtime: Runtime, ledger: Ledger
) -> FreshCost | None:
    """The mean cost of an item; ``None`` where no item was scored.

    The design is run again on its remembered completions: an evaluation keeps no prompts.
    """
    counts: list[tuple[int, float]] = []
    price = getattr(runtime.models[""], "price", None)

    def keep(item: Item, outcome: ItemOutcome) -> None:
        if outcome.failure is None or outcome.failure.kind in SCORED_FAILURES:
            counts.append(fresh(outcome.trace.root, price))

    await run_items(design, items, runtime, keep, ledger=ledger)
    if not counts:
        return None
    tokens, usd = (sum(values) / len(counts) for values in zip(*counts, strict=True))
    return FreshCost(tokens, usd if price is not None and price.cached is not None else None)


def fresh(root: Node, price: Price | None = None) -> tuple[int, float]:
    """Tokens at and below a node that no earlier call of it has sent or received, and the USD of all.

    A call goes on from an earlier one where its messages begin with that one's, followed by its reply.
    """
    calls = [node for node in root.walk() if node.request is not None and node.completion is not None]
    total, usd = 0, 0.0
    for place, call in enumerate(calls):
        assert call.request is not None
        assert call.completion is not None
        cached = 0
        for earlier in calls[:place]:
            assert earlier.request is not None
            assert earlier.completion is not None
            texts = (*(m.content for m in earlier.request.messages), earlier.completion.text)
            if tuple(m.content for m in call.request.messages)[: len(texts)] == texts:
                cached = max(cached, earlier.completion.usage.tokens)
        usage = call.completion.usage
        total += max(0, usage.prompt_tokens - cached) + usage.completion_tokens
        usd += price.usd(usage, cached=cached) if price else 0.0
    return total, usd
