"""Baselines and the curve: one run of the largest vote holds every smaller one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from masdesign.archive import Archive
from masdesign.errors import ProviderError
from masdesign.evaluation import EvaluationCut, evaluate
from masdesign.evaluation.blank import answers_without_model, blank_control
from masdesign.experiments.baselines import direct, reference_curve, step_by_step
from masdesign.experiments.curve import advantage
from masdesign.experiments.votes import evaluate_votes, self_consistency_design
from masdesign.lm import Budgeted, Cached, Scripted
from masdesign.records.cache import Cache
from masdesign.session.opening import Opening
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.types import SAMPLING_TEMPERATURE
from masdesign.workflow import Design


@pytest.mark.slow
async def test_prefix_votes_equal_votes_run_alone(sums, runtime, script):
    votes = await evaluate_votes(sums, "val", runtime, [5, 1, 9, 3])
    asked = len(script.requests)
    assert asked == 60 * 9
    assert list(votes) == [1, 3, 5, 9]
    for k, found in votes.items():
        alone = await evaluate(self_consistency_design(k), sums, "val", runtime)
        assert found.to_json(times=False) == alone.to_json(times=False)
        assert found.key == alone.key
    assert len(script.requests) == asked


async def test_votes_on_some_items_are_partial(sums, runtime):
    part = await evaluate_votes(sums, "val", runtime, [1, 3], items=sums.val[:7])
    whole = await evaluate_votes(sums, "val", runtime, [1, 3])
    assert [(len(part[k].results), part[k].size, part[k].key == whole[k].key) for k in (1, 3)] == [
        (7, 60, True)
    ] * 2
    assert part[3].scores == dict(list(whole[3].scores.items())[:7])


async def test_votes_gain(sums, runtime):
    votes = await evaluate_votes(sums, "val", runtime, [1, 9])
    assert votes[9].score > votes[1].score + 0.05
    assert votes[9].tokens_per_item == pytest.approx(9 * votes[1].tokens_per_item, rel=0.1)


async def test_one_draw_is_step_by_step_at_the_sampling_temperature(sums, runtime):
    votes = await evaluate_votes(sums, "val", runtime, [1])
    step = await evaluate(step_by_step(SAMPLING_TEMPERATURE), sums, "val", runtime)
    assert votes[1].scores == step.scores
    assert votes[1].tokens_per_item == step.tokens_per_item


async def test_a_failed_draw_spoils_only_the_votes_that_need_it(sums, runtime):
    def function(request):
        if request.sample == 4 and "10 +" in request.messages[-1].content:
            return ProviderError("gone")
        return "I see no way.\nNone at all." if request.sample < 3 else "Answer: 1"

    votes = await evaluate_votes(sums, "val", replace(runtime, models={"": Scripted(function)}), [3, 5])
    assert votes[3].failures == {"design": 0, "parse": 60, "provider": 0}
    assert votes[5].failures == {"design": 0, "parse": 0, "provider": 1}
    assert votes[3].results[0].score == 0.0
    assert votes[5].results[0].score is None


@pytest.mark.slow
async def test_the_curve_has_every_baseline(sums, runtime, script):
    curve = await reference_curve(sums, "val", runtime)
    names = [p.name for p in curve.points]
    assert names == ["direct", "step_by_step", *(f"self_consistency_{k}" for k in (1, 3, 5, 9))]
    assert [p.k for p in curve.votes] == [1, 3, 5, 9]
    assert len(script.requests) == 60 * (1 + 1 + 9)
    tried = {
        t: (await evaluate(step_by_step(t), sums, "val", runtime)).score for t in (0.0, SAMPLING_TEMPERATURE)
    }
    assert (
        curve.point("step_by_step").evaluation.score == max(tried.values()) == tried[curve.step_temperature]
    )
    with pytest.raises(KeyError):
        curve.point("nothing")
    assert set(curve.points[0].to_json()) == {"name", "k", "score", "low", "high", "items", "tokens_per_item"}


@pytest.mark.slow
async def test_the_curve_grows_until_it_covers_the_design(sums, runtime):
    short = await reference_curve(sums, "val", runtime)
    a_draw = short.votes[0].evaluation.tokens_per_item
    grown = await reference_curve(sums, "val", runtime, up_to_tokens=20 * a_draw)
    assert [p.k for p in grown.votes] == [1, 3, 5, 9, 17, 33]
    assert grown.votes[-1].evaluation.tokens_per_item >= 20 * a_draw
    assert not grown.at(20 * a_draw).beyond
    ends = await reference_curve(sums, "val", runtime, up_to_tokens=1e9, ks=(1, 3))
    assert [p.k for p in ends.votes] == [1, 3]
    assert ends.at(1e9).beyond


@pytest.mark.slow
async def test_the_temperature_is_chosen_on_val_whatever_the_split(sums, runtime):
    with Archive(":memory:") as archive:
        opening = Opening.record(archive, None, sums, [])
    val, test = await reference_curve(sums, "val", runtime), await reference_curve(sums, opening, runtime)
    assert test.step_temperature == val.step_temperature
    assert all(p.evaluation.split == "test" for p in test.points)
    other = SAMPLING_TEMPERATURE - val.step_temperature
    given = await reference_curve(sums, opening, runtime, step_temperature=other)
    assert given.step_temperature == other


@pytest.mark.slow
async def test_a_vote_has_no_advantage_over_the_curve_and_an_oracle_has(sums, runtime):
    curve = await reference_curve(sums, "val", runtime)
    vote = await evaluate(self_consistency_design(5), sums, "val", runtime)
    found = advantage(vote, curve, seed=0)
    assert found.score <= 1e-9
    assert found.low <= 0
    right = replace(vote, results=tuple(replace(r, score=1.0) for r in vote.results))
    assert advantage(right, curve, seed=0).low > 0


@pytest.mark.slow
async def test_a_budget_that_ends_cuts_the_curve(sums, runtime):
    ledger = Ledger(Budget.parse("200calls"))
    with Cache.memory() as cache:
        lm = Budgeted(Cached(Scripted(lambda r: "Answer: 1"), cache), ledger)
        with pytest.raises(EvaluationCut) as cut:
            await reference_curve(sums, "val", replace(runtime, models={"": lm}), ledger=ledger)
    assert ledger.spend.calls <= 200
    assert cut.value.partial.design_id == self_consistency_design(9).id


async def test_the_blank_control_tells_code_from_model(sums, runtime, script):
    cheat = Design(
        "async def workflow(task):\n"
        "    await direct(task)\n"
        "    return str(sum(int(x) for x in task.question[:-2].split(' + ')))\n"
    )
    code = await blank_control(cheat, sums, "val", runtime)
    model = await blank_control(direct(), sums, "val", runtime)
    assert script.requests == []
    assert (code, model) == (1.0, 0.0)
    assert answers_without_model(code, sums, "val")
    assert not answers_without_model(model, sums, "val")


async def test_baselines_say_what_they_are():
    assert [d.name for d in (direct(), step_by_step(), self_consistency_design(7))] == [
        "direct", "step_by_step", "self_consistency_7",
    ]  # fmt: skip
    assert {d.origin for d in (direct(), step_by_step(), self_consistency_design(7))} == {"baseline"}
    assert step_by_step().id != step_by_step(0.8).id
