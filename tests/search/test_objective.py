from __future__ import annotations

from dataclasses import replace

import pytest

from masdesign.archive.view import Entry, Stage
from masdesign.errors import InputError
from masdesign.evaluation import Evaluation
from masdesign.search.loop.candidate import Candidate, entries_of
from masdesign.search.objective import AboveCurve, Pareto, ScoreObjective, objective_named
from masdesign.types import Answer, Result
from masdesign.workflow import Design


def entry(name: str, score: float | None, tokens: float, items: int = 200) -> Entry:
    return Entry(
        Design(f"async def workflow(task):\n    return {name!r}"), score, tokens, items, None, "complete"
    )


CHEAP, DEAR, MIDDLE = entry("cheap", 0.5, 50), entry("dear", 0.8, 900), entry("middle", 0.7, 300)
DOMINATED = entry("dominated", 0.6, 950)
ALL = [CHEAP, DEAR, MIDDLE, DOMINATED]


def test_score_orders_by_score_alone() -> None:
    assert ScoreObjective().order(ALL) == [DEAR, MIDDLE, DOMINATED, CHEAP]


def test_a_tie_goes_to_fewer_tokens() -> None:
    same = entry("same", 0.8, 100)
    assert ScoreObjective().order([DEAR, same]) == [same, DEAR]


def test_the_estimate_decides_not_the_score() -> None:
    lucky = replace(entry("lucky", 0.85, 50, items=8), estimate=0.6)
    assert ScoreObjective().order([lucky, DEAR, CHEAP]) == [DEAR, lucky, CHEAP]
    unlucky = replace(CHEAP, estimate=0.9)
    assert ScoreObjective().order([unlucky, DEAR]) == [DEAR, unlucky], (
        "nothing is picked for having been unlucky"
    )
    assert ScoreObjective().order([replace(unlucky, stage="screened"), DEAR])[1] is DEAR


def test_luck_on_few_items_is_discounted() -> None:
    """What a strategy sees of a candidate is drawn towards what the others scored."""

    def candidate(index: int, right: int, items: int, stage: Stage = "complete") -> Candidate:
        design = Design(f"async def workflow(task):\n    return '{index}'")
        results = tuple(Result(str(n), Answer("4"), float(n % items < right)) for n in range(items))
        found = Evaluation(design.id, "sums", "1", "val", "model", 0, "", 200, results)
        return Candidate(index, design, found, stage=stage)

    usual = [candidate(n, 96 + n, 200) for n in range(8)]
    good, lucky = candidate(8, 150, 200), candidate(9, 20, 24, "screened")
    broken = Candidate(10, Design("broken"))
    entries = entries_of([*usual, broken, lucky, good])
    assert lucky.evaluation
    assert lucky.evaluation.score > good.evaluation.score
    assert ScoreObjective().order(entries)[0].design is good.design
    assert [e.design for e in entries] == [c.design for c in [*usual, broken, lucky, good]]
    assert entries[8].shrunk is None


def test_what_has_no_score_is_left_out() -> None:
    assert ScoreObjective().order([entry("failed", None, 0, items=0), CHEAP]) == [CHEAP]


def test_pareto_puts_the_dominated_last() -> None:
    assert Pareto().order(ALL) == [DEAR, MIDDLE, CHEAP, DOMINATED]


def test_advantage_is_measured_from_the_curve() -> None:
    objective = AboveCurve(lambda tokens: 0.2 + tokens / 1000)
    assert objective.order(ALL)[0] is CHEAP
    assert objective.order(ALL)[-1] is DOMINATED


def test_an_unknown_objective_is_explained() -> None:
    with pytest.raises(InputError, match=r"'glory'.*score, pareto, advantage"):
        objective_named("glory")
