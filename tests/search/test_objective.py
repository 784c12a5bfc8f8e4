from __future__ import annotations

import pytest

from masdesign.archive.view import Entry
from masdesign.errors import InputError
from masdesign.search.objective import AboveCurve, Pareto, Score, objective_named
from masdesign.workflow import Design


def entry(name: str, score: float | None, tokens: float, items: int = 200) -> Entry:
    return Entry(
        Design(f"async def workflow(task):\n    return {name!r}"), score, tokens, items, None, "complete"
    )


CHEAP, DEAR, MIDDLE = entry("cheap", 0.5, 50), entry("dear", 0.8, 900), entry("middle", 0.7, 300)
DOMINATED = entry("dominated", 0.6, 950)
ALL = [CHEAP, DEAR, MIDDLE, DOMINATED]


def test_score_orders_by_score_alone() -> None:
    assert Score().order(ALL) == [DEAR, MIDDLE, DOMINATED, CHEAP]


def test_a_tie_goes_to_fewer_tokens() -> None:
    same = entry("same", 0.8, 100)
    assert Score().order([DEAR, same]) == [same, DEAR]


def test_luck_on_few_items_is_discounted() -> None:
    lucky = entry("lucky", 0.85, 50, items=8)
    assert Score().order([lucky, DEAR, CHEAP])[0] is DEAR


def test_what_has_no_score_is_left_out() -> None:
    assert Score().order([entry("failed", None, 0, items=0), CHEAP]) == [CHEAP]


def test_pareto_puts_the_dominated_last() -> None:
    assert Pareto().order(ALL) == [DEAR, MIDDLE, CHEAP, DOMINATED]


def test_advantage_is_measured_from_the_curve() -> None:
    objective = AboveCurve(lambda tokens: 0.2 + tokens / 1000)
    assert objective.order(ALL)[0] is CHEAP
    assert objective.order(ALL)[-1] is DOMINATED


def test_an_unknown_objective_is_explained() -> None:
    with pytest.raises(InputError, match=r"'glory'.*score, pareto, advantage"):
        objective_named("glory")
