"""Is the winner better, and by how much? Against each plain way to answer, on the test items of both."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from masdesign.archive import Archive, RunRecord
from masdesign.archive.tables.evaluations import Summary
from masdesign.evaluation import Evaluation
from masdesign.evaluation.evaluation import on_common_items
from masdesign.experiments.baselines import KS, direct, step_by_step
from masdesign.experiments.curve import Curve, Point, Unit, advantage
from masdesign.experiments.votes import self_consistency_design
from masdesign.report.outcome import claims
from masdesign.statistics.claims import error_of_look
from masdesign.statistics.paired import paired_difference
from masdesign.types import SAMPLING_TEMPERATURE
from masdesign.workflow import Design

_VOTES = {self_consistency_design(k).id: k for k in range(1, max(KS) + 1)}
_DIRECT = direct().id
_STEPS = {step_by_step(t).id: t for t in (0.0, SAMPLING_TEMPERATURE)}
_ALONE = re.compile(
    r'async def workflow\(task\):\n    return await chain_of_thought\(task, model="([^"\\]*)"\)\n'
)
"""Step by step by one of several models alone."""


@dataclass(frozen=True, slots=True)
class Plain:
    """A plain way to answer, with its score on one split."""

    design_id: str
    name: str
    k: int | None
    """Of a vote, over how many draws."""
    score: float
    low: float
    high: float
    items: int
    cost: float
    """An item: tokens, or USD where the run compared in USD."""
    tokens: float
    calls: float
    partial: bool
    """Measured on a part of the split only, where the budget was small."""


@dataclass(frozen=True, slots=True)
class WinnerComparison:
    """The winner's test score minus another's, on the items scored in both."""

    against: str
    difference: float
    low: float
    high: float
    p: float | None
    """Two-sided, paired, corrected as the run's claims are; ``None`` against a curve, which is no design."""
    items: int
    wins: int | None
    """Items on which the winner scored more; ``None`` against a curve."""
    losses: int | None
    other_score: float
    other_cost: float
    """An item, in the run's unit."""
    beyond_curve: bool = False
    """The winner costs more than the curve's last point, whose best score stands in."""

    @property
    def verdict(self) -> str:
        """``better``, ``worse``, or ``not told apart``, by whether the interval leaves out 0."""
        return "better" if self.low > 0 else "worse" if self.high < 0 else "not told apart"


def baseline_name(design: Design) -> tuple[str, int | None] | None:
    """What the page calls a plain design, and its k; ``None`` for any other design.

    A design is known by its code, so that no import can pass for a baseline by its name.

    >>> baseline_name(self_consistency_design(5)), baseline_name(direct())
    (('vote of 5', 5), ('at once', None))
    """
    if design.id in _VOTES:
        return f"vote of {_VOTES[design.id]}", _VOTES[design.id]
    if design.id == _DIRECT:
        return "at once", None
    if design.id in _STEPS:
        return "step by step" + (f" at {_STEPS[design.id]:g}" if _STEPS[design.id] else ""), None
    alone = _ALONE.fullmatch(design.source)
    return None if alone is None else (f"step by step on {alone[1]}", None)


def plain_ways(summaries: Sequence[Summary], designs: Mapping[str, Design], unit: str) -> tuple[Plain, ...]:
    """The plain ways to answer among these evaluations, by growing cost."""
    ways = []
    for summary in {s.design_id: s for s in summaries if s.items}.values():
        named = baseline_name(designs[summary.design_id]) if summary.design_id in designs else None
        if named is not None:
            cost = summary.usd_per_item if unit == "usd" else summary.tokens_per_item
            plain = Plain(
                summary.design_id, *named, summary.score, summary.low, summary.high, summary.items, cost,
                summary.tokens_per_item, summary.calls_per_item,
                partial=summary.items + summary.unscored < summary.size,
            )  # fmt: skip
            ways.append(plain)
    return tuple(sorted(ways, key=lambda plain: (plain.cost, plain.k or 0)))


def step_on_val(plain: Sequence[Plain], tests: Collection[str]) -> Plain | None:
    """Step by step on val, at the temperature that the winner is compared with on test.

    As long as test is not opened: at the better of the two on val, 0 in a tie (as the baselines choose).

    Parameters:
        tests: ids of the designs that were scored on test.
    """
    steps = [way for way in plain if way.design_id in _STEPS]

    def order(way: Plain) -> tuple[bool, float, float]:
        tested = way.design_id in tests
        return not tested, 0.0 if tested else -way.score, _STEPS[way.design_id]

    return min(steps, key=order, default=None)


def on_test(archive: Archive, run: RunRecord) -> dict[str, Evaluation]:
    """What the run scored on test, by design: ours before imported."""
    summaries = sorted(archive.summaries(run=run.name, split="test"), key=lambda s: (not s.foreign, s.seq))
    return {summary.design_id: archive.evaluation(summary) for summary in summaries if summary.items}


def comparisons(
    winner: Design,
    tests: Mapping[str, Evaluation],
    designs: Mapping[str, Design],
    unit: Unit,
    run: RunRecord,
    look: int,
) -> tuple[WinnerComparison, ...]:
    """The winner against step by step, self-consistency at its cost, and the best plain way at its cost.

    The second and the third read a curve at the winner's own cost an item (`masdesign.evaluation.advantage`).
    The intervals are those of the run's claims: corrected for their number and for ``look``, the number of
    the run's look at test.
    """
    ours = tests.get(winner.id)
    if ours is None:
        return ()
    points = {
        design_id: Point(named[0], named[1], evaluation)
        for design_id, evaluation in tests.items()
        if design_id in designs and (named := baseline_name(designs[design_id])) is not None
    }
    step = next((points[design_id] for design_id in _STEPS if design_id in points), None)
    votes = tuple(point for point in points.values() if point.k is not None)
    compared = [] if step is None else [_against(step, ours, unit, run)]
    if len(votes) > 1:
        compared.append(_above("self-consistency at the same cost", votes, ours, unit, run.seed, look))
    if points:
        every = tuple(points.values())
        compared.append(_above("best plain way at the same cost", every, ours, unit, run.seed, look))
    return tuple(compared)


def _against(other: Point, ours: Evaluation, unit: Unit, run: RunRecord) -> WinnerComparison:
    mine, theirs = on_common_items(ours, other.evaluation)
    difference = paired_difference(mine, theirs, seed=run.seed)
    corrected = next((c.p_holm for c in claims(run.outcome) if c.than.startswith("step by step")), 0.0)
    if corrected > difference.p:  # what an import says is believed no further
        difference = paired_difference(mine, theirs, seed=run.seed, p_adjusted=corrected)
        difference = replace(difference, p=corrected)
    pairs = [(score, theirs.scores.get(item)) for item, score in mine.scores.items()]
    return WinnerComparison(
        other.name + _of(mine, ours),
        *(difference.mean, difference.low, difference.high, difference.p, difference.items),
        wins=sum(b is not None and a > b for a, b in pairs),
        losses=sum(b is not None and a < b for a, b in pairs),
        other_score=theirs.score,
        other_cost=theirs.cost_per_item(unit),
    )


def _above(
    name: str, points: tuple[Point, ...], ours: Evaluation, unit: Unit, seed: int, look: int
) -> WinnerComparison:
    mine, *theirs = on_common_items(ours, *(point.evaluation for point in points))
    on_these = zip(points, theirs, strict=True)
    curve = Curve(tuple(replace(point, evaluation=each) for point, each in on_these), 0.0, unit)
    evaluation = advantage(mine, curve, seed=seed, confidence=1 - error_of_look(look))
    cost = mine.cost_per_item(unit)
    return WinnerComparison(
        name + _of(mine, ours),
        *(evaluation.score, evaluation.low, evaluation.high, None, evaluation.items),
        wins=None,
        losses=None,
        other_score=curve.at(cost).score,
        other_cost=cost,
        beyond_curve=evaluation.beyond_curve,
    )


def _of(measured: Evaluation, ours: Evaluation) -> str:
    """Of how many items, where these are not all that the winner was asked."""
    count = len(measured.results)
    return "" if count == len(ours.results) else f" (on {count} items of both)"
