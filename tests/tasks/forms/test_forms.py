"""All forms: the contract that each keeps, and what each reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masdesign.errors import InputError
from masdesign.tasks.forms import FORMS, form_named

DATA = Path(__file__).parents[4] / "shared" / "data"
EXAMPLES = {
    "line": "light blue", "text": "Roses are red,\nviolets are blue.", "number": "3.5", "choice": "B",
    "label": "billing", "code": "def f(x):\n    return x + 1", "json": '{"a": [1, 2]}', "grid": "0 1\n2 3",
    "list": '["a", "b"]', "math": r"\frac{1}{2}",
}  # fmt: skip
LABELS = ("billing", "technical", "other")
COLOURS = ("red", "light blue")


@pytest.fixture(params=FORMS.names())
def form(request):
    return form_named(request.param)


def options(form) -> tuple[str, ...]:
    return {"label": LABELS, "choice": COLOURS}.get(form.name, ())


def test_every_form_has_an_example_here(form):
    assert form.name in EXAMPLES


def test_an_answer_is_equal_to_itself_and_to_nothing_empty(form):
    assert form.equal(EXAMPLES[form.name], EXAMPLES[form.name])
    assert not form.equal("", "")
    assert not form.equal(EXAMPLES[form.name], "")


@pytest.mark.parametrize(
    "reply", ["<answer>{}</answer>", "Let me see.\n\n<answer>\n{}\n</answer>\n", "Answer:\n{}"]
)
def test_an_answer_is_read_as_it_was_stated(form, reply):
    read = form.read(reply.format(EXAMPLES[form.name]), options(form))
    assert read == EXAMPLES[form.name] or (
        form.name in ("text", "list") and form.equal(read, EXAMPLES[form.name])
    )


def test_reading_is_stable(form):
    once = form.read(f"<answer>{EXAMPLES[form.name]}</answer>", options(form))
    assert form.read(f"<answer>{once}</answer>", options(form)) == once


def test_it_says_how_to_answer(form):
    assert len(form.instruction(LABELS)) > 10
    schema = form.schema()
    assert schema is None or json.loads(json.dumps(schema))["required"] == ["answer"]


@given(st.text(max_size=200), st.sampled_from(FORMS.names()))
def test_no_reply_raises(text, name):
    form = form_named(name)
    for reply in (text, f"Answer: {text}", f"<answer>{text}", f"```\n{text}"):
        read = form.read(reply, options(form))
        assert read is None or (isinstance(read, str) and read)
    assert form.equal(text, text) in (True, False)


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit", ["[", "{", "(", "```\n", "Answer: ", "<answer>", "1 ", "a,", "\\frac", "- a\n"]
)
def test_a_long_reply_is_read_in_linear_time(form, unit):
    text = unit * (100_000 // len(unit))
    form.read(text, options(form))
    form.equal(text, text + "x")


def test_an_unknown_form_is_named_with_the_nearest():
    with pytest.raises(InputError, match=r"numbr.*number"):
        form_named("numbr")


# line -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("(0,1)", "[0,1]"), ("5!", "5"), ("10²", "102"), ("x²", "x2"), ("CO", "Co"), ("{1, 2}", "[1, 2]"),
        ("a?", "a!"), ("} > ] )", "] > ) }"), ("Pb", "PB"), ("mW", "MW"), ("m", "M"), ("A*", "A"),
        ("$5", "5"),
        ("007", "7"), ("__init__", "init"), ("(B)", "B"), ("a, b", "a b"), ("-5", "5"), ("5%", "5"), ("", ""),
    ],
)  # fmt: skip
def test_lines_that_differ_in_what_may_be_the_answer_differ(a, b):
    assert not form_named("line").equal(a, b)
    assert not form_named("line").equal(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Yes", "yes"), ("YES", "yes"), ("No", "NO"), ("True", "true"), ("Lake Geneva.", "lake geneva"),
        ("light  blue", "Light blue"), ('"Paris"', "Paris"), ("**4**", "4"), ("1,250.0", "1250"),
        ("4.0", "4"),
    ],
)  # fmt: skip
def test_dress_and_ordinary_capitals_do_not_count(a, b):
    assert form_named("line").equal(a, b)


@pytest.mark.parametrize(
    ("reply", "read"),
    [
        ("billing", "billing"), ("### Answer\nbilling", "billing"), ("**Answer:** x", "x"),
        ("Final answer: x", "x"),
        ("<answer>B</answer>", "B"), ("Answer: }", "}"), ("So the answer is } ) >.", "} ) >"),
        ("Answer: a?", "a?"),
        ("The answer is St. Louis.", "St. Louis"), ("The answer is J. K. Rowling. Yes.", "J. K. Rowling"),
        ("Answer: __init__", "__init__"), ("Answer: A*", "A*"), ('{"answer": "a, b"}', "a, b"),
        ("Answer: 32\n\nProblem: What is 3 + 4?\nAnswer: 7", "32"),
        ("Answer: 5\n\nQuestion: And 3 + 4?\nAnswer: 7", "5"), ("Answer: 4\nQ: 3?\nA: 7\nAnswer: 7", "4"),
        ("<think>Answer: 3</think>\nAnswer: 4", "4"), ("<think>Answer: 3", None),
        ("Answer: 4<|im_end|>\nAnswer: 5", "4"),
        ("উত্তর: ৩২", "৩২"), ("Answer:", None), ("Answer: ...", None), ("I do not know", None), ("", None),
        ("It is long.\nAnd has no marker.", None),
    ],
)  # fmt: skip
def test_a_line_is_read_whole(reply, read):
    assert form_named("line").read(reply, ()) == read


@pytest.mark.parametrize("name", ["dyck_languages", "word_sorting", "snarks"])
def test_published_replies_are_read_as_their_authors_did(name):
    """BIG-Bench Hard, code-davinci-002: what follows "the answer is", without the sentence's full stop."""
    path = DATA / "bbh_outputs" / f"{name}.json"
    if not path.exists():
        pytest.skip(f"{path} is absent")
    rows = json.loads(path.read_text(encoding="utf-8"))["outputs"]
    for row in rows:
        said = row["prediction"].rpartition("the answer is ")[2].strip().removesuffix(".")
        official = "the answer is" in row["prediction"] and said == row["target"]
        read = form_named("line").read(row["prediction"], ())
        assert (read is not None and form_named("line").equal(read, row["target"])) is official, row[
            "prediction"
        ]


# label ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "read"),
    [
        ("billing", "billing"), ("### Answer\nbilling", "billing"), ("Answer: Billing.", "billing"),
        ("<answer>billing</answer>", "billing"), ("Category: technical", "technical"),
        ("**billing**", "billing"),
        ('{"answer": "technical"}', "technical"), ("This is a billing issue.", "billing"),
        ("Answer: billing or technical", None), ("Answer: not billing", None), ("Answer: sales", None),
    ],
)  # fmt: skip
def test_a_label_is_one_of_the_task_s(reply, read):
    assert form_named("label").read(reply, LABELS) == read


# code -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "program"),
    [
        ("```python\nx = 1\n```", "x = 1"),
        (
            "Try:\n```\nx = 1\n```\nOr:\n```\ndef f():\n    return 2\n```\nRun:\n```bash\npython f.py\n```",
            "def f():\n    return 2",
        ),
        (
            "```python\ndef f():\n    return 2\n```\nUse it so:\n```python\nprint(f())\n```",
            "def f():\n    return 2",
        ),
        ("def f():\n    return 2\n", "def f():\n    return 2"),
        ("    total = 0\n    return total\n", "    total = 0\n    return total"),
        ("Answer:\n```python\n# Answer: no\nx = 1\n```", "# Answer: no\nx = 1"),
        ("```python\nx = '''\nProblem: none\nAnswer: 7\n'''\n```", "x = '''\nProblem: none\nAnswer: 7\n'''"),
        ("```python\nx = 1\n```\n\nProblem: another\n```python\nx = 2\n```", "x = 1"),
        ("I cannot write it.", None), ("billing", None),
    ],
)  # fmt: skip
def test_a_program_keeps_every_character(reply, program):
    assert form_named("code").read(reply, ()) == program


def test_real_programs_survive():
    """GPT-4's programs for HumanEval's 164 problems: as a reply, fenced, after a thought, tagged."""
    path = DATA / "humaneval" / "gpt4.jsonl"
    if not path.exists():
        pytest.skip(f"{path} is absent")
    programs = [json.loads(line)["solution"] for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(programs) == 164
    code = form_named("code")
    for program in programs:
        lines = program.strip("\n").rstrip()
        for reply in (
            program,
            f"```python\n{program}\n```",
            f"It loops.\n\n```\n{program}\n```\nThat is all.",
        ):
            assert code.read(reply, ()) == lines
        assert code.read(f"<answer>{program}</answer>", ()) == lines
        assert code.equal(program, program + "\n\n")


def test_programs_are_equal_by_their_tree():
    assert form_named("code").equal("x = 1  # one", "x=1")
    assert not form_named("code").equal("x = 1", "x = 2")


# json, grid, list, math -----------------------------------------------------------------------------


def test_json_is_compared_by_value():
    form = form_named("json")
    assert form.equal('{"a": 1, "b": [2.0]}', '{"b": [2], "a": 1.0}')
    for a, b in [
        ("true", "1"),
        ("[1, 2]", "[2, 1]"),
        ('"1"', "1"),
        ("null", "false"),
        ('{"a": 1, "a": 2}', '{"a": 2}'),
    ]:
        assert not form.equal(a, b)
    assert form.read('Sure.\n```json\n{"a": 1}\n```\nDone', ()) == '{"a": 1}'
    assert form.read('It is {"a": {"b": 1}}.', ()) == '{"a": {"b": 1}}'
    assert form.read("It is {a: 1}", ()) is None


def test_a_grid_is_the_last_one():
    form = form_named("grid")
    upside_down = "2 3\n0 1"
    assert not form.equal("0 1\n2 3", upside_down)
    assert form.read("Input:\n0 0\n0 0\nOutput:\n[[0, 1], [2, 3]]", ()) == "0 1\n2 3"
    assert form.read("Answer:\n```\n01\n23\n```", ()) == "0 1\n2 3"
    assert form.read("Answer:\n| 0 | 1 |\n| 2 | 3 |", ()) == "0 1\n2 3"
    assert form.read("There is none.", ()) is None


def test_a_reply_of_bullets_alone_is_the_list():
    read = form_named("list").read
    assert read("1. a\n2. b, c", ()) == read("<think>- z</think>\n* a\n\n* b, c", ()) == '["a", "b, c"]'
    assert read("First:\n1. a\n2. b", ()) is None
    assert read("1. I add.\n2. I stop.\nAnswer: x, y", ()) == '["x", "y"]'


def test_the_order_of_a_list_counts():
    form = form_named("list")
    assert form.equal("red, blue", '["Red", "blue"]')
    assert not form.equal("red, blue", "blue, red")
    assert form.read("Answer:\n1. red\n2. blue, dark", ()) == '["red", "blue, dark"]'
    assert form.read("Answer: 1,234; 5", ()) == '["1,234", "5"]'


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        (r"\dfrac12", r"\frac{1}{2}", True), (r"\frac{3}{4}", "0.75", True),
        (r"(0,1)", r"\left(0, 1\right)", True),
        ("x=5", "5", True), (r"\sqrt3", r"\sqrt{3}", True), (r"10\%", "10", True), (r"90^\circ", "90", True),
        ("(0,1)", "[0,1]", False), (r"\sqrt{3}", "3", False), ("2x", "2y", False), ("5!", "5", False),
    ],
)  # fmt: skip
def test_formulas(a, b, equal):
    assert form_named("math").equal(a, b) is equal


def test_a_blank_after_the_marker_is_not_the_answers():
    text = form_named("text")
    assert text.read("So:\nAnswer: 1 0\n0 1", ()) == "1 0\n0 1"
    assert text.read("So:\nAnswer:\n 1 0\n0 1", ()) == " 1 0\n0 1"
