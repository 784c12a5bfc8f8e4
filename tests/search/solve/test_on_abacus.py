"""A question of each family, easy enough for any version of the embedded model, is answered."""

from __future__ import annotations

import pytest

from masdesign.evaluation.session import open_runtime
from masdesign.search.solve import solve
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import load_task
from masdesign.types import Question

FAMILIES = {  # difficulty
    "arithmetic": 1,
    "boolean": 1,
    "navigate": 1,
    "truth_tellers": 1,
    "object_counting": 1,
    "shuffled_objects": 1,
    "ledger": 1,
}


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
async def test_a_question_of_each_family_is_answered(family: str) -> None:
    ledger = Ledger(Budget.parse("120calls"))
    item = load_task(family, difficulty=FAMILIES[family], items=1).val[0]
    async with open_runtime("abacus", ledger=ledger) as runtime:
        found = await solve(Question.of(item), runtime, ledger, rounds=1)
    assert found.answer is not None
    assert found.design is not None
    assert found.failure is None
    assert 0 < ledger.spend.calls <= 120
    assert all(one.outcome.failure is None or one.outcome.failure.kind != "provider" for one in found.tried)
