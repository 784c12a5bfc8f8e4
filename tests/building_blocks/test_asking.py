"""How a task asks reaches every prompt of every block, and how its answers are read reaches every vote."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from masdesign.building_blocks import blocks
from masdesign.building_blocks._asking import with_ending
from masdesign.tasks.forms import FORMS, form_named
from masdesign.types import Answer, Asking, Item, Question

HUMANEVAL = Path(__file__).parents[3] / "shared" / "data" / "humaneval" / "gpt4.jsonl"
COLOURS = Question(
    "Which is lighter?",
    ("Red is dark.",),
    ("red", "light blue"),
    "Pick a colour for the wall.",
    form="choice",
)
ANSWER_BLOCKS = sorted(
    name
    for name, block in blocks().items()
    if block.hints["return"] is Answer
    and [p.name for p in block.signature.parameters.values() if p.default is p.empty] == ["task"]
)


def prompts(lm) -> list[str]:
    return ["\n".join(message.content for message in request.messages) for request in lm.requests]


@pytest.mark.slow
@pytest.mark.parametrize("name", ANSWER_BLOCKS)
async def test_the_instruction_is_in_every_prompt(name, call):
    outcome, lm = await call(f"{name}(task)", question=COLOURS, tools={"python"})
    assert outcome.failure is None or outcome.failure.kind == "parse"
    assert lm.requests
    for prompt in prompts(lm):
        assert COLOURS.instruction in prompt


@pytest.mark.slow
@pytest.mark.parametrize("form", sorted(set(FORMS.names()) - {"line", "number"}))
@pytest.mark.parametrize(
    "name", ["direct", "chain_of_thought", "few_shot", "conversation", "analogical", "react"]
)
async def test_every_request_for_an_answer_ends_as_the_form_says(form, name, call):
    question = replace(COLOURS, form=form, labels=("red", "light blue"))
    _, lm = await call(f"{name}(task)", question=question, tools={"calculator"})
    ending = form_named(form).instruction(question.labels)
    assert prompts(lm)[-1].endswith(ending)
    assert lm.requests[-1].messages[-1].content.count("Answer: ...") == ending.count("Answer: ...")
    _, lm = await call(f'{name}(task, instruction="Be quick. End with: Answer: ...")', question=question)
    assert prompts(lm)[-1].endswith(ending)


async def test_options_are_lettered_wherever_they_are_shown(run):
    for expression in (
        "direct(task)",
        'ask("Solve it.", task)',
        "verify(task, Answer('B'))",
        "rate(task, Answer('B'))",
    ):
        source = f"async def workflow(task):\n    seen = await {expression}\n    return 'B'"
        _, lm = await run(source, question=COLOURS)
        assert "(A) red\n(B) light blue" in prompts(lm)[-1]


async def test_a_plain_question_is_asked_as_ever(call):
    _, lm = await call("chain_of_thought(task)", question=Question("1 + 1 =", (), ("1", "2")))
    assert prompts(lm) == [
        "Problem: 1 + 1 =\nOptions:\n- 1\n- 2\n\n"
        "Think step by step, then give the answer on the last line: Answer: ..."
    ]


async def test_a_number_is_asked_for_as_ever_and_read_as_a_number(call):
    question = Question("1 + 1 =", form="number")
    outcome, lm = await call("chain_of_thought(task)", lambda r: "Answer: $2.00, exactly", question=question)
    _, plain = await call("chain_of_thought(task)", question=Question("1 + 1 ="))
    assert prompts(lm) == prompts(plain)
    assert outcome.answer.text == "$2.00"


async def test_a_part_is_asked_plainly_under_the_whole_instruction(run):
    source = """
async def workflow(task):
    part = await chain_of_thought(Question("What is dark?", task.context))
    again = await chain_of_thought(Question(task.question + " Think of " + part.text, task.context))
    focused = await focus(task)
    return await direct(focused)
"""
    _, lm = await run(source, lambda r: "Problem: Lighter?\nAnswer: B", question=COLOURS)
    part, again, _, last = prompts(lm)
    assert "larger task: Pick a colour" in part
    assert part.endswith("Answer: ...")
    for prompt in (again, last):
        assert prompt.startswith("Pick a colour for the wall.\n\n")
        assert prompt.endswith(form_named("choice").instruction(()))
    assert "Problem: Lighter?" in last


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "said", "winner"),
    [
        ("number", ["20", "$18", "18 dollars", "20.0", "18.00"], "$18"),
        ("choice", ["A", "A", "B", "B. light blue", "(b) Light blue"], "B"),
        ("line", ["red", "red", "(B) light blue", "Light blue", "B"], "(B) light blue"),
        (
            "code",
            ["```\nx=1\n```", "```\ny\n```", "```\ny\n```", "```\nx = 1 # one\n```", "```\nx = 1\n```"],
            "x=1",
        ),
        ("json", ['{"a": 1}', "[]", "[]", '{ "a": 1.0 }', '{"a":1}'], '{"a": 1}'),
    ],
)
async def test_votes_are_counted_as_answers_are_equal(form, said, winner, call, run):
    """In a block on the host, and in a workflow of its own in the sandbox."""
    wrap = "{}" if form == "code" else "Answer: {}"
    question = replace(COLOURS, form=form)

    def reply(request):
        return wrap.format(said[request.sample])

    outcome, _ = await call("self_consistency(task, n=5)", reply, question=question)
    assert outcome.answer.text == winner
    drawn = "gather(*[chain_of_thought(task, temperature=0.8) for _ in range(5)])"
    source = f"async def workflow(task):\n    return majority(await {drawn})"
    outcome, _ = await run(source, reply, question=question)
    assert outcome.answer.text == winner
    assert outcome.answer.group == ""


async def test_a_text_of_the_workflow_itself_is_read_by_the_form(run):
    source = "async def workflow(task):\n    await direct(task)\n    return 'light blue'"
    outcome, _ = await run(source, question=COLOURS)
    assert outcome.answer.text == "B"


@pytest.mark.slow
@pytest.mark.parametrize(
    "block", ["direct", "chain_of_thought", "self_consistency", "conversation", "revise"]
)
async def test_real_programs_survive(block, call):
    """GPT-4's programs for HumanEval, as they are and in a fence."""
    if not HUMANEVAL.exists():
        pytest.skip(f"{HUMANEVAL} is absent")
    rows = [json.loads(line) for line in HUMANEVAL.read_text(encoding="utf-8").splitlines()]
    arguments = {"self_consistency": "task, n=2", "revise": 'task, Answer("x"), "Wrong."'}.get(block, "task")
    for number, row in enumerate(rows[:: 1 if block == "direct" else 20]):
        program = row["solution"].strip("\n").rstrip()
        reply = f"I loop.\n```python\n{program}\n```" if number % 2 else program
        question = Question(row["prompt"], instruction="Complete the program.", form="code")
        outcome, _ = await call(f"{block}({arguments})", lambda r, reply=reply: reply, question=question)
        assert outcome.answer.text == program


def test_a_request_gives_up_its_own_ending():
    ending = form_named("code").instruction(())
    assert with_ending("Answer at once, on one line: Answer: ...", ending) == f"Answer at once.\n{ending}"
    assert with_ending("Give the answer on the last line: Answer: ...", "") == (
        "Give the answer on the last line: Answer: ..."
    )


async def test_examples_are_shown_as_answers_are_given(runtime):
    from masdesign.workflow import Design, run_item

    items = [Item("a", "Which is dark?", ("red",), (), ("red", "white"), {"row": "canary"})]
    async with runtime(lambda r: "Answer: B") as (opened, lm):
        opened.train = lambda: items
        opened.asking = Asking("Pick one.", (), "choice")
        await run_item(Design("async def workflow(task):\n    return await few_shot(task)"), COLOURS, opened)
    assert "(A) red\n(B) white\n\nSolution:\nAnswer: A" in prompts(lm)[0]
    assert prompts(lm)[0].count("Pick one.") == 0  # said once, above all: the item's own instruction
    assert prompts(lm)[0].startswith("Pick a colour")
    assert "canary" not in prompts(lm)[0]
