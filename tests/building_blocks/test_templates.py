"""Prompts: versioned, complete for any question, and values are never read as templates."""

import hashlib
import json
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from masdesign.building_blocks import blocks
from masdesign.building_blocks._lessons import WRITERS, Attempt
from masdesign.building_blocks._prompt import render, template_names, template_source, template_version
from masdesign.memory import MemoryEntry
from masdesign.types import Question

PLAIN = Question("1 + 1 =")
FULL = Question("Which is it?", ("Anna owns the red hat.", "Ben owns the blue one."), ("(A) red", "blue"))
VALUES = {
    "instruction": "",
    "solution": "1 + 1 = 2\nAnswer: 2",
    "solutions": ["Answer: 2", "Answer: 3"],
    "critique": "Step 1 is wrong.",
    "own": "Answer: 2",
    "others": ["Answer: 3"],
    "inputs": [{"label": "Problem", "text": "1 + 1 ="}],
    "output": "answer",
    "examples": [{"question": Question("2 + 2 ="), "solution": "Answer: 4"}],
    "n": 3,
    "parts": [("How many?", "4"), ("For how much?", "unknown")],
    "steps": "1 + 1 = 2",
    "labels": ["easy", "hard: many steps"],
    "tools": [("calculator", "an arithmetic expression")],
    "start": "Observation: You stand in a room.",
    "memory": "Lessons of earlier attempts:\n- Look first.",
    "objects": True,
    "done": ["Look.: a lamp"],
    "history": "Observation: You stand in a room.",
    "action": "Action: look[]",
    "attempts": ["Action: look[]", "Action: leave[]"],
    "arguments": ["The first is right."],
    "entries": (MemoryEntry("it rains", "stay in", example="It rained: we stayed."),),
    "result": "wrong",
    "target": "2",
    "feedback": "",
    "cases": [{"question": Question("2 + 2 ="), "answer": "4", "result": "right"}],
    "guidance": "Add both.",
}
NAMES = sorted({template for block in blocks().values() for template in block.templates})
FILES = sorted(
    p.name.removesuffix(".j2") for p in files("masdesign.building_blocks").iterdir() if p.name.endswith(".j2")
)


def values(name):
    """What the template is given; only `ask` always has an instruction."""
    acting = {"tools": ["look[]: Look around."]} if "_scene" in template_names(name) else {}
    tried = {"attempts": [Attempt("Answer: 3", "wrong")]} if name == "contrast" else {}
    return VALUES | acting | tried | ({"instruction": "Solve it."} if name == "ask" else {})


MARKERS = ("Answer", "Verdict", "Choice", "Program", "Question 1", "Problem", "Score", "Kind",
           "Step 1", "Summary", "Lessons", "When", "Guidance")  # fmt: skip

each_template = pytest.mark.parametrize("name", NAMES)


def test_every_file_is_a_block_s_template_or_a_part_of_one():
    assert {part for name in (*NAMES, *WRITERS) for part in template_names(name)} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_every_file_declares_its_version(name):
    assert template_version(name) >= 1


@each_template
@pytest.mark.parametrize("task", [PLAIN, FULL], ids=["plain", "full"])
def test_a_prompt_is_one_user_message_without_loose_ends(name, task):
    (message,) = render(name, task=task, **values(name))
    assert message.role == "user"
    assert message.content == message.content.strip()
    assert not {"{{", "{%", "{#"} & {message.content[i : i + 2] for i in range(len(message.content))}
    assert "\n\n\n" not in message.content
    if "_problem" in template_names(name):
        for part in (task.question, *task.context, *task.choices):
            assert part in message.content


@each_template
def test_the_reply_s_last_line_is_asked_for(name):
    (message,) = render(name, task=PLAIN, **values(name))
    request = message.content.splitlines()[-1]
    assert any(f"{marker}:" in request for marker in MARKERS)


@each_template
def test_a_forgotten_value_is_an_error_and_not_a_gap(name):
    with pytest.raises(UndefinedError):
        render(name)


def test_a_role_is_a_system_message():
    system, user = render("direct", role="You are brief.", task=PLAIN, instruction="")
    assert (system.role, system.content) == ("system", "You are brief.")
    assert user == render("direct", task=PLAIN, instruction="")[0]


@given(st.text(max_size=60), st.text(min_size=1, max_size=60))
def test_any_text_comes_out_as_it_went_in(question, instruction):
    (message,) = render("direct", task=Question("<" + question + ">"), instruction="<" + instruction + ">")
    assert message.content == f"Problem: <{question}>\n\n<{instruction}>"


def test_a_template_that_abacus_knows_has_not_changed_under_its_version():
    text = (files("masdesign.lm.abacus") / "weights" / "manifest.json").read_text(encoding="utf-8")
    for name, known in json.loads(text)["templates"].items():
        if template_version(name) == known["version"]:
            digest = hashlib.sha256(template_source(name).encode()).hexdigest()
            assert digest == known["sha256"], (
                f"{name}.j2 has changed: raise its version, and train abacus on it"
            )
