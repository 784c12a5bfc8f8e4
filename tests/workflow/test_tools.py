"""Tools of a task besides Python: the calculator takes arithmetic alone, retrieval ranks by words."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masdesign.retrieval import bm25
from masdesign.tasks import load_task
from masdesign.tasks.families.ledger import single
from masdesign.types import Question
from masdesign.workflow import Design, ToolError, block, run_item, running
from masdesign.workflow.programs import arithmetic

PASSAGES = ("Bolt lost 3 in Q2.", "Acme earned 5 in Q2.", "It rains.", "Acme earned 7 in Q3.")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("2 × (1,250 − 3) =", "2494"),
        ("2 ^ 10", "1024"),
        ("7 ÷ 2", "3.5"),
        ("$12.50 * 2", "25.0"),
        ("max(sqrt(16), abs(-3), 1)", "4.0"),
        ("round(10 / 3, 2)", "3.33"),
    ],
)
async def test_the_calculator_takes_arithmetic_as_people_write_it(expression, value, sandbox):
    assert await sandbox.run_python(arithmetic(expression)) == value


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os')", "a", "'x' * 3", "(1).real", "[1]", "1 if 2 else 3", "lambda: 1", "abs", "True",
        "open(1)", "1 < 2", "", "max(*[1])", "1j", "(1)(2)", "3 + 4 = 7", "round(3, ndigits=2)", "1\n2",
        "1 + " * 200, "(" * 400, "x := 3",
    ],
)  # fmt: skip
def test_the_calculator_takes_nothing_else(expression):
    with pytest.raises(ToolError, match="the calculator"):
        arithmetic(expression)


@given(st.text(max_size=40))
@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
def test_any_text_is_arithmetic_or_a_tool_error(text):
    with contextlib.suppress(ToolError):
        assert arithmetic(text)


@pytest.mark.parametrize("program", ["+".join(["1"] * 900), "-" * 2000 + "1", "a" + ".b" * 2000])
async def test_a_program_that_nests_deeply_is_a_wrong_program_and_no_wrong_design(program, sandbox):
    with pytest.raises(ToolError, match="not valid Python"):
        await sandbox.run_python(program)
    with pytest.raises(ToolError):
        arithmetic("-" * 490 + "1")


async def test_a_number_too_large_is_an_error_in_time(sandbox):
    with pytest.raises(ToolError):
        await sandbox.run_python(arithmetic("9 ** 9 ** 9"))


def test_bm25_ranks_by_words_in_common():
    assert bm25("What did Acme earn in Q3?", PASSAGES, 2) == [3, 1]
    assert bm25("Bolt", PASSAGES, 1) == [0]
    assert sorted(bm25("Acme", PASSAGES, 9)) == [0, 1, 2, 3]


def test_a_figure_s_own_statement_comes_first():
    """Also where another one has more of the small words."""
    task = load_task("ledger", items=50)
    for item in task.val:
        for figure in item.record["figures"]:
            assert bm25(single(figure), item.context, 1) == [figure.statement]


def test_words_of_logic_count():
    assert bm25("not True", ("True and False", "not True", "True or False"), 1) == [1]


@pytest.mark.parametrize(("query", "texts"), [("zebra", PASSAGES), ("", PASSAGES), ("a", ("", " "))])
def test_a_query_without_a_word_in_common_keeps_the_order(query, texts):
    assert bm25(query, texts, 2) == [0, 1]


@given(st.text(max_size=30), st.lists(st.text(max_size=30), max_size=4), st.integers(1, 5))
def test_bm25_takes_any_text(query, texts, n):
    found = bm25(query, texts, n)
    assert len(found) == len(set(found)) == min(n, len(texts))


@pytest.mark.parametrize("tool", ["calculator", "retrieval"])
async def test_a_design_gets_a_tool_only_where_its_task_declares_it(tool, runtime):
    @block()
    async def use(task: Question) -> str:
        """Uses the tool."""
        if tool == "calculator":
            return await running().calculate(task.question)
        return (await running().retrieve(task.question, PASSAGES))[0]

    runtime.blocks, runtime.allow_no_calls = {"use": use}, True
    design = Design("async def workflow(task):\n    return await use(task)")
    refused = await run_item(design, Question("6 × 7"), runtime)
    assert refused.failure.kind == "design"
    assert f"does not declare the tool {tool}" in refused.failure.message
    runtime.tools = frozenset({tool})
    outcome = await run_item(design, Question("6 × 7" if tool == "calculator" else "Rains?"), runtime)
    assert outcome.failure is None
    assert outcome.answer.text == ("42" if tool == "calculator" else "It rains.")
    assert [node.name for node in outcome.trace.root.walk() if node.kind == "tool"] == [tool]
