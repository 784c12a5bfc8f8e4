"""Items that the model refuses under the plain question are set aside for all designs, and named."""

from dataclasses import replace

import pytest

from masdesign.evaluation import evaluate
from masdesign.evaluation.aside import PLAIN, aside_note
from masdesign.experiments.baselines import direct, step_by_step
from masdesign.experiments.votes import evaluate_votes
from masdesign.lm import Cached, Scripted
from masdesign.records.cache import Cache
from masdesign.statistics.paired import paired_difference
from masdesign.types import Completion, Usage
from masdesign.workflow import Design

THINK = Design("async def workflow(task):\n    return await chain_of_thought(task)\n")


def refusing(script, when):
    def reply(request):
        if when(request.messages[-1].content):
            return Completion("", Usage(9, 0), "refused")
        return script._function(request)

    return Cached(Scripted(reply), Cache.memory())


@pytest.fixture
def filtered(runtime, script):
    """A model that refuses two items, whatever is asked about them."""
    return replace(runtime, models={"": refusing(script, lambda text: "20 + " in text or "40 + " in text)})


def test_the_plain_question_is_that_of_direct():
    assert direct().id == PLAIN


async def test_what_the_plain_question_has_refused_is_asked_of_no_design(sums, filtered):
    plain = await evaluate(direct(), sums, "val", filtered)
    assert plain.set_aside == ("i20", "i40")
    assert plain.failures["refused"] == 2
    assert plain.complete
    assert aside_note(plain).endswith("since the model refuses the plain question: i20, i40")
    asked = len(filtered.models[""].inner.requests)
    other = await evaluate(THINK, sums, "val", filtered, probe=True)
    assert len(filtered.models[""].inner.requests) == asked + 58
    assert (other.set_aside, other.complete) == (plain.set_aside, True)
    assert [r.item_id for r in other.results] == [item.id for item in sums.val]
    assert paired_difference(other, plain, seed=0).items == 58


async def test_votes_are_complete_without_them(sums, filtered):
    await evaluate(direct(), sums, "val", filtered)
    votes = await evaluate_votes(sums, "val", filtered, [1, 3])
    assert all(evaluation.complete for evaluation in votes.values())
    assert {evaluation.set_aside for evaluation in votes.values()} == {("i20", "i40")}
    assert [r.item_id for r in votes[3].results] == [item.id for item in sums.val]


async def test_what_one_design_s_prompts_have_refused_is_its_own(sums, runtime, script):
    opened = replace(
        runtime, models={"": refusing(script, lambda text: "20 + " in text and "step by step" in text)}
    )
    plain = await evaluate(direct(), sums, "val", opened)
    found = await evaluate(step_by_step(), sums, "val", opened)
    assert (plain.set_aside, found.set_aside) == ((), ())
    assert (found.unscored, found.failures["refused"], found.complete) == (1, 1, False)
    assert aside_note(found) == ""


async def test_another_model_may_answer_them(sums, filtered, script):
    await evaluate(direct(), sums, "val", filtered)
    other = replace(filtered, models={"": Scripted(script._function, model="other")})
    assert (await evaluate(THINK, sums, "val", other)).items == 60
