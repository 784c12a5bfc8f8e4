"""`Row`: what is left of a design in one prompt, beside step by step and a vote at the same tokens.

`FreshCost`: what a conversation costs where the provider keeps the shared beginning of prompts at hand.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from masdesign.evaluation import Evaluation
from masdesign.evaluation.items import run_items
from masdesign.spending.ledger import Ledger
from masdesign.spending.price import Price, known_usd
from masdesign.statistics.clusters import groups_of, resample
from masdesign.statistics.intervals import RESAMPLES, percentile_interval
from masdesign.statistics.paired import Difference, paired_difference
from masdesign.types import SCORED_FAILURES, Item, Split
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


MOST_OF_IT = 0.8
"""A prompt that keeps this share of the gain for fewer tokens stands in for the design."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio with its 95 % bootstrap interval, items resampled for both parts at once."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Row:
    """Four ways to answer the same items of one split, from the same draws."""

    teacher: Evaluation
    """The design."""
    student: Evaluation
    """The prompt."""
    step_by_step: Evaluation
    matched: Evaluation
    """Self-consistency of about the student's tokens an item."""
    k: int
    """How many votes that took."""
    seed: int = 0
    """Of the bootstrap."""
    what: str = "the prompt"
    """What the student is called."""
    fresh: FreshCost | None = None
    """Of a conversation: an item's cost where the provider caches the shared beginning of prompts."""
    plain: str = "step by step"
    """What the plain way is called: of a task that is acted on, a plain agent."""

    @property
    def split(self) -> Split:
        """Where this was measured."""
        return self.student.split

    @cached_property
    def against_step(self) -> Difference:
        """Student minus step by step."""
        return paired_difference(self.student, self.step_by_step, seed=self.seed)

    @cached_property
    def against_teacher(self) -> Difference:
        """Student minus teacher."""
        return paired_difference(self.student, self.teacher, seed=self.seed)

    @cached_property
    def against_matched(self) -> Difference:
        """Student minus self-consistency at the same tokens."""
        return paired_difference(self.student, self.matched, seed=self.seed)

    @cached_property
    def retention(self) -> Ratio | None:
        """The share of the teacher's score that the student keeps; ``None`` where that score is 0."""
        runs = (self.student, self.teacher)
        return _ratio(runs, lambda s, t: (s, t), self.seed)

    @cached_property
    def gain_kept(self) -> Ratio | None:
        """(student − step by step) / (teacher − step by step).

        ``None`` unless the teacher is better than step by step beyond doubt (its interval above 0).
        """
        if paired_difference(self.teacher, self.step_by_step, seed=self.seed).low <= 0:
            return None
        runs = (self.student, self.teacher, self.step_by_step)
        return _ratio(runs, lambda s, t, base: (s - base, t - base), self.seed)

    @property
    def cost_ratio(self) -> float | None:
        """Student over teacher tokens an item."""
        tokens = self.teacher.tokens_per_item
        return self.student.tokens_per_item / tokens if tokens else None

    @property
    def better(self) -> bool:
        """Whether the student beats step by step beyond doubt."""
        return self.against_step.low > 0

    @property
    def verdict(self) -> str:
        """One plain sentence."""
        d = self.against_step
        figures = (
            f"{d.mean:+.3f}, 95 % interval {d.low:+.3f} to {d.high:+.3f}, p = {d.p:.2g}, "
            f"paired, {d.items} {self.split} items"
        )
        if self.better:
            return f"{self.what} is better than {self.plain} ({figures})"
        if d.high < 0:
            return f"{self.what} is worse than {self.plain} ({figures}): use {self.plain}"
        return f"{self.what} is no better than {self.plain}, as far as these items can tell ({figures})"

    @property
    def advice(self) -> str:
        """What to use: the prompt, the design, or the plain way."""
        gain, cost = self.gain_kept, self.cost_ratio
        if not self.better:
            return "use the design" if gain is not None else f"use {self.plain}"
        if gain is None or cost is None:
            return f"use {self.what}"
        share = f"{max(0.0, gain.value):.0%} of the design's gain for {cost:.0%} of its tokens"
        if cost >= 1 and gain.value < 1:
            return f"{share}, so use the design"
        return (
            f"{share}, so use {self.what}" if gain.value >= MOST_OF_IT else f"{share}, where that is enough"
        )

    def to_json(self) -> dict[str, Any]:
        """The measured row of ``masdesign distill --json``."""
        retention, gain = self.retention, self.gain_kept
        student = _score(self.student)
        if self.fresh is not None:
            student["fresh_tokens_per_item"] = self.fresh.tokens
            student["fresh_usd_per_1000_items"] = self.fresh.usd and 1000 * self.fresh.usd
        return {
            "split": self.split,
            "teacher": _score(self.teacher),
            "student": student,
            "step_by_step": _score(self.step_by_step),
            "matched_self_consistency": {**_score(self.matched), "k": self.k},
            "retention": retention.value if retention else None,
            "retention_interval": _ends(retention),
            "gain_kept": gain.value if gain else None,
            "gain_kept_interval": _ends(gain),
            "cost_ratio": self.cost_ratio,
            "student_minus_step_by_step": asdict(self.against_step),
            "student_minus_teacher": asdict(self.against_teacher),
            "student_minus_matched": asdict(self.against_matched),
            "better_than_step_by_step": self.better,
            "verdict": self.verdict,
        }


def _score(evaluation: Evaluation) -> dict[str, Any]:
    return {
        **evaluation.summary(),
        "tokens_per_item": evaluation.tokens_per_item,
        "calls_per_item": evaluation.calls_per_item,
        "usd_per_item": known_usd(evaluation.usd_per_item, evaluation.tokens_per_item, evaluation.model),
        "seconds_per_item": evaluation.seconds_per_item,
        "failures": evaluation.failures,
    }


def _ends(ratio: Ratio | None) -> list[float] | None:
    return [ratio.low, ratio.high] if ratio else None


def _ratio(runs: Sequence[Evaluation], parts: Callable[..., tuple[float, float]], seed: int) -> Ratio | None:
    """A ratio of mean scores over the items scored in all runs; ``None`` where it has no value."""
    import numpy as np

    common = [item for item in runs[0].scores if all(item in run.scores for run in runs)]
    if not common:
        return None
    scores = np.array([[run.scores[item] for item in common] for run in runs])
    top, bottom = parts(*scores.mean(axis=1))
    if bottom <= 0:
        return None
    rng = np.random.default_rng(seed)
    weights = resample(rng, len(common), groups_of(common, runs[0].clusters), RESAMPLES)
    pairs = [parts(*means) for means in weights @ scores.T]
    draws = [float(a / b) for a, b in pairs if b > 0]
    return Ratio(float(top / bottom), *percentile_interval(draws))
