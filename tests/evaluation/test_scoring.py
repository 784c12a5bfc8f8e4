"""Answers are scored within their item's account: by functions, by judges, and by scorers that fail."""

import asyncio
import time
from dataclasses import replace

import pytest

from masdesign.errors import BudgetExhausted, InputError, ProviderError
from masdesign.evaluation import EvaluationCut, evaluate
from masdesign.evaluation.scoring import Scoring
from masdesign.evaluation.workers import Workers
from masdesign.experiments.votes import evaluate_votes
from masdesign.lm import Budgeted, Cached, Scripted
from masdesign.records.cache import Cache
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.types import Answer, Completion, Message, Score, Usage
from masdesign.workflow import Design

DIRECT = Design("async def workflow(task):\n    return await direct(task)\n")


class Judge:
    """Asks a model whether an answer is right."""

    name, calls = "judge", 1

    async def score(self, answer, item, outcome, services):
        reply = await services.complete("judge", [Message("user", f"{item.id}: {answer.text}?")])
        return Score(float(answer.text == item.target), reply.text, {"asked": 1.0})


def judged_by(runtime, judge, ledger=None):
    lm = Cached(judge, Cache.memory())
    models = runtime.models
    if ledger is not None:
        lm, models = Budgeted(lm, ledger), {"": Budgeted(runtime.models[""], ledger)}
    return replace(runtime, models=models, roles={"judge": lm})


def scored_by(function, name="mine"):
    class Mine:
        calls = 0

        async def score(self, answer, item, outcome, services):
            given = function(answer, item)
            return await given if asyncio.iscoroutine(given) else given

    Mine.name = name
    return Mine()


async def later(answer, item):
    await asyncio.sleep(0)
    return 0.25, "a quarter"


@pytest.mark.parametrize(
    ("function", "score", "feedback"),
    [
        (lambda answer, item: 0.5, 0.5, ""),
        (lambda answer, item: (1, "right"), 1.0, "right"),
        (lambda answer, item: Score(0.0, "wrong"), 0.0, "wrong"),
        (later, 0.25, "a quarter"),
    ],
)
async def test_a_function_gives_a_number_a_pair_or_a_score(function, score, feedback, sums, runtime):
    class Plain:
        name = "plain"

        def __call__(self, answer, item):
            return function(answer, item)

    for scorer in (scored_by(function), Plain()):
        task = replace(sums, scorer=scorer)
        evaluation = await evaluate(DIRECT, task, "train", runtime)
        assert {(r.score, r.feedback) for r in evaluation.results} == {(score, feedback)}


async def test_feedback_is_kept_for_train_only_and_overhead_apart(sums, runtime):
    judge = Scripted(lambda request: Completion("fine", Usage(10, 5)))
    task, opened = replace(sums, scorer=Judge()), judged_by(runtime, judge)
    plain = await evaluate(DIRECT, sums, "val", runtime)
    val = await evaluate(DIRECT, task, "val", opened)
    train = await evaluate(DIRECT, task, "train", opened)
    assert {r.feedback for r in val.results} == {""}
    assert {r.feedback for r in train.results} == {"fine"}
    assert {r.overhead for r in val.results} == {Usage(10, 5)}
    assert {r.parts["asked"] for r in val.results} == {1.0}
    assert (val.tokens_per_item, val.calls_per_item) == (plain.tokens_per_item, 1.0)


@pytest.mark.slow
@pytest.mark.parametrize("limit", [1, 7, 30, 41])
async def test_a_judge_s_calls_belong_to_the_item_s_account(limit, sums, runtime):
    """An item whose judge the budget does not cover is not scored; those before it are, at any budget."""
    ledger = Ledger(Budget.parse(f"{limit}calls"))
    task = replace(sums, scorer=Judge())
    opened = judged_by(runtime, Scripted(lambda request: "fine"), ledger)
    with pytest.raises(EvaluationCut) as cut:
        await evaluate(DIRECT, task, "val", opened, ledger=ledger)
    assert [r.item_id for r in cut.value.partial.results] == [i.id for i in sums.val[: limit // 2]]
    assert ledger.spend.calls <= limit


async def test_votes_are_judged_as_each_alone(sums, runtime):
    task = replace(sums, scorer=Judge())
    ledger = Ledger(Budget.parse("100000calls"))
    seen = {}
    together = await evaluate_votes(
        task, "val", judged_by(runtime, Scripted(lambda r: "fine"), ledger), [1, 3], ledger=ledger,
        on_draws=lambda item, scores: seen.update({item.id: scores}),
    )  # fmt: skip
    alone = Ledger(Budget.parse("100000calls"))
    single = await evaluate_votes(
        task, "val", judged_by(runtime, Scripted(lambda r: "fine"), alone), [1], ledger=alone
    )
    assert together[1].to_json(times=False) == single[1].to_json(times=False)
    assert {len(scores) for scores in seen.values()} == {3}


async def test_a_missing_judge_ends_the_run_with_one_line(sums, runtime):
    with pytest.raises(InputError, match="role 'judge'"):
        await evaluate(DIRECT, replace(sums, scorer=Judge()), "val", runtime)


@pytest.mark.parametrize("swallows", [False, True])
async def test_an_outage_of_the_judge_is_never_a_score(swallows, sums, runtime):
    class Careless(Judge):
        async def score(self, answer, item, outcome, services):
            try:
                return await super().score(answer, item, outcome, services)
            except ProviderError:
                if swallows:
                    return Score(0.0)
                raise

    down = Scripted(lambda r: ProviderError("down") if "i12" in r.messages[0].content else "fine")
    evaluation = await evaluate(DIRECT, replace(sums, scorer=Careless()), "val", judged_by(runtime, down))
    by_id = {r.item_id: r for r in evaluation.results}
    assert (by_id["i12"].score, by_id["i12"].failure.kind) == (None, "provider")
    assert evaluation.unscored == 1


def broken_on(*ids):
    def function(answer, item):
        if item.id in ids:
            raise ValueError("odd")
        return 1.0

    return scored_by(function)


async def test_a_scorer_that_fails_now_and_then_leaves_an_item_unscored(sums, runtime):
    evaluation = await evaluate(DIRECT, replace(sums, scorer=broken_on("i20")), "val", runtime)
    failure = {r.item_id: r.failure for r in evaluation.results}["i20"]
    assert (failure.kind, failure.message) == ("scorer", "scorer mine failed (ValueError: odd)")
    assert (evaluation.unscored, evaluation.score) == (1, 1.0)


@pytest.mark.parametrize(
    ("ids", "asked"), [(("i10", "i11", "i12", "i13"), "on 4 of 4"), (("i20", "i40"), "on 2 of 60")]
)
async def test_a_scorer_that_fails_too_often_ends_the_run(ids, asked, sums, runtime):
    seen = []
    with pytest.raises(InputError, match=f"ValueError: odd.*{asked}; correct the scorer mine"):
        await evaluate(DIRECT, replace(sums, scorer=broken_on(*ids)), "val", runtime, on_result=seen.append)


@pytest.mark.parametrize("value", [1.5, -0.1, float("nan"), "1", None])
async def test_what_is_no_score_is_the_scorer_s_failure(value, sums, runtime):
    scored = await Scoring(replace(sums, scorer=scored_by(lambda a, i: value)), runtime).score(
        Answer("1"), sums.val[0]
    )
    assert scored.failure.kind == "scorer"
    assert scored.value is None


async def test_a_spent_budget_in_the_judge_leaves_the_scorer(sums, runtime):
    class Deaf(Judge):
        async def score(self, answer, item, outcome, services):
            try:
                return await super().score(answer, item, outcome, services)
            except BudgetExhausted:
                return Score(0.0)

    ledger = Ledger(Budget.parse("3calls"))
    opened = judged_by(runtime, Scripted(lambda r: "fine"), ledger)
    with pytest.raises(EvaluationCut) as cut:
        await evaluate(DIRECT, replace(sums, scorer=Deaf()), "val", opened, ledger=ledger)
    assert len(cut.value.partial.results) == 1


async def test_workers_run_are_killed_and_start_again():
    pool = Workers(1)
    try:
        assert await pool.run(pow, 2, 10) == 1024
        with pytest.raises(ZeroDivisionError):
            await pool.run(divmod, 1, 0)
        with pytest.raises(TimeoutError):
            await pool.run(time.sleep, 60, seconds=0.2)
        assert await pool.run(str, 7) == "7"
    finally:
        pool.close()
