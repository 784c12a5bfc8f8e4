"""Several models in one design: recorded ones in the whole chain, and what each of them took."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from masdesign.evaluation import evaluate, open_runtime, pool
from masdesign.evaluation.evaluation import Evaluation
from masdesign.evaluation.session import notes_of
from masdesign.experiments.votes import evaluate_votes
from masdesign.tasks import Task, load_task
from masdesign.types import Item
from masdesign.workflow import Design

DATA = Path(__file__).parents[3] / "shared" / "data" / "gsm8k"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="no ../shared/data beside this checkout")
ITEMS = [Item(f"i{n}", f"Ann has {n} eggs and buys one. How many?", str(n + 1)) for n in range(12)]
TASK = Task.of("eggs", val=ITEMS)
CASCADE = """async def workflow(task):
    answer = await direct(task)
    if len(answer.text) < 2:
        return answer
    return await chain_of_thought(task, model="large")"""


@pytest.fixture
def models(tmp_path):
    rows = [
        {
            "question": item.question,
            "ground_truth": item.target,
            "6b": {"is_correct": n < 3, "solution": f"Hm.\nA: {item.target if n < 3 else '77'}"},
            "13b": {"is_correct": True, "solution": f"Hm.\nA: {item.target}"},
            "175b_verification": {"is_correct": True, "solution": f"One more.\nA: {item.target}"},
        }
        for n, item in enumerate(ITEMS)
    ]
    file = tmp_path / "solutions.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return {"small": f"recorded:{file}#6b", "large": f"recorded:{file}#175b_verification"}


PRICES = {"small": "1/1", "large": "10/10"}


async def test_a_mixture_of_recorded_models_and_its_cost_by_model(models):
    async with open_runtime(models, price=PRICES) as runtime:
        found = await evaluate(Design(CASCADE), TASK, "val", runtime)
        small, large = found.by_model["small"], found.by_model["large"]
        assert found.score == 1.0
        assert found.model.endswith("small=6b@" + runtime.models["small"].model.partition("@")[2])
        assert (small.calls_per_item, large.calls_per_item) == (1.0, 9 / 12)
        assert small.tokens_per_item + large.tokens_per_item == pytest.approx(found.tokens_per_item)
        assert small.usd_per_item + large.usd_per_item == pytest.approx(found.usd_per_item)
        assert large.usd_per_item > small.usd_per_item
        assert "best of many" in notes_of(runtime)[1]
        assert pool([found]).by_model["large"]["calls_per_item"] == 9 / 12
        assert Evaluation.from_json(found.to_json()) == found


async def test_what_is_said_of_several_models_is_one_line(models):
    async with open_runtime({**models, "mid": models["small"].replace("#6b", "#13b")}) as runtime:
        small, verified = notes_of(runtime)
    assert small.startswith("6b, 13b: replays one solution recorded for each of 12 questions")
    assert verified.startswith("175b_verification: replays")


async def test_one_model_is_not_counted_apart(models):
    async with open_runtime(models["small"]) as runtime:
        found = await evaluate(Design(CASCADE.replace(', model="large"', "")), TASK, "val", runtime)
        assert found.by_model == {}
        assert "by_model" not in found.to_json()["results"][0]


@pytest.mark.parametrize(
    ("call", "fails"),
    [
        ("direct(task)", False),
        ("chain_of_thought(task, temperature=0.5)", False),
        ('chain_of_thought(task, role="You are brief.")', True),
        ('chain_of_thought(task, instruction="Be brief. Answer: ...")', True),
        ("self_consistency(task, n=3)", True),
        ('ask("Solve it.", task)', True),
        ("revise(task, Answer('4'), 'No.')", True),
        ("write_program(task)", True),
    ],
)
async def test_what_is_not_recorded_is_the_designs_own_failure(models, call, fails):
    source = f"async def workflow(task):\n    return await {call}"
    async with open_runtime(models["large"], tools=["python"]) as runtime:
        found = await evaluate(Design(source), TASK, "val", runtime, probe=True)
    failures = {result.failure for result in found.results}
    if not fails:
        assert failures == {None}
        return
    (failure,) = failures
    assert (failure.kind, failure.line) == ("design", 2)
    assert failure.message.startswith("not recorded: ")
    assert found.score == 0.0


async def test_votes_count_what_their_own_draws_took(models):
    async with open_runtime(models) as runtime:
        one = (await evaluate_votes(TASK, "val", runtime, (1,)))[1]
    assert one.by_model["small"].calls_per_item == 1.0


@pytest.mark.slow
@needs_data
@pytest.mark.parametrize("column", ["6b_finetuning", "175b_verification"])
async def test_real_solutions_score_as_they_were_graded(column):
    task = load_task(DATA / "test.jsonl")
    file = DATA / "example_model_solutions.jsonl"
    rows = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())
    graded = {row["question"].strip(): row[column]["is_correct"] for row in rows}
    step = Design("async def workflow(task):\n    return await chain_of_thought(task)")
    async with open_runtime(f"recorded:{file}#{column}") as runtime:
        found = await evaluate(step, task, "val", runtime)
    assert found.failures["design"] == found.failures["provider"] == 0
    questions = {item.id: item.question for item in task.val}
    differ = [i for i, score in found.scores.items() if bool(score) != graded[questions[i]]]
    assert len(differ) <= 0.01 * found.items
