"""`agent` and `act` in a small environment: they stop by themselves, by limit, and where they go round."""

import json
from dataclasses import dataclass

import pytest
from rooms import TOOLS, Room, Rooms

from masdesign.building_blocks import blocks
from masdesign.building_blocks._window import tokens
from masdesign.experiments.fired import fired
from masdesign.lm.abacus.provider import folder_of
from masdesign.lm.abacus.tokenizer import Tokenizer
from masdesign.types import (
    Completion,
    Message,
    Observation,
    Tool,
    ToolCall,
    ToolResult,
    Usage,
)

AGENT = "return await agent(task, max_steps=4)"
LOOK, TAKE = "Thought: hm\nAction: look {}", 'Action: take {"thing": "lamp"}\nObservation: I have it'
LEAVE = "**Action:** leave"


async def test_it_acts_until_the_episode_ends(play):
    outcome, lm, state = await play(AGENT, [LOOK, TAKE, LEAVE])
    assert (outcome.failure, outcome.answer.text, state) == (None, "You left.", {"has": ["lamp"]})
    first = lm.requests[0].messages[0].content
    assert "You stand in a dark room." in first
    assert "- take[thing]: Take a thing." in first
    assert [m.role for m in lm.requests[1].messages] == ["user", "assistant", "user"]
    assert lm.requests[1].messages[-1].content.startswith("Observation: There is a lamp.")
    assert "I have it" not in lm.requests[2].messages[-2].content
    steps = [(n.name, n.output) for n in outcome.trace.root.walk() if n.kind == "tool"]
    assert steps == [("look", "There is a lamp. " * 3), ("take", "You have: lamp."), ("leave", "You left.")]


async def test_it_stops_with_an_answer(play):
    outcome, lm, _ = await play(AGENT, [LOOK, "Answer: a lamp"])
    assert (outcome.answer.text, len(lm.requests)) == ("a lamp", 2)


async def test_it_stops_by_limit_and_is_asked_for_its_answer(play):
    turns = [f'Action: take {{"thing": "{n}"}}' for n in range(4)]
    outcome, lm, state = await play(AGENT, [*turns, "Answer: done"])
    assert (outcome.answer.text, len(lm.requests), len(state["has"])) == ("done", 5, 4)
    assert blocks()["agent"].bound({"max_steps": 4}) == 5


async def test_it_stops_where_it_goes_round(play):
    outcome, lm, _ = await play("return await agent(task, max_steps=30)", [LOOK] * 3 + ["Answer: stuck"])
    assert (outcome.answer.text, len(lm.requests)) == ("stuck", 4)


async def test_silence_is_answered_once(play):
    outcome, lm, _ = await play(AGENT, ["Hm.", "Hm, hm.", "Answer: no idea"])
    assert (outcome.answer.text, len(lm.requests)) == ("no idea", 3)
    assert "Action: tool" in lm.requests[1].messages[-1].content


@pytest.mark.parametrize(
    ("turn", "told"),
    [
        ("Action: fly {}", "There is no tool 'fly'"),
        ("Action: take {}", "'thing' is a required property"),
        ('Action: take {"thing": "lamp"', "are not JSON"),
    ],
)
async def test_a_wrong_call_is_told_with_its_cure(turn, told, play):
    outcome, lm, state = await play(AGENT, [turn, TAKE, "Answer: it"])
    assert outcome.failure is None
    assert told in lm.requests[1].messages[-1].content
    assert lm.requests[1].messages[-1].content.startswith("Observation: Error: ")
    assert state == {"has": ["lamp"]}


async def test_native_calls_are_made_in_order_and_answered_by_their_ids(play):
    calls = (ToolCall("take", '{"thing": "lamp"}', "a"), ToolCall("take", json.dumps({"thing": "mat"}), "b"))
    replies = [Completion("", Usage(1, 1), "tool", tool_calls=calls), "Answer: both"]
    outcome, lm, state = await play(AGENT, replies, native=True)
    assert (outcome.answer.text, state) == ("both", {"has": ["lamp", "mat"]})
    assert lm.requests[0].tools == TOOLS
    assert "Action" not in lm.requests[0].messages[0].content
    assert lm.requests[1].messages[1:] == (
        Message("assistant", "", calls),
        Message("tool", "You have: lamp.", (ToolResult("a", "You have: lamp."),)),
        Message("tool", "You have: lamp, mat.", (ToolResult("b", "You have: lamp, mat."),)),
    )


@dataclass
class Desk(Room):
    """An episode with a person."""

    async def call(self, tool, arguments):
        if tool == "respond":
            self.has.append(arguments["text"])
            return Observation("Bye." if len(self.has) > 1 else "And the mat?", done=len(self.has) > 1)
        return await super().call(tool, arguments)


@pytest.mark.parametrize("native", [True, False])
async def test_where_there_is_a_person_plain_words_are_for_them(native, play):
    said = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}

    class Desks(Rooms):
        tools = (*TOOLS, Tool("respond", "Say it.", said))

        async def open(self, item, seed, services):
            return Desk()

    outcome, lm, state = await play(AGENT, ["The lamp is here.", "It is, too."], native=native, world=Desks())
    assert outcome.answer.text == "Bye."
    assert state == {"has": ["The lamp is here.", "It is, too."]}
    last = lm.requests[1].messages[-1]
    assert (last.role, last.content.removeprefix("Observation: ")) == ("user", "And the mat?")


async def test_no_prompt_is_above_the_window_and_the_trace_says_what_is_left_out(play):
    things = [" ".join([f"pin{n}"] * 60) for n in range(8)]
    replies = [f'Action: take {{"thing": "{thing}"}}' for thing in things]
    outcome, lm, _ = await play("return await agent(task, max_steps=8)", [*replies, "Answer: x"], window=1500)
    assert outcome.failure is None
    notes = [n.output for n in outcome.trace.root.walk() if n.name == "context"]
    assert notes
    assert any("observations are shortened" in note for note in notes)
    assert "earlier steps are left out" in notes[-1]
    assert max(sum(tokens(m.content) for m in request.messages) for request in lm.requests) < 1500


async def test_names_that_abacus_spells_in_bytes_fit_its_window(play):
    """An estimate by words counts half of them; what is sent is counted by the model's own tokenizer."""
    things = [" ".join(f"Xq{letter}zwyk{n}" for letter in "abcdefghij") for n in range(8)]
    replies = [f'Action: take {{"thing": "{thing}"}}' for thing in things]
    source = "return await agent(task, max_steps=8)"
    outcome, lm, _ = await play(source, [*replies, "Answer: x"], window=1500, model="abacus-3@0")
    assert outcome.failure is None
    encode = Tokenizer.from_file(folder_of("3") / "vocab.json").encode_chat
    lengths = [len(encode(request.messages)) for request in lm.requests]
    assert max(lengths) < 0.75 * 1500
    estimates = [sum(tokens(m.content) for m in request.messages) for request in lm.requests]
    assert max(estimates) < 0.6 * max(lengths)


async def test_where_the_window_is_small_an_agent_is_told_less_before_it_begins(play):
    lessons = " ".join(f"Xq{n}zwyk" for n in range(100))
    source = f"return await agent(task, max_steps=1, memory={lessons!r})"
    _, lm, _ = await play(source, ["Answer: x"], window=380, model="abacus-3@0")
    (message,) = lm.requests[0].messages
    assert "Xq0zwyk" in message.content
    assert "Xq50zwyk" not in message.content
    length = len(Tokenizer.from_file(folder_of("3") / "vocab.json").encode(message.content))
    assert 100 < length <= 0.7 * 380


async def test_without_an_environment_it_thinks(run):
    outcome, lm = await run("async def workflow(task):\n    return await agent(task)\n")
    assert (outcome.failure, len(lm.requests)) == (None, 1)


async def test_a_design_acts_itself(play):
    source = (
        'seen = await act("take", thing="lamp")\n    ended = await act("leave")\n'
        "    return seen.text + ended.text + ended.reasoning"
    )
    outcome, _, state = await play(source, [])
    assert outcome.answer.text == "You have: lamp.You left.(The episode has ended.)"
    assert state == {"has": ["lamp"]}


async def test_a_wrong_action_of_a_design_is_told_too(play):
    outcome, _, _ = await play('return (await act("take", thing=[1])).text', [])
    assert outcome.failure.kind == "design"
    outcome, _, _ = await play('return (await act("take", what="lamp")).text', [])
    assert outcome.answer.text.startswith("Error: take: ")


async def test_a_plan_is_worked_off_and_ticked(play):
    replies = [
        "Step 1: Take the lamp.\nStep 2: Take the mat.",
        TAKE, "Answer: the lamp is taken",
        'Action: take {"thing": "mat"}', "Answer: so is the mat",
        "Answer: both are taken",
    ]  # fmt: skip
    outcome, lm, state = await play("return await plan_and_act(task, n=2, max_steps=4)", replies)
    assert (outcome.failure, outcome.answer.text) == (None, "both are taken")
    assert state == {"has": ["lamp", "mat"]}
    second = lm.requests[3].messages[0].content
    assert "Problem: Take the mat." in second
    assert "[x] Take the lamp.: the lamp is taken\n[>] Take the mat." in second
    assert "You stand in a dark room.\nAction: take[lamp]\nObservation: You have: lamp.\n" in second
    (todo,) = [node for node in outcome.trace.root.walk() if node.name == "todo"]
    assert todo.output == ["Take the lamp.", "Take the mat."]  # as it was, though it is used up since
    assert fired("plan_and_act", outcome.trace.root)


async def test_sub_agents_have_a_context_of_their_own_and_report(play):
    replies = ["Step 1: Take the lamp.", TAKE, "Answer: taken", LEAVE]
    outcome, lm, state = await play("return await delegate(task, n=2, max_steps=3)", replies)
    assert (outcome.failure, outcome.answer.text, state) == (None, "You left.", {"has": ["lamp"]})
    part, last = lm.requests[1].messages[0].content, lm.requests[3].messages
    assert "Fetch the lamp." not in part
    assert len(last) == 1
    assert "- Take the lamp.: taken" in last[0].content


@pytest.mark.parametrize("name", ["plan_and_act", "delegate"])
async def test_the_end_of_the_episode_ends_all(name, play):
    replies = ["Step 1: Go.\nStep 2: Stay.", LEAVE]
    outcome, lm, _ = await play(f"return await {name}(task)", replies)
    assert (outcome.answer.text, len(lm.requests)) == ("You left.", 2)


async def test_a_long_conversation_is_summed_up(play):
    things = [" ".join([f"pin{n}"] * 100) for n in range(5)]
    turns = [f"Action: take[{thing}]" for thing in things]
    replies = [*turns[:2], "Summary: two pins are taken.", "Answer: x"]
    outcome, lm, _ = await play("return await agent(task, max_steps=8, summarise=True)", replies, window=900)
    assert (outcome.failure, outcome.answer.text) == (None, "x")
    assert "Action: take[pin0" in lm.requests[2].messages[0].content
    last = lm.requests[3].messages
    assert "Done so far: two pins are taken." in last[0].content
    assert [m.role for m in last] == ["user", "assistant", "user"]
    assert "1 steps are summarised to fit the window" in [n.output for n in outcome.trace.root.walk()]


async def test_notes_outlive_a_conversation(play):
    source = "await agent(task, 2, notes=True)\n    return await agent(task, 2, notes=True)"
    replies = [
        "Action: write_note[plan | lamp first]",
        "Answer: noted",
        "Action: read_note[plan]",
        "Answer: x",
    ]
    _, lm, state = await play(source, replies)
    assert "- write_note[name | text]: " in lm.requests[0].messages[0].content
    assert "Notes: plan" in lm.requests[2].messages[0].content
    assert lm.requests[3].messages[-1].content == "Observation: lamp first"
    assert state == {"has": []}


async def test_an_agent_may_have_some_of_the_tools(play):
    outcome, lm, state = await play('return await agent(task, 3, tools=["look"])', [TAKE, "Answer: no"])
    assert "take[" not in lm.requests[0].messages[0].content
    assert "There is no tool 'take'; there are look." in lm.requests[1].messages[-1].content
    assert (outcome.answer.text, state) == ("no", {"has": []})
    outcome, _, _ = await play('return await agent(task, tools=["fly"])', [])
    assert "there is no tool 'fly'" in outcome.failure.message
