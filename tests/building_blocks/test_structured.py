"""Blocks give the same values, whether a model keeps to a JSON schema or writes text."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from masdesign.building_blocks import blocks
from masdesign.building_blocks._structured import SOLVERS, shape_of
from masdesign.evaluation import evaluate
from masdesign.evaluation.session import open_runtime
from masdesign.lm import ModelSpec, Scripted
from masdesign.tasks import Task
from masdesign.tasks.forms import form_named
from masdesign.testing.server import serving
from masdesign.types import Answer, Item, Question
from masdesign.workflow import Design, MontySandbox, Runtime
from masdesign.workflow.item import item_run

TASK = Question("How many?")
SOLUTION = Answer("4", "2 + 2 = 4. Answer: 4")
COLOURS = Question("Which?", (), ("red", "light blue"), form="choice")
CASES = {
    "verify": (
        ("verify", (TASK, SOLUTION)),
        {"critique": "All is well.", "verdict": "right"},
        "All is well.\nVerdict: right",
    ),
    "verify_wrong": (
        ("verify", (TASK, SOLUTION)),
        {"critique": "The solution is correct, but for step 2.", "verdict": "wrong"},
        "The solution is correct, but for step 2.\nVerdict: wrong",
    ),
    "rate": (("rate", (TASK, SOLUTION)), {"critique": "Good.", "score": 7.5}, "Good.\nScore: 7.5"),
    "choose": (
        ("choose", (TASK, [SOLUTION, Answer("5")])),
        {"comparison": "The first errs.", "choice": 2},
        "The first errs.\nChoice: 2",
    ),
    "classify": (
        ("classify", (TASK, ["easy: one step", "hard"])),
        {"thought": "hard to say", "kind": "easy"},
        "hard to say\nKind: easy",
    ),
    "split_question": (
        ("split_question", (TASK, 2)),
        {"questions": ["How many\ncats?", "How many dogs?", "Why?"]},
        "Question 1: How many cats?\nQuestion 2: How many dogs?\nQuestion 3: Why?",
    ),
    "choice": (("chain_of_thought", (COLOURS,)), {"steps": "It is (A)? No.", "answer": "B"}, "Answer: B"),
    "label": (
        ("direct", (Question("Good?", (), (), "", ("yes", "no"), "label"),)),
        {"answer": "no"},
        "Answer: no",
    ),
    "list": (
        ("chain_of_thought", (Question("Which?", form="list"),)),
        {"steps": "so", "answer": ["a, b", "c"]},
        'so\nAnswer: ["a, b", "c"]',
    ),
    "grid": (
        ("chain_of_thought", (Question("Which?", form="grid"),)),
        {"steps": "so", "answer": [[1, 2], [3, 4]]},
        "so\nAnswer:\n1 2\n3 4",
    ),
}


async def value_of(call, reply, *, native):
    name, arguments = call
    lm = Scripted(lambda request: reply)
    if native:
        lm.profile = SimpleNamespace(native=frozenset({"schema"}), length=512)
    async with MontySandbox() as sandbox:
        runtime = Runtime({"": lm}, blocks(), sandbox)
        async with item_run(TASK, runtime):
            return await blocks()[name](*arguments), lm.requests[0]


@pytest.mark.parametrize("case", CASES)
async def test_both_forms_give_the_same_value(case):
    call, members, text = CASES[case]
    plain, asked = await value_of(call, text, native=False)
    shaped, asked_natively = await value_of(call, json.dumps(members), native=True)
    schema = json.loads(asked_natively.schema)
    assert list(schema["properties"]) == list(members)
    assert asked.schema == ""
    assert asked_natively.messages[-1].content.startswith(asked.messages[-1].content)
    assert "JSON" in asked_natively.messages[-1].content
    if isinstance(plain, Answer):
        form = form_named(getattr(call[1][0], "form", "line"))
        assert plain.text
        assert form.equal(shaped.text, plain.text)
    elif case.startswith("verify"):
        assert (shaped.ok, shaped.critique) == (plain.ok, plain.critique)
    else:
        assert shaped == plain
    fallback, _ = await value_of(call, text, native=True)  # a server that ignores the schema
    assert type(fallback) is type(plain)


@pytest.mark.parametrize("case", ["verify", "choose", "choice"])
async def test_what_was_cut_says_nothing_and_fences_do_no_harm(case):
    call, members, _ = CASES[case]
    shape = shape_of(call[0], {"task": call[1][0], "solutions": ["a", "b"]})
    whole = json.dumps(members)
    assert shape.read(f"```json\n{whole}\n```", cut=False) == shape.read(whole, cut=False)
    assert shape.read(whole[:-4], cut=True) == ""
    assert shape.read("no JSON", cut=False) == "no JSON"
    assert shape.read("[" * 5000, cut=False).startswith("[")


def test_plain_answers_are_asked_as_text():
    for template in SOLVERS:
        for form in ("line", "number", "text", "code", "math", "json"):
            assert shape_of(template, {"task": Question("How many?", form=form)}) is None


async def test_on_a_server_and_in_the_fingerprint():
    items = tuple(Item(str(n), f"{n} + 1 =", str(n + 1)) for n in range(4))
    task = Task.of("sums", val=items, scorer="numeric")
    design = Design(
        "async def workflow(task):\n"
        "    draft = await direct(task)\n"
        "    return draft if (await verify(task, draft)).ok else await chain_of_thought(task)\n"
    )
    found = []
    with serving("native") as server:
        for native in ("", "schema"):
            spec = ModelSpec("openai/any", server.url).with_options({"native": native})
            async with open_runtime(spec, task=task) as runtime:
                found.append(await evaluate(design, task, "val", runtime))
        shaped = [body for body in server.requests if "response_format" in body]
    assert [evaluation.score for evaluation in found] == [1.0, 1.0]
    assert len(shaped) == 4
    assert found[0].fingerprint != found[1].fingerprint
