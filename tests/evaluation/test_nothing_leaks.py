"""What only a scorer may see reaches no prompt and no program: targets, record, feedback, solutions, ids.

A canary is planted in each; every request of every block is looked at, and what programs see of their task.
"""

from __future__ import annotations

import json

import pytest

from masdesign.building_blocks import blocks
from masdesign.evaluation import evaluate
from masdesign.lm import Scripted
from masdesign.tasks import Task
from masdesign.types import Answer, Item, Score
from masdesign.workflow import Design, MontySandbox, Runtime

PLACES = ("target", "record", "feedback", "solution", "identity")
SINGLE = sorted(
    name
    for name, block in blocks().items()
    if block.hints["return"] is Answer
    and [p.name for p in block.signature.parameters.values() if p.default is p.empty] == ["task"]
)
NOSY = """
async def workflow(task):
    seen = [repr(task), str([task]), f"{task.question} {task.context} {task.choices} {task.labels}"]
    answer = await direct(task, instruction=" ".join(seen))
    return Answer(answer.text, " ".join(seen))
"""


def canary(place: str, split: str) -> str:
    return f"canary-{place}-{split}"


class Telling:
    """A scorer that says in its feedback what it must not."""

    name, calls = "telling", 0

    async def score(self, answer, item, outcome, services):
        assert canary("record", item.record["split"]) in item.record["row"]
        return Score(float(answer.text in item.targets), canary("feedback", item.record["split"]))


def items(split: str, form: str) -> list[Item]:
    return [
        Item(
            f"{canary('identity', split)}-{n}",
            f"{split} question {n}?",
            ("A" if form == "choice" else "red", canary("target", split)),
            (f"passage {n}",),
            ("red", "blue"),
            {"row": canary("record", split), "split": split},
            canary("solution", split),
        )
        for n in range(3)
    ]


@pytest.fixture(params=["line", "choice", "label", "code"])
def task(request) -> Task:
    made = {split: items(split, request.param) for split in ("train", "val", "test")}
    form = {"answer": request.param, "instruction": "Pick one.", "labels": ("red", "blue")}
    return Task.of("planted", **made, **form, metric=Telling(), tools=("python", "calculator"))


async def run(task: Task, source: str, split: str = "val"):
    answer = "```\nred = 1\n```" if task.form.name == "code" else "Answer: red"
    lm = Scripted(lambda request: f"Question 1: why?\n{answer}")
    async with MontySandbox(1) as sandbox:
        runtime = Runtime({"": lm}, blocks(), sandbox, tools=task.tools, train=lambda: task.train)
        evaluation = await evaluate(Design(source), task, split, runtime)
    said = json.dumps([[message.content for message in request.messages] for request in lm.requests])
    assert lm.requests
    return evaluation, said


def shown(text: str, split: str) -> set[str]:
    return {place for place in PLACES if canary(place, split) in text}


@pytest.mark.slow
@pytest.mark.parametrize("name", SINGLE)
async def test_no_block_shows_what_is_the_scorer_s(name, task):
    if task.form.name != "choice" and name not in ("few_shot", "reflexion", "self_consistency"):
        pytest.skip("one form is enough for the others")
    evaluation, said = await run(task, f"async def workflow(task):\n    return await {name}(task)")
    assert evaluation.results
    for split in ("val", "test"):
        assert shown(said, split) == set()
    assert shown(said, "train") <= {"solution", "target"}  # worked examples are for that
    assert all(not result.feedback for result in evaluation.results)


async def test_a_program_that_looks_for_it_finds_nothing(task):
    for split in ("train", "val"):
        evaluation, said = await run(task, NOSY, split)
        told = json.dumps([result.answer.reasoning for result in evaluation.results])
        assert "question" in told
        assert shown(said, split) == shown(told, split) == set()


async def test_feedback_is_kept_for_train_alone(task):
    source = "async def workflow(task):\n    return await direct(task)"
    train, _ = await run(task, source, "train")
    val, _ = await run(task, source, "val")
    assert {result.feedback for result in train.results} == {canary("feedback", "train")}
    assert {result.feedback for result in val.results} == {""}
