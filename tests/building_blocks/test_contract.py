"""What every block keeps, whoever wrote it. A new file in the folder is picked up by itself."""

import ast
import inspect
import re
import sys
import textwrap
from functools import partial

import pytest

from masdesign.building_blocks import blocks, catalogue, fingerprint, versions
from masdesign.building_blocks._prompt import template_names
from masdesign.errors import SourceError
from masdesign.types import Answer, Message, Question, Verdict
from masdesign.workflow import check

BLOCKS = {name: block for name, block in blocks().items() if block.calls != 0}
"""All but `act` and `notes`, which ask no model."""
QUESTION = Question("((1 + 2) * 3) =", ("Work from the inside out.", "It rains."), ("9", "(B) 10"))
"""It has two passages: where there is nothing to choose from, `retrieve` asks no model."""
EXAMPLE = re.compile(r"^Example::\n\n((?:(?:    .*)?\n?)+)", re.MULTILINE)
SAMPLES = {
    Question: "task",
    Answer: 'Answer("4", "2 + 2 = 4\\nAnswer: 4")',
    list[Answer]: '[Answer("4"), Answer("5", "Hm.\\nAnswer: 5")]',
    list[str]: '["easy", "hard"]',
    Verdict: 'Verdict(False, "Step 1 is wrong.")',
    str: '"Look at the first step."',
    int: "3",
    float: "0.5",
    bool: "True",
}
"""An argument of each type that a block may take, in the design language."""
PARTIAL = 'Answer("", "1 + 2 = 3")'
"""For `next_step`: a solution that has its answer takes no further step."""
WRONG = {Question: "3", Answer: '"4"', list[Answer]: '"4"', list[str]: "4", Verdict: '"right"', str: "3"}
SHOWN = {Answer: "{}.text", Verdict: "str({}.ok)", Question: "{}.question"}
UNREAD = {Verdict: "False", float: "0.0", str: "", list[str]: "[]", Question: "((1 + 2) * 3) =",
          tuple[float, str]: "[0.0, '']", tuple[int, str]: "[0, '']"}  # fmt: skip
"""What a block of each other type gives where nothing can be read from the replies."""

each_block = pytest.mark.parametrize("block", BLOCKS.values(), ids=list(BLOCKS))


@pytest.fixture
def run(run):
    return partial(run, question=QUESTION)


def required(block):
    return [
        p
        for p in block.signature.parameters.values()
        if p.default is p.empty and p.kind is not p.VAR_POSITIONAL
    ]


def usual(block):
    """An argument for each required parameter."""
    return [PARTIAL if p.name == "steps" else SAMPLES[block.hints[p.name]] for p in required(block)]


def workflow(block, samples=None, **keywords):
    """A workflow of one call of the block, which returns what came of it as text."""
    samples = samples or usual(block)
    arguments = ", ".join([*samples, *(f"{name}={value!r}" for name, value in keywords.items())])
    shown = SHOWN.get(block.hints["return"], "str({})").format("result")
    return f"async def workflow(task):\n    result = await {block.name}({arguments})\n    return {shown}"


def is_one_prompt(block):
    """Whether a call is one prompt of the block's own; the others are made of simpler blocks."""
    return bool(block.templates)


def test_the_single_steps_are_there():
    assert {name for name, block in BLOCKS.items() if is_one_prompt(block)} >= {
        "ask", "chain_of_thought", "choose", "classify", "debate_round", "direct", "few_shot", "focus",
        "merge_answers", "next_step", "rate", "revise", "solve_differently", "split_question", "verify",
        "write_program",
    }  # fmt: skip
    assert list(BLOCKS) == sorted(BLOCKS)


def test_a_caller_cannot_change_what_is_known():
    blocks().clear()
    assert blocks().keys() > BLOCKS.keys()


@each_block
def test_the_stub_is_python_with_every_type_said(block):
    (declared,) = ast.parse(block.stub()).body
    assert isinstance(declared, ast.AsyncFunctionDef)
    assert declared.name == block.name
    assert "Any" not in block.stub()


@each_block
def test_every_block_takes_a_role_an_instruction_a_temperature_and_a_model(block):
    own = set() if block.name == "retrieve" else {"instruction"}  # it is `focus`, or asks no model
    assert {"role", "temperature", "model"} | own <= set(block.signature.parameters)


@pytest.mark.slow
@each_block
def test_a_right_call_passes_the_types_and_a_wrong_one_does_not(block):
    assert check(workflow(block), BLOCKS).call_bound >= 1
    wrong = [WRONG[block.hints[p.name]] for p in required(block)]
    with pytest.raises(SourceError, match="line 2"):
        check(workflow(block, wrong), BLOCKS)
    with pytest.raises(SourceError):
        check(workflow(block, shouting=True), BLOCKS)


@pytest.mark.slow
@each_block
async def test_it_costs_no_more_than_it_says(block, run):
    outcome, lm = await run(workflow(block), tools={"python"})
    assert outcome.failure is None
    assert 1 <= outcome.calls == len(lm.requests) <= block.bound({})
    assert block.cost


@pytest.mark.slow
@each_block
async def test_the_same_question_gets_the_same_answer(block, run):
    once, first = await run(workflow(block, temperature=0.8), tools={"python"})
    again, second = await run(workflow(block, temperature=0.8), tools={"python"})
    assert once.answer == again.answer
    assert first.requests == second.requests


@pytest.mark.slow
@each_block
@pytest.mark.parametrize(
    "reply", ["", "¯\\_(ツ)_/¯\nNo idea.", "Answer:", "\x00\n\n```", "Verdict: Choice: Program: Answer:"]
)
async def test_an_unreadable_reply_is_no_exception(block, reply, run):
    outcome, _ = await run(workflow(block), lambda request: reply, tools={"python"})
    if block.hints["return"] is Answer:
        assert outcome.failure is not None
        assert outcome.failure.kind == "parse"
    else:
        unread = UNREAD[block.hints["return"]]
        assert unread == "" or outcome.failure is None
        assert outcome.answer.text == unread


@pytest.mark.slow
@each_block
async def test_an_unknown_model_is_named_in_one_line(block, run):
    outcome, lm = await run(workflow(block, model="gpt-9"), tools={"python"})
    assert outcome.failure.kind == "design"
    assert "gpt-9" in outcome.failure.message
    assert "\n" not in outcome.failure.message
    assert not lm.requests


@pytest.mark.slow
@each_block
async def test_role_temperature_and_model_reach_the_call(block, run, script):
    from masdesign.lm.providers.scripted import Scripted

    small = Scripted(script, model="small-1")
    source = workflow(block, role="You are {{ careful }}.", temperature=0.25, model="small")
    outcome, default = await run(source, tools={"python"}, small=small)
    assert outcome.failure is None
    assert not default.requests
    given = [
        request
        for request in small.requests
        if request.temperature == 0.25 and request.messages[0] == Message("system", "You are {{ careful }}.")
    ]
    assert given
    if is_one_prompt(block):
        assert given == small.requests
    assert all([m.role for m in request.messages][-1] == "user" for request in small.requests)


@pytest.mark.slow
@each_block
async def test_templates_never_interpret_a_value(block, run):
    hostile = "{{ 7 * 7 }} {% raw %} {# gone #} {% include 'direct.j2' %}"
    quoted = [
        repr(hostile) if block.hints[p.name] is str else s
        for p, s in zip(required(block), usual(block), strict=True)
    ]
    outcome, lm = await run(
        workflow(block, quoted), question=Question(hostile, (hostile,) * 2, (hostile,)), tools={"python"}
    )
    assert outcome.failure is None
    shown = [any(hostile in m.content for m in request.messages) for request in lm.requests]
    assert all(shown) if is_one_prompt(block) else any(shown)
    assert not any("49" in request.messages[-1].content for request in lm.requests)


@each_block
def test_the_docstring_tells_what_a_designer_needs(block):
    assert block.summary
    assert len(block.summary) < 110
    assert "It helps" in block.doc or "Use it" in block.doc
    assert re.search(r"^Cost: ", block.doc, re.MULTILINE)
    assert re.fullmatch(r"arXiv:\d{4}\.\d{5}|doi:\S+", block.reference)
    assert block.reference in " ".join(block.doc.split())


@pytest.mark.slow
@each_block
async def test_the_example_runs(block, run):
    source = textwrap.dedent(EXAMPLE.search(block.doc).group(1))
    assert block.name in source
    check(source, BLOCKS)
    outcome, _ = await run(source, tools={"python"})
    assert outcome.failure is None


@each_block
def test_each_block_has_a_file_of_its_own(block):
    module = inspect.getmodule(block.function)
    assert module.__name__ == f"masdesign.building_blocks.{block.name}"
    assert set(block.templates) <= {block.name}


def test_the_catalogue_is_python_that_names_every_block():
    tree = ast.parse(catalogue(BLOCKS))
    assert [node.name for node in tree.body] == list(BLOCKS)
    for node, block in zip(tree.body, BLOCKS.values(), strict=True):
        assert block.summary in ast.get_docstring(node)
        assert block.reference in ast.get_docstring(node)
    assert catalogue({"direct": BLOCKS["direct"]}).count("async def") == 1


def test_a_fingerprint_covers_what_a_source_uses_and_nothing_else():
    voted = versions("async def workflow(task):\n    return await self_consistency(task)")
    assert list(voted) == [
        "_problem.j2", "_step.py", "chain_of_thought", "chain_of_thought.j2", "helpers.py", "read.py",
        "self_consistency",
    ]  # fmt: skip
    assert versions("async def workflow(task):\n    return 'a guess'") == {}
    one, two = (
        f"async def workflow(task):\n    return await {name}(task)" for name in ("direct", "chain_of_thought")
    )
    assert fingerprint(one) != fingerprint(two)
    assert fingerprint(one) == fingerprint(one + "  # at once")


def test_a_fingerprint_follows_a_template_but_not_a_docstring():
    from dataclasses import replace

    source, block = "async def workflow(task):\n    return await direct(task)", BLOCKS["direct"]
    told = replace(block, source=block.source.replace("Answers at once", "Says at once"))
    changed = replace(block, source=block.source.replace("(reply_text, task)", "(reply_text, other)"))
    assert block.source not in (told.source, changed.source)
    assert fingerprint(source, {"direct": told}) == fingerprint(source)
    assert fingerprint(source, {"direct": changed}) != fingerprint(source)
    assert template_names("direct") == ("direct", "_problem")


def test_a_version_follows_what_a_block_reaches_in_its_own_file(monkeypatch):
    """`xolver` has a function of its own that asks `rate`: both count."""
    from dataclasses import replace

    from masdesign.versions import SOURCE

    block = BLOCKS["xolver"]
    source = "async def workflow(task):\n    return await xolver(task)"
    before = versions(source)
    assert "rate" in before
    assert "async def _rated" not in block.source
    text = inspect.getsource(sys.modules[block.function.__module__])
    changed = text.replace("async def _rated(", "async def _rated(unused: int, ", 1)
    assert changed != text
    monkeypatch.setitem(block.function.__globals__, SOURCE, changed)
    after = versions(source, {**BLOCKS, "xolver": replace(block, cost="other")})
    assert {name for name in before if after[name] != before[name]} == {"xolver"}


def test_a_parameter_is_no_block():
    assert "agent" not in versions("async def workflow(agent):\n    return await direct(agent)")
