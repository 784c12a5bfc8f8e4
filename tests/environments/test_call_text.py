"""Calls as text: what a prompt lists, what models write, and that what is written is read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masdesign.environments.call_text import list_tools, read_calls, signature, write_call
from masdesign.environments.house import HOUSE
from masdesign.environments.repair import REPAIR
from masdesign.types import Tool

TOOLS = (*HOUSE.tools, *REPAIR.tools)
PUT = '{"thing": "red cup", "place": "oak table"}'


@pytest.mark.parametrize(
    ("reply", "name", "arguments"),
    [
        ("Thought: on.\nAction: put[red cup | oak table]", "put", PUT),
        ('Action: put["red cup" | place=oak table]', "put", PUT),
        ('Action: put(thing="red cup", place="oak table")', "put", PUT),
        (f"Action: put {PUT} and then", "put", PUT),
        (f"Action: put\nAction Input: {PUT}\nObservation: it", "put", PUT),
        (f'Action: {{"name": "put", "arguments": {PUT}}}', "put", PUT),
        (f'```json\n{{"tool": "put", "args": {PUT}}}\n```', "put", PUT),
        (f'<tool_call>{{"name": "put", "arguments": {PUT}}}</tool_call>', "put", PUT),
        ("I put it there.\nput[red cup | oak table]", "put", PUT),
        ("**Action:** look", "look", "{}"),
        ("Action: look[]\nThought: [x]", "look", "{}"),
        ("Action: Look()", "look", "{}"),
        ("Action: go the hall", "go", '{"room": "the hall"}'),
        ("Action: go[hall", "go", '{"room": "hall"}'),
        (
            "Action: edit[a.py | x[0]\n  y | x[1]]",
            "edit",
            '{"path": "a.py", "old": "x[0]\\n  y", "new": "x[1]"}',
        ),
        ('Action: take\n{"thing":\n "lamp"} and then', "take", '{"thing": "lamp"}'),
    ],
)
def test_many_ways_of_writing_a_call_are_read(reply, name, arguments):
    (call,) = read_calls(reply, TOOLS)
    assert (call.name, json.loads(call.arguments)) == (name, json.loads(arguments))


@pytest.mark.parametrize("reply", ["Answer: go[hall]", "I would put it there.", "", "Action:", "x[1] = 2"])
def test_what_is_no_call_is_none(reply):
    assert read_calls(reply, TOOLS) == ()


def test_several_calls_in_tags_stand_in_order():
    reply = "".join(f'<tool_call>{{"name": "go", "arguments": {{"room": "{r}"}}}}</tool_call>' for r in "ab")
    assert [json.loads(call.arguments)["room"] for call in read_calls(reply, TOOLS)] == ["a", "b"]


@given(st.fixed_dictionaries({"path": st.text(), "old": st.text(), "new": st.text()}))
def test_what_is_written_is_read(arguments):
    edit = REPAIR.tools[2]
    (call,) = read_calls(f"Action: {write_call(edit, arguments)}", TOOLS)
    assert (call.name, json.loads(call.arguments)) == ("edit", arguments)


@given(st.text())
def test_any_reply_is_read(reply):
    read_calls(reply, TOOLS)
    read_calls(f"Action: edit[{reply}", TOOLS)


def test_values_have_the_types_of_the_schema():
    kinds = {
        "n": {"type": "integer"},
        "on": {"type": "boolean"},
        "at": {"anyOf": [{"type": "number"}, {"type": "null"}]},
    }
    tool = Tool("set", "", {"properties": kinds, "required": ["n", "on"]})
    assert signature(tool) == "set[n: integer | on: boolean | at?: number]"
    (call,) = read_calls("Action: set[3 | True | null]", [tool])
    assert json.loads(call.arguments) == {"n": 3, "on": True, "at": None}
    (call,) = read_calls("Action: set[three | no]", [tool])
    assert json.loads(call.arguments) == {"n": "three", "on": "no"}


def test_a_brief_list_has_first_sentences():
    assert list_tools(HOUSE.tools[3:4], brief=True) == [
        "take[thing]: Take a thing that lies in this room, in an open place."
    ]
