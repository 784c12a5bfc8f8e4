"""`evaluate`: scores, failures as values, the order of things, the budget's cut, a clean end."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from masdesign.building_blocks import blocks
from masdesign.errors import CredentialsError, InputError, ProviderError, SourceError
from masdesign.evaluation import EvaluationCut, evaluate
from masdesign.evaluation.evaluator import empty_evaluation, model_label
from masdesign.lm import Budgeted, Cached, Scripted
from masdesign.records.cache import Cache
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Item
from masdesign.workflow import Design

DIRECT = Design("async def workflow(task):\n    return await direct(task)\n", name="direct")
VOTE = Design("async def workflow(task):\n    return await self_consistency(task, n=3)\n")


def with_script(runtime, function, **options):
    return replace(runtime, models={"": Scripted(function, **options)})


async def test_items_are_scored_in_their_order(sums, runtime, script):
    seen = []
    found = await evaluate(DIRECT, sums, "val", runtime, on_result=lambda r: seen.append(r.item_id))
    assert [r.item_id for r in found.results] == seen == [item.id for item in sums.val]
    assert 0.4 < found.score < 0.9
    assert found.complete
    assert found.calls_per_item == 1
    assert found.tokens_per_item > 1
    assert len(script.requests) == 60
    assert (found.task, found.split, found.model, found.size) == ("sums", "val", "scripted", 60)


async def test_a_second_look_at_the_same_draws_is_free_and_equal(sums, runtime, script):
    first = await evaluate(DIRECT, sums, "val", runtime)
    again = await evaluate(DIRECT, sums, "val", runtime)
    assert len(script.requests) == 60
    assert again.to_json(times=False) == first.to_json(times=False)


async def test_worlds_are_different_draws(sums, runtime):
    here = await evaluate(VOTE, sums, "val", runtime)
    there = await evaluate(VOTE, sums, "val", replace(runtime, world=1))
    assert here.key != there.key
    assert here.scores != there.scores


async def test_some_items_are_a_partial_evaluation(sums, runtime):
    part = await evaluate(DIRECT, sums, "val", runtime, items=sums.val[:8])
    rest = await evaluate(DIRECT, sums, "val", runtime, items=sums.val[8:])
    whole = await evaluate(DIRECT, sums, "val", runtime)
    assert not part.complete
    joined = part.extended(rest.results)
    assert joined.complete
    assert joined.to_json(times=False) == whole.to_json(times=False)


async def test_failures_are_values(sums, runtime):
    def function(request):
        text = request.messages[-1].content
        if "11 +" in text:
            return ProviderError("the line is dead")
        return "I see no way.\nNone at all." if "12 +" in text else "Answer: 1"

    found = await evaluate(
        Design(
            "async def workflow(task):\n"
            "    if '13 +' in task.question:\n        return str(1 / 0)\n"
            "    return await chain_of_thought(task)\n"
        ),
        sums, "val", with_script(runtime, function),
    )  # fmt: skip
    assert found.failures == {"design": 1, "parse": 1, "provider": 1}
    by_item = {r.item_id: r for r in found.results}
    assert by_item["i11"].score is None
    assert by_item["i12"].score == by_item["i13"].score == 0.0
    assert by_item["i13"].failure.line == 3
    assert "zero" in by_item["i13"].failure.message
    assert (found.items, found.unscored) == (59, 1)


@pytest.mark.parametrize(
    "source", ["def workflow(", "async def workflow(task):\n    return await nothing(task)\n", ""]
)
async def test_a_source_that_is_refused_has_no_score(source, sums, runtime):
    with pytest.raises(SourceError):
        await evaluate(Design(source), sums, "val", runtime, ledger=Ledger(Budget.parse("5calls")))


async def test_an_answer_without_a_model_is_a_design_failure_unless_allowed(sums, runtime):
    design = Design(
        "async def workflow(task):\n    return str(sum(int(x) for x in task.question[:-2].split(' + ')))\n"
    )
    refused = await evaluate(design, sums, "val", runtime)
    allowed = await evaluate(design, sums, "val", replace(runtime, allow_no_calls=True))
    assert (refused.score, refused.failures["design"]) == (0.0, 60)
    assert allowed.score == 1.0
    assert refused.key != allowed.key


async def test_the_key_is_known_before_the_items_run(sums, runtime):
    empty = empty_evaluation(DIRECT, sums, "val", runtime)
    assert empty.key == (await evaluate(DIRECT, sums, "val", runtime)).key
    assert empty.key != empty_evaluation(DIRECT, sums, "test", runtime).key
    assert (
        empty.key != empty_evaluation(DIRECT, sums, "val", replace(runtime, tools=frozenset({"python"}))).key
    )


async def test_a_refused_key_ends_it(sums, runtime):
    with pytest.raises(CredentialsError, match="refused"):
        await evaluate(DIRECT, sums, "val", with_script(runtime, lambda r: CredentialsError("key refused")))


async def test_a_metric_that_fails_is_the_users_error(sums, runtime):
    class Broken:
        name = "mine:broken"

        def __call__(self, answer, item):
            return {}["x"]

    with pytest.raises(InputError, match=r"mine:broken failed \(KeyError: .x.\) on item i10"):
        await evaluate(DIRECT, replace(sums, scorer=Broken()), "val", runtime)


@pytest.mark.slow
@pytest.mark.parametrize("concurrency", [1, 256])
@pytest.mark.parametrize("limit", [7, 30, 100])
async def test_the_budget_cuts_in_the_order_of_items(concurrency, limit, sums, runtime, script):
    from masdesign.lm import Limited

    ledger = Ledger(Budget.parse(f"{limit}calls"))
    with Cache.memory() as cache:
        lm = Budgeted(Cached(Limited(script, concurrency), cache), ledger)
        with pytest.raises(EvaluationCut) as cut:
            await evaluate(VOTE, sums, "val", replace(runtime, models={"": lm}), ledger=ledger)
    finished = cut.value.partial.results
    assert [r.item_id for r in finished] == [item.id for item in sums.val[: limit // 3]]
    assert ledger.spend.calls <= limit
    assert not cut.value.partial.complete


async def test_a_budget_that_suffices_changes_nothing(sums, runtime, script):
    ledger = Ledger(Budget.parse("180calls"))
    free = await evaluate(VOTE, sums, "val", runtime)
    paid = await evaluate(
        VOTE, sums, "val", replace(runtime, models={"": Budgeted(runtime.models[""], ledger)}), ledger=ledger
    )
    assert paid.to_json(times=False) == free.to_json(times=False)
    assert (ledger.spend.calls, ledger.spend.paid_calls) == (180, 0)
    again = await evaluate(
        VOTE, sums, "val", replace(runtime, models={"": Budgeted(runtime.models[""], ledger)}), ledger=ledger
    )
    assert again.scores == free.scores
    assert ledger.spend.calls == 180


async def test_cancelling_leaves_nothing_running(sums, runtime):
    started = asyncio.Event()

    class Hanging(Scripted):
        async def complete(self, request):
            started.set()
            await asyncio.Event().wait()

    ledger = Ledger(Budget.parse("1000calls"))
    lm = Budgeted(Hanging(lambda r: ""), ledger)
    before = asyncio.all_tasks()
    task = asyncio.create_task(
        evaluate(DIRECT, sums, "val", replace(runtime, models={"": lm}), ledger=ledger)
    )
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await ledger.aclose()
    assert asyncio.all_tasks() == before


@pytest.mark.slow
async def test_more_items_than_are_in_flight(runtime):
    items = [Item(f"i{i}", f"{i} + 1 =", str(i + 1)) for i in range(1100)]
    found = await evaluate(DIRECT, Task.of("many", val=items), "val", runtime)
    assert [r.item_id for r in found.results] == [item.id for item in items]
    assert found.items == 1100


def test_several_models_have_one_label():
    a, b = Scripted(lambda r: "", model="a-1"), Scripted(lambda r: "", model="b-2")
    assert model_label({"": a}) == "a-1"
    assert model_label({"small": a, "large": b, "": a}) == "a-1 large=b-2 small=a-1"


def test_every_block_is_known_to_the_fixture():
    assert {"direct", "chain_of_thought", "self_consistency"} <= set(blocks())


async def test_a_probe_ends_what_fails_alike_everywhere(sums, runtime, script):
    looping = Design("async def workflow(task):\n    await direct(task)\n    raise ValueError('no use')\n")
    found = await evaluate(looping, sums, "val", runtime, probe=True)
    assert len(script.requests) == 4
    assert found.complete
    assert found.failures == {"design": 60, "parse": 0, "provider": 0}
    assert len({result.failure for result in found.results}) == 1


async def test_a_probe_changes_nothing_for_a_design_that_works(sums, runtime, script):
    plain = await evaluate(DIRECT, sums, "val", runtime)
    probed = await evaluate(DIRECT, sums, "val", runtime, probe=True)
    assert probed.to_json(times=False) == plain.to_json(times=False)
