"""What a conversation costs where the provider keeps the shared beginning of prompts at hand."""

from __future__ import annotations

from collections.abc import Sequence

from masdesign.evaluation.items import run_items
from masdesign.spending.ledger import Ledger
from masdesign.types import SCORED_FAILURES, Item
from masdesign.workflow import Design, ItemOutcome, Node, Runtime


async def fresh_tokens(design: Design, items: Sequence[Item], runtime: Runtime, ledger: Ledger) -> float:
    """Tokens an item of a design, without those of a prompt that an earlier call has sent or received.

    The design is run again on its remembered completions: an evaluation keeps no prompts.
    """
    counts: list[int] = []

    def keep(item: Item, outcome: ItemOutcome) -> None:
        if outcome.failure is None or outcome.failure.kind in SCORED_FAILURES:
            counts.append(fresh(outcome.trace.root))

    await run_items(design, items, runtime, keep, ledger=ledger)
    return sum(counts) / len(counts) if counts else 0.0


def fresh(root: Node) -> int:
    """Tokens at and below a node that no earlier call of it has sent or received.

    A call goes on from an earlier one where its messages begin with that one's, followed by its reply.
    """
    calls = [node for node in root.walk() if node.request is not None and node.completion is not None]
    total = 0
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
        total += (
            max(0, call.completion.usage.prompt_tokens - cached) + call.completion.usage.completion_tokens
        )
    return total
