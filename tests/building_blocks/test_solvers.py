"""One solver: each block does what its paper's figure shows: who sees what, and when it stops."""

import ast
import inspect
import textwrap

import pytest

from masdesign.building_blocks import blocks, versions
from masdesign.types import Item, Question
from masdesign.workflow import Design, run_item

APPLES = Question("Ann has 3 apples and buys 4. How many?", (), ("7", "8"))
LETTERS = Question("Who owes more?", ("Ann owes 3.", "It rains.", "Ben owes 5."))
IN_THE_LANGUAGE = [
    "adaptive_prompting", "decompose", "least_to_most", "plan_and_solve", "self_discover", "step_back",
    "summarise", "system2_attention",
]  # fmt: skip


def asked(lm):
    return [request.messages[-1].content for request in lm.requests]


def in_turn(*replies):
    """A model that gives these replies, one after the other."""
    left = iter(replies)
    return lambda request: next(left)


@pytest.fixture
def trained(runtime):
    """Runs one call of a block on a task with `train` items: ``await trained(call, items, script)``."""

    async def run(expression, items, script, question=APPLES):
        async with runtime(script) as (opened, lm):
            opened.train = lambda: tuple(items)
            source = f"async def workflow(task):\n    return await {expression}"
            return await run_item(Design(source), question, opened), lm

    return run


@pytest.mark.slow
@pytest.mark.parametrize("name", IN_THE_LANGUAGE)
async def test_a_composite_block_is_a_design_too(name, run, call):
    """Its file, without the decorator and the window's guard, runs in the sandbox and asks the same."""
    (function,) = ast.parse(textwrap.dedent(inspect.getsource(blocks()[name].function))).body
    function.decorator_list, function.name = [], "as_guest"
    function.body = function.body[1:]
    source = "\n\n".join(
        [
            "def note_that_fits(text: str, model: str) -> str:\n    return text",
            "def line_that_fits(text: str, model: str) -> str:\n    return text",
            ast.unparse(function),
            "async def workflow(task):\n    return await as_guest(task)",
        ]
    )
    as_guest, guest = await run(source)
    as_block, host = await call(f"{name}(task)")
    assert as_guest.failure is None
    assert as_guest.answer == as_block.answer
    assert guest.requests == host.requests


async def test_plan_and_solve_carries_out_the_plan_that_it_made(call):
    outcome, lm = await call(
        "plan_and_solve(task)", in_turn("1. Add.", "3 + 4 = 7\nAnswer: 7"), question=APPLES
    )
    assert outcome.answer.text == "7"
    plan, solve = asked(lm)
    assert "plan" in plan
    assert "Do not carry it out yet" in plan
    assert "Ann has 3 apples" in solve
    assert "Input:\n1. Add.\n" in solve


async def test_step_back_answers_the_general_question_without_the_problem(call):
    script = in_turn("Question: What is a sum?", "A sum counts both.", "Answer: 7")
    outcome, lm = await call("step_back(task)", script, question=APPLES)
    assert outcome.answer.text == "7"
    back, general, solve = asked(lm)
    assert "Ann" in back
    assert "What is a sum?" in general
    assert "Ann" not in general
    assert "Ann" in solve
    assert "A sum counts both." in solve


async def test_step_back_without_a_question_just_solves(call):
    outcome, lm = await call("step_back(task)", in_turn("Hm.", "Answer: 7"), question=APPLES)
    assert outcome.answer.text == "7"
    assert "Input" not in asked(lm)[-1]


async def test_least_to_most_shows_each_question_the_answers_before_it(call):
    script = in_turn(
        "Question 1: How many has she?\nQuestion 2: How many does she buy?",
        "Answer: 3",
        "Answer: 4",
        "Answer: 7",
    )
    outcome, lm = await call("least_to_most(task)", script, question=APPLES)
    assert outcome.answer.text == "7"
    _, first, second, last = asked(lm)
    assert first.startswith("Passage 1: Ann has 3 apples and buys 4. How many?\nProblem: How many has she?")
    assert "Answer 1" not in first
    assert "Problem: How many does she buy?\n\nQuestion 1: How many has she?\nAnswer 1: 3\n" in second
    assert "Problem: Ann has 3 apples" in last
    assert "Question 2: How many does she buy?\nAnswer 2: 4\n" in last
    assert "- 7\n- 8" in last


@pytest.mark.parametrize("name", ["least_to_most", "decompose", "isolate"])
async def test_a_problem_that_cannot_be_split_is_thought_through(name, call):
    outcome, lm = await call(f"{name}(task)", in_turn("It is one.", "Answer: 7"), question=APPLES)
    _, usual = await call("chain_of_thought(task)", lambda _: "Answer: 7", question=APPLES)
    assert outcome.answer.text == "7"
    assert asked(lm)[1:] == asked(usual)


async def test_self_discover_selects_adapts_implements_and_solves(call):
    script = in_turn("Break it up.", "Break the apples up.", "1. Apples: __", "1. Apples: 7\nAnswer: 7")
    outcome, lm = await call("self_discover(task)", script, question=APPLES)
    assert outcome.answer.text == "7"
    prompts = asked(lm)
    assert "Break it into parts.\n" in prompts[0]
    assert [before in prompt for before, prompt in zip(
        ["Break it up.", "Break the apples up.", "1. Apples: __"], prompts[1:], strict=True
    )] == [True] * 3  # fmt: skip
    assert all("Ann has 3 apples" in prompt for prompt in prompts)


async def test_analogical_recalls_and_solves_in_one_reply(call):
    reply = "Problem 1: 1 + 1. Answer: 2\nNow the problem: 3 + 4.\nAnswer: 7"
    outcome, lm = await call("analogical(task, n=1)", lambda _: reply, question=APPLES)
    assert outcome.answer.text == "7"
    assert "Recall 1 such problem." in asked(lm)[0]


async def test_system2_attention_solves_what_is_left(call):
    script = in_turn("Passages: 1, 3\nProblem: Does Ann or Ben owe more?", "Answer: Ben")
    outcome, lm = await call("system2_attention(task)", script, question=LETTERS)
    assert outcome.answer.text == "Ben"
    assert "It rains" in asked(lm)[0]
    assert "It rains" not in asked(lm)[1]
    assert "Problem: Does Ann or Ben owe more?" in asked(lm)[1]


@pytest.mark.parametrize(
    ("kind", "calls", "word"),
    [
        ("at once", 2, "without any steps"),
        ("step by step", 2, "Think step by step"),
        ("by a plan", 3, "Carry out this plan"),
        ("from principles", 3, "principles above"),
        ("in parts", 3, "Think step by step"),
        ("who knows", 2, "Think step by step"),
    ],
)
async def test_adaptive_prompting_takes_the_way_that_was_chosen(kind, calls, word, call):
    replies = iter([f"Kind: {kind}"])
    _, lm = await call("adaptive_prompting(task)", lambda _: next(replies, "Answer: 7"), question=APPLES)
    assert len(lm.requests) == calls
    assert word in asked(lm)[-1]


# demonstrations of its own

TRAIN = (
    Item("a", "Add 1 and 2.", "3"),
    Item("b", "Add 1 and 3.", "4"),
    Item("c", "Who lies, Tom or Eva?", "Tom"),
    Item("d", "Who lies, Tom or Max?", "Max"),
)
SOLVES = {"Add 1 and 2": "1 + 2 = 3.\nAnswer: 3", "Tom or Eva": "It is Eva.\nAnswer: Eva"}


def solver(request):
    prompt = request.messages[-1].content.rpartition("Problem: ")[2]
    return next((reply for start, reply in SOLVES.items() if start in prompt), "Answer: 7")


async def test_auto_chain_of_thought_shows_diverse_problems_that_it_got_right(trained):
    items = [*TRAIN[:2], Item("c", "Tom or Eva: who lies?", "Tom"), TRAIN[3]]
    outcome, lm = await trained("auto_chain_of_thought(task, n=2)", items, solver)
    assert outcome.answer.text == "7"
    first, second, last = asked(lm)
    assert "Add 1 and 2." in first
    assert "who lies?" in second.casefold() or "who lies," in second.casefold()
    assert last.startswith("Problem: Add 1 and 2.\n\nSolution:\n1 + 2 = 3.\nAnswer: 3\n\nProblem: Ann has")
    assert "lies" not in last


async def test_auto_chain_of_thought_that_gets_none_right_is_chain_of_thought(trained):
    _, lm = await trained("auto_chain_of_thought(task, n=2)", TRAIN, lambda _: "Answer: 9")
    assert asked(lm)[-1].startswith("Problem: Ann has")
    assert "Think step by step" in asked(lm)[-1]


async def test_the_problem_at_hand_is_no_demonstration_of_itself(trained):
    own = Question(TRAIN[0].question)
    for name in ("few_shot", "auto_chain_of_thought", "similar_cases", "insights"):
        _, lm = await trained(f"{name}(task, n=4)", TRAIN[:1], solver, question=own)
        assert not any(prompt.count("Add 1 and 2.") > 1 for prompt in asked(lm))
        assert len(lm.requests) == 1


async def test_few_shot_shows_the_examples_that_it_is_given(trained):
    given = "questions=[Question('Add 5 and 5.')], solutions=[Answer('10', '5 + 5 = 10.')]"
    _, lm = await trained(f"few_shot(task, {given})", TRAIN, solver)
    assert asked(lm)[0].startswith(
        "Problem: Add 5 and 5.\n\nSolution:\n5 + 5 = 10.\nAnswer: 10\n\nProblem: Ann"
    )
    assert "Add 1" not in asked(lm)[0]
    outcome, _ = await trained("few_shot(task, questions=[task])", TRAIN, solver)
    assert outcome.failure.message.startswith("few_shot: 1 questions but 0 solutions")


async def test_a_small_window_is_shown_fewer_examples(runtime):
    long = tuple(Item(str(i), f"Add {i} and " + "1 " * 60, "1") for i in range(4))
    async with runtime(solver) as (opened, lm):
        opened.train, lm.window = (lambda: long), 400
        await run_item(
            Design("async def workflow(task):\n    return await few_shot(task, n=4)"), APPLES, opened
        )
    assert asked(lm)[0].count("Solution:") == 2


# tools


async def test_react_observes_what_the_tools_give(call):
    script = in_turn(
        "Thought: I need the sum.\nAction: calculator[3 + 4]\nObservation: 99\nAnswer: 99",
        "Thought: Twice that.\nAction: python[\nx = 7\nx * 2\n]",
        "Thought: I know.\nAnswer: 14",
    )
    outcome, lm = await call("react(task)", script, question=APPLES, tools={"calculator", "python"})
    assert outcome.answer.text == "14"
    first, second, third = asked(lm)
    assert "- calculator[" in first
    assert "- python[" in first
    assert "retrieval" not in first
    assert "Thought: I need the sum.\nAction: calculator[3 + 4]\nObservation: 7\n" in second
    assert "99" not in second
    assert "Observation: 14\n" in third
    assert outcome.answer.reasoning.endswith("Observation: 14\nThought: I know.\nAnswer: 14")
    tools = [node.name for node in outcome.trace.root.walk() if node.kind == "tool"]
    assert tools == ["calculator", "python"]


async def test_react_sees_passages_only_where_it_asks_for_them(call):
    script = in_turn("Action: retrieval[What does Ben owe?]", "Answer: Ben")
    outcome, lm = await call("react(task)", script, question=LETTERS, tools={"retrieval"})
    assert outcome.answer.text == "Ben"
    assert "Ben owes" not in asked(lm)[0]
    assert "Observation: Ben owes 5.\n" in asked(lm)[1]
    assert "Ann owes" not in asked(lm)[1]


@pytest.mark.parametrize(
    ("action", "seen"),
    [
        ("calculator[__import__('os')]", "Error: the calculator"),
        ("calculator[1 / 0]", "Error: the program failed"),
        ("python[1 +]", "Error: the program failed"),
    ],
)
async def test_react_is_told_of_an_error(action, seen, call):
    _, lm = await call(
        "react(task)", in_turn(f"Action: {action}", "Answer: 7"), tools={"calculator", "python"}
    )
    assert f"Observation: {seen}" in asked(lm)[1]


async def test_react_ends_in_chain_of_thought_after_its_turns_or_at_a_reply_of_no_use(call):
    acts = "Action: calculator[3 + 4]"
    for script, calls in ((in_turn(acts, acts, "Answer: 7"), 3), (in_turn("Hm.", "Answer: 7"), 2)):
        outcome, lm = await call("react(task, n=2)", script, question=APPLES, tools={"calculator"})
        assert outcome.answer.text == "7"
        assert len(lm.requests) == calls
        assert "Think step by step" in asked(lm)[-1]
        assert "Observation" not in asked(lm)[-1]


async def test_react_without_tools_is_chain_of_thought(call):
    for question, tools in ((APPLES, ()), (APPLES, {"retrieval"})):
        _, lm = await call("react(task)", question=question, tools=tools)
        _, usual = await call("chain_of_thought(task)", question=question)
        assert asked(lm) == asked(usual)


@pytest.mark.parametrize("name", ["analogical", "auto_chain_of_thought", "least_to_most", "react"])
async def test_none_is_too_few(name, call):
    outcome, lm = await call(f"{name}(task, n=0)", tools={"calculator"})
    assert outcome.failure.kind == "design"
    assert "n is 0" in outcome.failure.message
    assert not lm.requests


def test_a_fingerprint_covers_what_composite_blocks_share():
    def used(name):
        return set(versions(f"async def workflow(task):\n    return await {name}(task)"))

    assert {"_examples.py", "_window.py", "few_shot.j2", "chain_of_thought.j2"} <= used(
        "auto_chain_of_thought"
    )
    assert {"_passages.py", "focus", "focus.j2"} <= used("isolate")
    assert {"_tools.py", "react.j2"} <= used("react")
    assert not any(name.startswith("_w") for name in used("direct"))
