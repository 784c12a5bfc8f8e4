"""Numbers: what is read, what is equal, and what is none (faults that other tools are known by)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masdesign.tasks.forms import form_named
from masdesign.tasks.forms.number import same_number

NUMBER = form_named("number")
SOLUTIONS = Path(__file__).parents[4] / "shared" / "data" / "gsm8k" / "example_model_solutions.jsonl"


@pytest.mark.parametrize(
    ("said", "target"),
    [
        ("20% of the 100 people", "20"), ("42 (Confidence: 95%)", "42"), ("1/2", "0.5"), ("3 1/2", "3.5"),
        ("10^3", "1000"), ("2**3", "8"), ("2^{-1}", "0.5"), ("10³", "1000"), ("1{,}234", "1234"),
        (r"10,\!080", "10080"), ("minus 5", "-5"), ("$1.5M", "1500000"), ("2.5 billion", "2500000000"),
        ("৩২", "32"), ("٣٢", "32"), ("３２", "32"), ("18 dollars a day, 7 days a week", "18"),
        (r"\frac{3}{4}", "0.75"), (r"$\frac{3}{4}$", ".75"), (r"-\frac{1}{2}", "-.5"), ("½", "0.5"),
        ("3½", "3.5"), ("$18", "18"), ("18 dollars", "18"), ("18.00", "18"), ("7 * 6 = 42.0", "42"),
        ("x = 5", "5"), ("= 7", "7"), ("$-1,200.50", "-1200.5"), ("-$5", "-5"), ("−5", "-5"),
        ("−1/2", "-0.5"),
        ("1e3", "1000"), (r"1.5 \times 10^{3}", "1500"), ("1.5 × 10^3", "1500"), ("3.0", "3"),
        ("about 5", "5"),
        ("~5", "5"), ("1 234 567", "1234567"), ("1,234,567.0", "1234567"), ("5%", "5"),
        ("The total is 42", "42"), ("Janet makes $18 every day", "18"), ("42 apples", "42"), ("(42)", "42"),
        ("**42**", "42"), ("$5.", "5"), ("10 m/s", "10"), ("9.8 m/s^2", "9.8"), ("25°C", "25"),
        ("1/3", "0.333333"),
        (r"90^\circ", "90"), ("2 dozen", "24"), ("5k", "5000"), ("3 out of 5", "3"),
        ("18 (i.e. 9 * 2)", "18"),
        ("9" * 400, "9" * 400), ("9" * 5000, "9" * 5000),
    ],
)  # fmt: skip
def test_a_numeral_counts_by_its_value(said, target):
    read = NUMBER.read(f"Answer: {said}", ())
    assert read is not None
    assert NUMBER.equal(read, target)
    assert NUMBER.equal(said, target)


@pytest.mark.parametrize(
    ("said", "other"),
    [
        ("1/2", "2"), ("10^3", "3"), (r"\frac{3}{4}", "4"), ("6!", "6"), ("5, not 42", "42"),
        ("5, not 42", "5"),
        ("between 3 and 8", "8"), ("5 or 6", "5"), ("5-7", "5"), ("5–7", "7"), ("from 5 to 7", "5"),
        ("at least 5", "5"), ("> 5", "5"), ("not 5", "5"), ("5, 6", "5"), ("3:30", "3"), ("12/25/2020", "12"),
        ("2020-05-01", "2020"), ("1.2.3", "1.2"), ("5 and 6", "5"), ("5 apples or 6 apples", "5"),
        ("x > 5", "5"),
        (r"2\sqrt{3}", "2"), ("2π", "2"), ("3 + 4", "3"), ("12345678", "12345679"), ("5x", "5"),
        ("3x + 2", "3"),
        ("5±1", "5"), ("x = 5 or x = 6", "5"), ("10³", "103"), ("10²", "102"),
        ("18 dollars and 50 cents", "18"),
        ("$5 to $7", "5"), ("A4", "4"), ("1,23", "1"), ("neither 4 nor 5", "4"), ("5 < x", "5"),
        ("1.8", "18"),
        ("42 is wrong, it is not 42", "42"), ("2^10", "210"), ("less than 10", "10"), ("10 or more", "10"),
        ("10+", "10"), ("-5", "5"), ("0.333", "1/3"), ("192.168.0.1", "192.168"), ("none", "0"), ("", "0"),
        ("9" * 400, "9" * 399 + "8"),
    ],
)  # fmt: skip
def test_what_names_no_one_number_equals_none(said, other):
    assert not NUMBER.equal(said, other)
    read = NUMBER.read(f"Answer: {said}", ())
    assert read is None or not NUMBER.equal(read, other)


@pytest.mark.parametrize(
    ("reply", "read"),
    [
        ('{"answer": 42, "confidence": 0.9}', "42"),
        ("Answer: 32\n\nProblem: What is 3 + 4?\nAnswer: 7", "32"),
        ("42", "42"),
        ("<answer>1,234</answer>", "1,234"),
        ("She has 3.\nThen 4 more.", None),
        ("Answer: six", "6"),
        ("Answer: some", None),
        ("", None),
    ],
)
def test_a_reply_is_read(reply, read):
    assert NUMBER.read(reply, ()) == read


@given(st.integers(-(10**30), 10**30), st.integers(-(10**30), 10**30))
def test_whole_numbers_are_equal_only_to_themselves(a, b):
    assert same_number(f"{a:,}", str(a))
    assert same_number(f"{a} apples", f"{a}.0")
    assert same_number(str(a), str(b)) == (a == b)


@given(st.text(max_size=80))
def test_no_text_raises(text):
    assert NUMBER.read(text, ()) is None or NUMBER.equal(NUMBER.read(text, ()), NUMBER.read(text, ()))
    assert NUMBER.equal(text, "7") in (True, False)


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["1,", "1 ", "1/", "$", "9", "(1) ", "\\frac{1}{2}", "1^", "½"])
def test_a_long_line_is_read_in_linear_time(unit):
    NUMBER.equal(unit * (200_000 // len(unit)), "7")


def test_the_verdicts_on_published_solutions_are_the_publishers():
    """GSM8K's own solutions by four models: 5,276 verdicts of its authors."""
    if not SOLUTIONS.exists():
        pytest.skip(f"{SOLUTIONS} is absent")
    count = 0
    for line in SOLUTIONS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        right = row["ground_truth"].rsplit("A: ", 1)[1].strip()
        for solution in (value for value in row.values() if isinstance(value, dict)):
            given = solution["solution"].rsplit("A: ", 1)[-1].strip()
            read = NUMBER.read(f"Answer: {given}", ())
            assert (read is not None and same_number(read, right)) is solution["is_correct"], given
            count += 1
    assert count == 5276
