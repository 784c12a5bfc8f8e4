"""Replies as models write them: dressed, broken, cut, or empty."""

from __future__ import annotations

import ast
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masdesign.search.designer.reply import read_design, read_fields

CODE = (
    "async def workflow(task):\n"
    "    drafts = [await direct(task) for _ in range(2)]  # 'two' of \"them\"\n"
    '    return majority(drafts) if len("{}") else Answer(f"{task.question}\\n")'
)
FORWARD = "def forward(self, taskInfo):\n    return LLMAgentBase(['answer'], 'S')([taskInfo], \"Go.\")[0]"
WHOLE = {"thought": "It votes.\nTwice.", "name": "Two drafts", "code": CODE}
FENCED = f"```python\n{CODE}\n```"
RAW = '{"thought": "It votes.", "name": "Two drafts", "code": "'

REPLIES = {
    "as asked": f"Thought: It votes.\nName: Two drafts\n{FENCED}",
    "prose around it": f"Sure! Here is it.\n\nThought: It votes.\nName: Two drafts\n\n{FENCED}\n\nGood luck!",
    "bold labels": f"**Thought:** It votes.\n**Name:** Two drafts\n\n{FENCED}",
    "headings": f"### Thought: It votes.\n### Name: Two drafts\n{FENCED}",
    "an indented fence": "Thought: It votes.\nName: Two drafts\n  " + FENCED.replace("\n", "\n  "),
    "a fence without a language": f"Thought: It votes.\nName: Two drafts\n~~~\n{CODE}\n~~~",
    "a fence that is not closed": f"Thought: It votes.\nName: Two drafts\n```python\n{CODE}",
    "a sketch before the code": f"Thought: It votes.\nName: Two drafts\n```\na -> b\n```\nso\n{FENCED}",
    "an old version before the new": f"```python\nasync def workflow(task):\n    pass\n```\nbetter:\n"
    f"Thought: It votes.\nName: Two drafts\n{FENCED}",
    "thoughts of a reasoning model": "<think>def workflow</think>"
    f"Thought: It votes.\nName: Two drafts\n{FENCED}",
    "JSON": json.dumps(WHOLE),
    "JSON in a fence": f"Here:\n```json\n{json.dumps(WHOLE, indent=2)}\n```\nDone.",
    "JSON with raw line ends": RAW + CODE.replace("\\", "\\\\").replace('"', '\\"') + '"}',
    "JSON with bare quotes": RAW + CODE.replace("\\", "\\\\") + '"\n}',
    "JSON that is cut": RAW + json.dumps(CODE)[1:-1],
    "JSON with a comma too many": json.dumps(WHOLE)[:-1] + ",}",
    "JSON with its code in a fence": json.dumps({**WHOLE, "code": FENCED}),
    "JSON with triple quotes": f'{{"thought": "It votes.", "name": "Two drafts", "code": """{CODE}"""}}',
    "JSON with code as a list of lines": json.dumps({**WHOLE, "code": CODE.split("\n")}),
    "tags": f"<thought>It votes.</thought><name>Two drafts</name>\n<code>\n{CODE}\n</code>",
    "tags around a fence": f"<thought>It votes.</thought><name>Two drafts</name><code>{FENCED}</code>",
    "bare code": f"Thought: It votes.\nName: Two drafts\n\n{CODE}\n\nThis asks twice, and then it votes!",
    "line ends of Windows": f"Thought: It votes.\nName: Two drafts\n{FENCED}".replace("\n", "\r\n"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REPLIES)
def test_a_design_is_read_however_it_is_dressed(kind):
    found = read_design(REPLIES[kind])
    assert found.code == CODE
    assert found.name == "Two drafts"
    assert found.thought.startswith("It votes.")


@pytest.mark.parametrize("kind", ["JSON", "fence", "bare"])
def test_the_adas_dialect_is_read_too(kind):
    dressed = {"JSON": json.dumps({"code": FORWARD}), "fence": f"```\n{FORWARD}\n```", "bare": FORWARD}
    assert read_design(dressed[kind]).code == FORWARD


@pytest.mark.parametrize(
    "text",
    ["", " \n", "I am sorry, I cannot do that.", "{", "```python\n```", '{"code": ""}', "```\nx = 1\n```"],
)
def test_where_there_is_no_design_there_is_none(text):
    assert read_design(text).code == ""


def test_code_that_is_no_python_is_handed_on_to_be_refused():
    assert read_design("```python\nasync def workflow(task)\n    return 1\n```").code.startswith("async def")
    assert (
        read_design("async def workflow(task)\n    return 1").code == "async def workflow(task)\n    return 1"
    )


def test_long_code_without_a_fence_is_read_in_a_few_parses(monkeypatch):
    """Each line of prose below the code took a parse of all above it: 29 s for a long reply."""
    parsed = []
    parse = ast.parse
    monkeypatch.setattr(
        ast, "parse", lambda text, *more, **named: parsed.append(text) or parse(text, *more, **named)
    )
    body = "".join(f"    x{i} = {i}\n" for i in range(300))
    code = f"async def workflow(task):\n{body}    return x1"
    prose = "\n".join(f"It is no. {i} of what I like, or (so" for i in range(300))
    assert read_design(f"{code}\n\n{prose}").code == code
    assert len(parsed) < 20


def test_a_dict_in_the_code_is_not_taken_for_the_reply():
    code = 'async def workflow(task):\n    known = {"name": "x", "thought": "y"}\n    return known["name"]'
    found = read_design(f"Thought: real\nName: Right\n```python\n{code}\n```")
    assert (found.name, found.thought, found.code) == ("Right", "real", code)


def test_further_fields_are_read():
    found = read_design(f"Modification: one vote\nmore\nName: n\n{FENCED}", ("modification", "reason"))
    assert found.fields == {"modification": "one vote\nmore", "reason": ""}
    assert read_fields('{"When": ["sums", "dates"], "insight": 3}', ("when", "insight")) == {
        "when": "sums\ndates",
        "insight": "3",
    }


def test_a_name_is_one_short_line():
    assert read_design(f"Name: {'very ' * 50}long\n{FENCED}").name == "very " * 15 + "very"


@given(st.text(alphabet="{}\"'`:\\\n <>acdefmnoruw/", max_size=400))
def test_no_text_is_an_exception(text):
    read_design(text, ("modification",))
