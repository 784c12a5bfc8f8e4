"""Every block on a task: scores, what is earned at equal tokens, refusals, and calls under two names."""

from __future__ import annotations

import pytest

from masdesign.evaluation import EvaluationCut
from masdesign.experiments.block_scores import block_scores
from masdesign.lm import Budgeted
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.workflow import Design


def called(expression: str) -> Design:
    return Design(f"async def workflow(task):\n    return await {expression}\n")


BLOCKS = {
    "chain_of_thought": called("chain_of_thought(task)"),
    "the_same": called("chain_of_thought(task, instruction='')"),
    "self_consistency": called("self_consistency(task, n=5)"),
    "write_program": called("write_program(task)"),
}


@pytest.mark.slow
async def test_each_block_has_its_score_and_what_it_earns(sums, runtime):
    kept = []
    curve, found = await block_scores(
        BLOCKS, sums, runtime, seed=0, ledger=Ledger(Budget.parse(None)), keep=kept.append
    )
    by_name = {one.name: one for one in found}
    assert [e.design_id for e in kept] == [design.id for design in BLOCKS.values()]
    vote = by_name["self_consistency"]
    assert vote.evaluation.score == curve.point("self_consistency_5").evaluation.score
    assert vote.advantage is not None
    assert vote.advantage.score <= 0
    assert curve.votes[-1].evaluation.tokens_per_item >= vote.evaluation.tokens_per_item


@pytest.mark.slow
async def test_two_names_of_the_same_calls_are_told(sums, runtime):
    _, found = await block_scores(BLOCKS, sums, runtime, seed=0, ledger=Ledger(Budget.parse(None)))
    same = {one.name: one.same_as for one in found}
    assert same["chain_of_thought"] == ("the_same",)
    assert same["the_same"] == ("chain_of_thought",)
    assert same["self_consistency"] == ()


@pytest.mark.slow
async def test_a_block_whose_tool_is_missing_is_refused_and_not_wrong(sums, runtime):
    _, found = await block_scores(BLOCKS, sums, runtime, seed=0, ledger=Ledger(Budget.parse(None)))
    refused = found[-1]
    assert refused.advantage is None
    assert refused.refusal is not None
    assert "python" in refused.refusal.message
    assert refused.same_as == ()


async def test_a_budget_that_ends_says_so(sums, runtime):
    ledger = Ledger(Budget.parse("80calls"))
    runtime.models = {"": Budgeted(runtime.models[""], ledger)}
    with pytest.raises(EvaluationCut) as cut:
        await block_scores(BLOCKS, sums, runtime, seed=0, ledger=ledger)
    assert 0 < cut.value.partial.items < len(sums.val)
