import ast

import pytest

from masdesign.errors import SourceError
from masdesign.syntax import canonical
from masdesign.workflow import Design
from masdesign.workflow.parsing import parse

VOTE = """
async def workflow(task):
    drafts = await gather(*[chain_of_thought(task, temperature=0.8) for _ in range(5)])
    return majority(drafts)
"""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("async def workflow(task):\n    return await direct(task)", "98e551f6d208"),
        (VOTE, "3d7b3183fc33"),
        (
            'async def workflow(task):\n    return f"{1:>{2}} a" "b" + "c" + str(1.5) + str(None)',
            "89577b114f38",
        ),
        ("not python at all", "9ce1b0cbefdd"),
    ],
)
def test_ids_are_the_same_for_ever(source, expected):
    assert Design(source).id == expected


@pytest.mark.parametrize(
    "same",
    [
        VOTE + "\n\n# a comment\n",
        VOTE.replace("async def workflow(task):", 'async def workflow(task):\n    """Votes."""'),
        '"""Above."""\n' + VOTE,
        VOTE.replace("task, temperature=0.8", "\n        task,\n        temperature = 0.80,\n    "),
    ],
)
def test_formatting_comments_and_docstrings_make_no_new_design(same):
    assert Design(same).id == Design(VOTE).id


@pytest.mark.parametrize(
    "other",
    [VOTE.replace("0.8", "0.7"), VOTE.replace("5", "5.0"), VOTE.replace("drafts", "answers"), VOTE + "x = 1"],
)
def test_another_tree_is_another_design(other):
    assert Design(other).id != Design(VOTE).id


def test_name_and_origin_do_not_matter():
    assert Design(VOTE, name="a", thought="b", parents=("c",), origin="d").id == Design(VOTE).id


def test_neighbouring_text_of_an_f_string_counts_as_one():
    one, two = ast.JoinedStr([ast.Constant("ab")]), ast.JoinedStr([ast.Constant("a"), ast.Constant("b")])
    assert canonical(one) == canonical(two)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def f(:\n", "not valid Python"),
        ("x = '\0'", "not valid Python"),
        ("x = '\ud800'", "not valid Python"),
        ("(" * 5000, "not valid Python|too deeply"),
        ("-" * 50_000 + "1", "too deeply"),
        ("x = 1\n" * 50_000, "characters"),
    ],
)
def test_what_cannot_be_parsed_is_a_source_error_and_still_has_an_id(source, reason):
    with pytest.raises(SourceError, match=reason):
        canonical(parse(source))
    assert len(Design(source).id) == 12
