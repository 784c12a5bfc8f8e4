"""Blocks that try actions: each mechanism fires, and the episode is the one that was chosen."""

import pytest
from rooms import TOOLS, Room, Rooms

from masdesign.building_blocks.alphacode import read_tests
from masdesign.types import Tool
from masdesign.workflow import Design

TAKE, LEAVE, LOOK = "Action: take[lamp]", "Action: leave[]", "Action: look[]"


def prompts(lm):
    return [request.messages[0].content for request in lm.requests]


def names(outcome, *wanted):
    return [node.name for node in outcome.trace.root.walk() if node.name in wanted]


async def test_a_second_trial_begins_anew_and_knows_the_lesson(play):
    replies = ["Action: take[mat]", LEAVE, "Lesson: take the lamp.\nVerdict: wrong", TAKE, LEAVE]
    outcome, lm, state = await play("return await reflexion_trials(task, 2, 4)", replies)
    assert (outcome.failure, outcome.answer.text, state) == (None, "You left.", {"has": ["lamp"]})
    assert "Action: take[mat]\nObservation: You have: mat." in prompts(lm)[2]
    assert "Lessons of earlier attempts:\n- take the lamp" in prompts(lm)[3]
    assert "mat" not in prompts(lm)[3]
    assert names(outcome, "reset", "take", "leave") == ["take", "leave", "reset", "take", "leave"]


async def test_a_trial_that_is_right_is_the_last(play):
    replies = [TAKE, LEAVE, "Lesson: none.\nVerdict: right"]
    outcome, lm, state = await play("return await reflexion_trials(task)", replies)
    assert (state, len(lm.requests), outcome.answer.text) == ({"has": ["lamp"]}, 3, "You left.")


def dreamer(request):
    """A model that draws leaving first and taking second, and foresees that leaving is of no use."""
    prompt, seen = request.messages[0].content, request.messages[-1].content
    if "Do not act." in prompt:
        return f"Outcome: something.\nScore: {9 if 'Action: take[lamp]' in prompt.split('Do not')[0] else 1}"
    if "You have: lamp." in seen:
        return "Answer: the lamp"
    return LEAVE if request.sample == 0 else TAKE


async def test_the_action_that_is_foreseen_to_be_best_is_done(play):
    outcome, lm, state = await play("return await imagine(task, n=2, max_steps=3)", dreamer)
    assert (outcome.failure, outcome.answer.text, state) == (None, "the lamp", {"has": ["lamp"]})
    foreseen = [prompt for prompt in prompts(lm) if "Do not act." in prompt]
    assert len(foreseen) == 2  # where the draws agree, nothing is imagined
    assert "- leave[]: End." in foreseen[0]
    assert "\nAction: leave[]\n" in foreseen[0]


def climber(request):
    """A model that first takes the mat; told that this is of no use, it takes the lamp."""
    prompt = request.messages[0].content
    lamp = "You have: lamp." in "".join(message.content for message in request.messages)
    if "How near" in prompt:
        return "Reason: that is the lamp.\nScore: 9" if lamp else "Reason: no lamp.\nScore: 2"
    if "Which attempt" in prompt:
        number = 1 if "You have: lamp." in prompt.partition("Attempt 2:")[0] else 2
        return f"Argument: attempt {number} has the lamp.\nChoice: {number}"
    if lamp:
        return LEAVE
    return TAKE if "no lamp" in prompt else "Action: take[mat]"


async def test_a_tree_of_actions_is_searched_and_debated(play):
    source = "return await tree_of_actions(task, simulations=6, branches=2, debaters=3)"
    outcome, lm, state = await play(source, climber)
    assert (outcome.failure, outcome.answer.text, state) == (None, "You left.", {"has": ["lamp"]})
    assert any("Tried from here before:\n- take[mat]: no lamp" in prompt for prompt in prompts(lm))
    assert names(outcome, "fork")
    assert names(outcome, "keep") == ["keep"]
    assert outcome.calls <= 2 * 6 + 2 * 3 + 11


async def test_debaters_see_each_other_s_arguments_and_the_majority_decides(play):
    def torn(request):
        """The value is the same everywhere; two of three debaters are for the second attempt."""
        prompt = request.messages[0].content
        if "Which attempt" in prompt:
            for_first = request.sample == 0 and "Argument: Attempt" not in prompt
            return f"Argument: I like it.\nChoice: {1 if for_first else 2}"
        if "How near" in prompt:
            return "Reason: fair.\nScore: 5"
        return "Answer: second" if "Tried from here" in prompt else "Answer: first"

    source = "return await tree_of_actions(task, simulations=2, branches=2, debaters=3)"
    outcome, lm, _ = await play(source, torn)
    assert outcome.answer.text == "second"
    debate = [prompt for prompt in prompts(lm) if "Which attempt" in prompt]
    assert len(debate) == 6
    assert "Answer: second" in debate[0]
    assert "\nArgument: Attempt 2: I like it\nArgument: Attempt 2: I like it\n" in debate[3]
    assert "\nArgument: Attempt 1: I like it\nArgument: Attempt 2: I like it\n" in debate[4]


@pytest.mark.parametrize("block", ["tree_of_actions", "reflexion_trials"])
async def test_what_changes_the_world_is_not_tried_again(block, play, monkeypatch):
    class Post(Rooms):
        tools = (*TOOLS, Tool("send", "Send it.", {"type": "object", "properties": {}}, "world"))

    monkeypatch.setattr("masdesign.workflow.gate.Acting.__post_init__", lambda self: None)
    replies = [LEAVE, "Lesson: no.\nVerdict: wrong"]
    outcome, _, _ = await play(f"return await {block}(task)", replies, world=Post())
    assert outcome.failure.kind == "design"
    assert "the tool send cannot be tried again: it changes the world" in outcome.failure.message


async def test_branches_share_the_one_place_of_an_item(play):
    open_rooms, most = set(), []

    class Narrow(Rooms):
        places = 1

        async def open(self, item, seed, services):
            room = Narrow.Counted()
            open_rooms.add(id(room))
            most.append(len(open_rooms))
            return room

        class Counted(Room):
            async def aclose(self):
                open_rooms.discard(id(self))

    source = "return await tree_of_actions(task, simulations=6, branches=2)"
    outcome, _, state = await play(source, climber, world=Narrow())
    assert (outcome.failure, state, max(most)) == (None, {"has": ["lamp"]}, 1)


async def test_a_design_writes_and_reads_notes(play):
    source = (
        'await notes("a", "one")\n    first = await notes("a")\n    listed = await notes()\n'
        '    missing = await notes("b")\n    return first.text + "|" + listed.text + "|" + missing.text'
    )
    outcome, _, _ = await play(source, [])
    assert outcome.answer.text.startswith("one|Notes: a|Error: There is no file b")


PROGRAMS = (
    "def double(x):\n    return x * 2",  # right
    "def double(x):\n    return x + 2",  # passes the test of the question
    "def double(x):\n    return x * x",  # so does this one
    "def double(x):\n    return 7",
    "def double(x):\n    return 2 * x",  # right, in other words
)


async def test_programs_are_filtered_by_tests_and_clustered_by_behaviour(run):
    from masdesign.types import Question

    def coder(request):
        prompt = request.messages[0].content
        if "Do not solve" in prompt:
            return "Call 1: double(3)\nCall 2: double(-1)\nCall 3: double('a')\nCall 4: import os"
        return f"```python\n{PROGRAMS[(request.sample + 1) % 5]}\n```"

    question = Question("Double it.\n>>> double(2)\n4\nassert double(0) == 0", form="code")
    source = "async def workflow(task):\n    return await alphacode(task, n=5)\n"
    outcome, _ = await run(source, coder, question=question, tools={"python"})
    assert outcome.failure is None
    assert outcome.answer.text in (PROGRAMS[0], PROGRAMS[4])
    assert outcome.calls == 6
    ran = [node for node in outcome.trace.root.walk() if node.name == "python"]
    assert len(ran) == 5 + 3  # all on the tests of the question, three on the new calls
    assert Design(source).id


def test_tests_that_are_no_expressions_are_left_out():
    assert read_tests(">>> import os\n>>> f(1)\nTraceback\nassert x ==\nassert f(2) == 3") == [
        ("f(1)", "repr(f(1)) == 'Traceback'"),
        ("f(2) == 3", "f(2) == 3"),
    ]
