"""Test is scored through a recorded opening, block by block, and in no other way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from masdesign.errors import BudgetExhausted, InputError
from masdesign.evaluation import evaluate
from masdesign.experiments.votes import evaluate_votes
from masdesign.lm import Budgeted
from masdesign.session.opening import Opening
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.workflow import Design

DIRECT = Design("async def workflow(task):\n    return await direct(task)\n")
TWICE = Design("async def workflow(task):\n    await direct(task)\n    return await chain_of_thought(task)\n")


async def test_test_is_sealed(sums, runtime):
    with pytest.raises(AttributeError, match="sealed"):
        sums.test  # noqa: B018
    with pytest.raises(InputError, match="sealed"):
        sums.items("test")
    with pytest.raises(InputError, match="needs a recorded opening"):
        await evaluate(DIRECT, sums, "test", runtime)
    with pytest.raises(InputError, match="needs a recorded opening"):
        await evaluate_votes(sums, "test", runtime, (3,))
    assert sums.size("test") == len(sums.ids("test")) == 30


async def test_an_opening_gives_its_items_and_scores_its_designs(sums, runtime, archive):
    opening = Opening.record(archive, None, sums, [DIRECT], first=12)
    assert [item.id for item in sums.unseal(opening)] == list(sums.ids("test"))[:12]
    evaluation = await evaluate(DIRECT, sums, opening, runtime)
    assert (evaluation.split, len(evaluation.results)) == ("test", 12)
    with pytest.raises(InputError, match="not part of the opening"):
        await evaluate(TWICE, sums, opening, runtime)


async def test_it_is_recorded_before_anything_is_scored(sums, archive):
    opening = Opening.record(archive, None, sums, [DIRECT, TWICE, DIRECT])
    (record,) = archive.openings()
    assert (record.key, record.designs, record.items) == (opening.key, opening.designs, opening.items)
    assert opening.frozen == (DIRECT, TWICE)
    assert archive.design(TWICE.id) == TWICE
    assert Opening.record(archive, None, sums, [TWICE, DIRECT]).key == opening.key
    assert len(archive.openings()) == 1


async def test_blocks_give_what_one_evaluation_gives(sums, runtime, archive):
    opening = Opening.record(archive, None, sums, [DIRECT, TWICE])
    done: list[int] = []
    scores = await opening.score([DIRECT, TWICE], runtime, block=8, on_block=done.append)
    assert done == [8, 16, 24, 30]
    for design in (DIRECT, TWICE):
        whole = await evaluate(design, sums, opening, runtime)
        assert scores[design.id].to_json(times=False) == whole.to_json(times=False)


async def test_a_budget_that_ends_early_loses_a_part_of_the_look_only(sums, runtime, archive):
    """Thirty items are scored in blocks of eight: 50 of the 60 calls cover three of them."""
    opening = Opening.record(archive, None, sums, [DIRECT, TWICE])
    ledger = Ledger(Budget(50))
    charged = replace(runtime, models={"": Budgeted(runtime.models[""], ledger)})
    scores = await opening.score([DIRECT, TWICE], charged, ledger)
    assert {len(evaluation.results) for evaluation in scores.values()} == {24}


@pytest.mark.slow
@pytest.mark.parametrize(("calls", "items"), [(19, 0), (20, 10), (39, 10), (40, 20)])
async def test_a_budget_cuts_all_designs_at_the_same_item(sums, runtime, archive, calls, items):
    """A block of ten takes ten calls of `DIRECT`, which `TWICE` shares, and ten more."""
    opening = Opening.record(archive, None, sums, [DIRECT, TWICE])
    ledger = Ledger(Budget(calls))
    charged = replace(runtime, models={"": Budgeted(runtime.models[""], ledger)})
    if not items:
        with pytest.raises(BudgetExhausted):
            await opening.score([DIRECT, TWICE], charged, ledger, block=10)
        return
    scores = await opening.score([DIRECT, TWICE], charged, ledger, block=10)
    assert {len(evaluation.results) for evaluation in scores.values()} == {items}
