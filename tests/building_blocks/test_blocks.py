"""What each block shows the model, and what it makes of the reply."""

import ast
import inspect
import textwrap

import pytest

from masdesign.building_blocks import blocks
from masdesign.types import SAMPLING_TEMPERATURE, Question

TASK = Question("1 + 1 =")


def prompt(lm, n=-1):
    return lm.requests[n].messages[-1].content


@pytest.mark.parametrize("name", ["direct", "chain_of_thought"])
async def test_a_bare_line_is_the_answer_and_thoughts_that_state_none_are_not(call, name):
    outcome, _ = await call(f"{name}(task)", lambda request: "2")
    assert outcome.answer.text == "2"
    outcome, _ = await call(f"{name}(task)", lambda request: "First I add 1 and 1.\nThat makes 2.")
    assert outcome.failure.kind == "parse"


async def test_the_reasoning_is_the_whole_reply(call):
    outcome, _ = await call("chain_of_thought(task)", lambda request: "1 + 1 = 2\nAnswer: 2")
    assert (outcome.answer.text, outcome.answer.reasoning) == ("2", "1 + 1 = 2\nAnswer: 2")


async def test_an_instruction_replaces_the_request(call):
    _, lm = await call('chain_of_thought(task, instruction="Answer in French.")', question=TASK)
    assert prompt(lm) == "Problem: 1 + 1 =\n\nAnswer in French."


async def test_ask_shows_each_input_under_its_kind(call):
    question = Question("Which?", ("One passage.",), ("(A) red", "blue"))
    answers, verdicts = (
        'Answer("red"), Answer("red", "So. Answer: red")',
        'Verdict(False, "No."), Verdict(True)',
    )
    inputs = f'task, {answers}, {verdicts}, "a note"'
    _, lm = await call(
        f'ask("Do it.", {inputs}, output="Final_plan")', lambda r: "Final plan: x", question=question
    )
    assert prompt(lm).split("\n\n") == [
        "Problem:\nPassage 1: One passage.\nWhich?\nOptions:\n(A) red\n- blue",
        "Solution:\nAnswer: red",
        "Solution:\nSo. Answer: red",
        "Critique:\nNo.",
        "Critique:\nright",
        "Input:\na note",
        "Do it.\nReply on the last line: Final plan: ...",
    ]


@pytest.mark.parametrize(
    ("output", "reply", "text"),
    [
        ("answer", "Hm.\nAnswer: 4", "4"),
        ("answer", "So \\boxed{4}", "4"),
        ("score", "Answer: 4\nScore: 7", "7"),
        ("sub_question", "Sub question: how many?", "how many?"),
        ("", " All of it.\nReally. ", "All of it.\nReally."),
    ],
)
async def test_ask_reads_its_output_back(output, reply, text, call):
    outcome, _ = await call(f'ask("Do it.", task, output="{output}")', lambda request: reply)
    assert outcome.answer.text == text
    assert outcome.answer.reasoning == reply


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ('ask(" ", task)', "the instruction is empty"),
        ('ask("Do it.", task, output="a: b")', "'a: b' is not a name"),
        ('ask("Do it.", task, output="x" * 41)', "is not a name"),
        ("choose(task, [])", "the list of answers is empty"),
        ("chain_of_thought(task, temperature=9.0)", "temperature 9"),
        ("self_consistency(task, n=0)", "no answer to choose from"),
    ],
)
async def test_bad_input_fails_the_item_in_one_clear_line(expression, said, call):
    outcome, lm = await call(expression)
    assert outcome.failure.kind == "design"
    assert said in outcome.failure.message
    assert "\n" not in outcome.failure.message
    assert not lm.requests


async def test_verify_shows_the_whole_solution_and_keeps_the_whole_critique(run):
    source = """async def workflow(task):
    verdict = await verify(task, Answer("3", "1 + 1 = 3\\nAnswer: 3"))
    return await revise(task, Answer("3"), verdict.critique)"""
    replies = iter(["1 + 1 is 2.\nVerdict: wrong", "1 + 1 = 2\nAnswer: 2"])
    outcome, lm = await run(source, lambda request: next(replies), question=TASK)
    assert "Problem: 1 + 1 =\n\nSolution:\n1 + 1 = 3\nAnswer: 3\n" in prompt(lm, 0)
    assert "Solution:\nAnswer: 3\n\nCritique:\n1 + 1 is 2.\nVerdict: wrong\n" in prompt(lm, 1)
    assert outcome.answer.text == "2"


async def test_a_solution_whose_reasoning_says_otherwise_is_shown_with_its_answer(call):
    _, lm = await call('revise(task, Answer("9", "3 * 3"), "No.")', question=TASK)
    assert "Solution:\n3 * 3\nAnswer: 9\n" in prompt(lm)


async def test_a_debater_sees_its_own_solution_first(call):
    _, lm = await call('debate_round(task, Answer("1"), [Answer("2"), Answer("3")])', question=TASK)
    shown = [line for line in prompt(lm).splitlines() if line.startswith(("Your", "Another", "Answer:"))]
    assert shown == [
        "Your solution:", "Answer: 1", "Another solution:", "Answer: 2", "Another solution:", "Answer: 3",
    ]  # fmt: skip


async def test_choose_gives_back_the_chosen_answer_as_it_was(call):
    drafts = '[Answer("1"), Answer(""), Answer("2", "Hm.\\nAnswer: 2"), Answer("3")]'
    outcome, lm = await call(f"choose(task, {drafts})", lambda request: "Choice: 2")
    assert (outcome.answer.text, outcome.answer.reasoning) == ("2", "Hm.\nAnswer: 2")
    assert "Solution 3:" in prompt(lm)
    assert "Solution 4:" not in prompt(lm)


async def test_choose_asks_nothing_where_there_is_nothing_to_choose(run):
    source = """async def workflow(task):
    draft = await direct(task)
    return await choose(task, [Answer(""), draft])"""
    outcome, lm = await run(source, lambda request: "Answer: 4")
    assert outcome.answer.text == "4"
    assert len(lm.requests) == 1


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        ("Program: 2 ** 10", "1024"),
        ("Program: not (True and False)", "True"),
        ("```python\nx = 3\nx * x\n```", "9"),
        ("Program: print(5)", "5"),
    ],
)
async def test_a_program_s_value_is_the_answer(reply, value, call):
    outcome, _ = await call("write_program(task)", lambda request: reply, tools={"python"})
    assert (outcome.answer.text, outcome.answer.reasoning) == (value, reply)


@pytest.mark.slow
@pytest.mark.parametrize(
    "reply",
    [
        "Program: 1 / 0", "Program: 1 +", "Program: open('/etc/passwd').read()", "Program: 'a' * 10**10",
        "Program: __import__('os').getcwd()", "Program: [0 for _ in iter(int, 1)]",
    ],
)  # fmt: skip
async def test_a_program_that_fails_is_an_answer_not_given(reply, call):
    outcome, _ = await call("write_program(task)", lambda request: reply, tools={"python"})
    assert outcome.failure.kind == "parse"
    assert "Error: " in outcome.answer.reasoning


async def test_a_program_needs_the_tool_before_it_costs_a_call(call):
    outcome, lm = await call("write_program(task)")
    assert outcome.failure.kind == "design"
    assert "does not declare the tool python" in outcome.failure.message
    assert "declare the tool" in outcome.failure.cure
    assert not lm.requests


async def test_a_vote_draws_n_samples_of_one_prompt(call):
    answers = ["5", "4", "", "4.0", "6"]
    outcome, lm = await call("self_consistency(task)", lambda request: f"Answer: {answers[request.sample]}")
    assert outcome.answer.text == "4"
    assert sorted(request.sample for request in lm.requests) == [0, 1, 2, 3, 4]
    assert {request.temperature for request in lm.requests} == {SAMPLING_TEMPERATURE}
    assert len({request.messages for request in lm.requests}) == 1


async def test_the_composite_block_is_a_design_too(run, call):
    """The file of `self_consistency`, without its decorator, runs in the sandbox and asks the same."""
    (function,) = ast.parse(textwrap.dedent(inspect.getsource(blocks()["self_consistency"].function))).body
    function.decorator_list, function.name = [], "vote"
    function.body = [node for node in function.body if not isinstance(node, ast.Expr)]
    source = f"{ast.unparse(function)}\n\nasync def workflow(task):\n    return await vote(task, n=7)"
    as_guest, guest = await run(source)
    as_block, host = await call("self_consistency(task, n=7)")
    assert as_guest.failure is None
    assert as_guest.answer == as_block.answer
    assert guest.requests == host.requests
