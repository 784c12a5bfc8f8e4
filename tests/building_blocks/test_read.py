"""Readers: what they understand, and that no text makes them raise."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from masdesign.building_blocks.read import (
    read_action,
    read_answer,
    read_choice,
    read_field,
    read_label,
    read_numbered,
    read_program,
    read_score,
    read_verdict,
)

MARKS = "Answer:|answer is|####|\\boxed{|}|{|```|\n|**|`|\"|'|.| |42|yes|Verdict:|not|right|wrong|Choice:"
FRAGMENTS = st.sampled_from(
    f"{MARKS}|Solution 2|Program:|(1 + 2)|$|\r\n|：|\\|\x00|\ud800|٣|Score:".split("|")
)
TEXTS = st.one_of(st.text(), st.lists(st.one_of(FRAGMENTS, st.text(max_size=5)), max_size=30).map("".join))


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("Answer: 42", "42"),
        ("answer:42", "42"),
        ("2 * 21 = 42\nAnswer: 42.", "42"),
        ("**Answer:** 42", "42"),
        ("**Answer: 42**", "42"),
        ("**Answer**: **42**.", "42"),
        ("__Answer:__ `42`", "42"),
        ("### Final answer: 42", "42"),
        ("> Answer: 42", "42"),
        ("ANSWER： 42", "42"),
        ("Answer (in dollars): 42", "42"),
        ('Answer: "Lake Geneva".', "Lake Geneva"),
        ("Answer: 'yes'", "yes"),
        ("Answer: $42$", "42"),
        ("Answer: $42", "$42"),
        ("Answer: \\(42\\)", "42"),
        ("Answer: \\text{no}", "no"),
        ("Answer:\n42", "42"),
        ("**Answer:**\n\n42\n", "42"),
        ("Answer:\n```\n42\n```", "42"),
        ("```\nAnswer: 42\n```", "42"),
        ('{"reasoning": "…", "answer": "42"}', "42"),
        ('{"answer": 42}', "42"),
        ('{\n  "answer": "a \\"b\\"",\n}', 'a "b"'),
        ("Answer: (B)", "(B)"),
        ("Answer: -7", "-7"),
        ("Answer: 3.5", "3.5"),
        ("Answer: 1,024", "1,024"),
        ("Answer: the answer is 42.", "42"),
        ("Answer: 41\nWait, no.\nAnswer: 42", "42"),
        ("Answer: 41. Wait, no. Answer: 42", "42"),
        ("She has 6 * 7 = <<6*7=42>>42 eggs.\n#### 42", "42"),
        ("#### 42\nI hope this helps.", "42"),
        ("#### Step 1\n6 * 7\n#### Step 2\nThe answer is 42.", "42"),
        ("So \\boxed{42}.", "42"),
        ("So $\\boxed{\\frac{1}{2}}$.", "\\frac{1}{2}"),
        ("\\boxed{41} ... Answer: 42", "42"),
        ("Answer: 41, or rather \\boxed{42}", "42"),
        ("The answer is 42.", "42"),
        ("Therefore the final answer is: **42**. It was easy.", "42"),
        ("The answer to the problem is 3.5. Good.", "3.5"),
        ("The answer would be yes", "yes"),
        ("Answer: 42\nI am sure that the answer is right.", "42"),
        ("Answer:", ""),
        ("Answer: 41\nNo, wrong.\nAnswer:", ""),
        ("Answer: ...", ""),
        ("\\boxed{42", ""),
        ("42", ""),
        ("", ""),
        ("I cannot tell.", ""),
    ],
)
def test_reads_answers(reply, answer):
    read = read_answer(reply)
    assert read.text == answer
    assert read.reasoning == reply


@pytest.mark.parametrize(
    ("reply", "answer"),
    [("42", "42"), (" **42**.\n", "42"), ("Answer: 7", "7"), ("It is\n42", ""), ("Answer:", "")],
)
def test_a_bare_line_is_an_answer_where_asked_for(reply, answer):
    assert read_answer(reply, bare=True).text == answer


@pytest.mark.parametrize(
    ("reply", "name", "value"),
    [
        ("Score: 7", "score", "7"),
        ("It is fine.\n**Score**: 7/10.", "score", "7/10"),
        ("Sub-question: how many?", "sub_question", "how many?"),
        ("Subquestion: how many?", "sub_question", "how many?"),
        ("Underscore: 7", "score", ""),
        ("nothing", "score", ""),
        ("A.b: x", "a.b", "x"),
    ],
)
def test_reads_fields(reply, name, value):
    assert read_field(reply, name).text == value


@pytest.mark.parametrize(
    ("reply", "ok"),
    [
        ("Verdict: right", True),
        ("**Verdict:** Right.", True),
        ("Verdict: wrong", False),
        ("Verdict: correct", True),
        ("Verdict: incorrect", False),
        ("Verdict: not right", False),
        ("Verdict: not wrong", True),
        ("Verdict:\nvalid", True),
        ("Verdict: the solution is right", True),
        ("Verdict: right. No wait.\nVerdict: wrong", False),
        ("Step 2 looks wrong at first, but every step is correct.", True),
        ("The solution is not correct.", False),
        ("The steps are right", True),
        ("Verdict:", False),
        ("Verdict: maybe", False),
        ("", False),
    ],
)
def test_reads_verdicts(reply, ok):
    verdict = read_verdict(reply)
    assert verdict.ok is ok
    assert verdict.critique == reply


@pytest.mark.parametrize(
    ("reply", "number"),
    [
        ("Choice: 2", 2),
        ("**Choice:** Solution 3.", 3),
        ("Choice: (2)", 2),
        ("Choice: #2", 2),
        ("Choice: 1\nChoice: 2", 2),
        ("I prefer solution 2 to solution 1; so Solution 2", 2),
        ("2", 2),
        ("Choice: 4", None),
        ("Choice: 0", None),
        ("Choice: 2.5", None),
        ("Choice: none", None),
        ("Choice: 99999999999999999999", None),
        ("", None),
        ("Of these three I would take none, but there are 2 of them", None),
    ],
)
def test_reads_choices(reply, number):
    assert read_choice(reply, 3) == number


@pytest.mark.parametrize(
    ("reply", "source"),
    [
        ("Program: 1 + 2", "1 + 2"),
        ("Program: `1 + 2`", "1 + 2"),
        ("**Program:** `1 + 2`", "1 + 2"),
        ("Program: 1\nProgram: 2 ** 3", "2 ** 3"),
        ("Program:\n1 + 2", "1 + 2"),
        ("Program:\n```python\n1 + 2\n```", "1 + 2"),
        ("Program: ```\nx = 1\nx + 2\n```\nDone.", "x = 1\nx + 2"),
        ("Here:\n```py\nx = 1\nx + 2\n```", "x = 1\nx + 2"),
        ("```python\n1 +", "1 +"),
        ("Program: not (True and False)", "not (True and False)"),
        ("Program:", ""),
        ("", ""),
        ("1 + 2", ""),
    ],
)
def test_reads_programs(reply, source):
    assert read_program(reply) == source


@pytest.mark.parametrize(
    ("reply", "action"),
    [
        ("Thought: add.\nAction: calculator[3 + 4]", ("calculator", "3 + 4")),
        ("**Action:** `Calculator[3 + 4]`", ("calculator", "3 + 4")),
        ("Action: python[\nx = [1, 2]\nsum(x)\n]", ("python", "x = [1, 2]\nsum(x)")),
        ("Action: retrieval[Acme]\nAnswer: 7", ("retrieval", "Acme")),
        ("Action: calculator[1]\nAction: calculator[2]", ("calculator", "2")),
        ("Action: retrieval[Acme", ("retrieval", "Acme")),
        ("Action: none", ("", "")),
        ("calculator[3 + 4]", ("", "")),
        ("Action:", ("", "")),
        ("", ("", "")),
    ],
)
def test_reads_actions(reply, action):
    assert read_action(reply) == action


@pytest.mark.slow
@given(TEXTS)
@example("```" * 50)
@example("Answer:" * 50)
def test_no_text_makes_a_reader_raise(text):
    assert read_answer(text).reasoning == text
    assert read_answer(text, bare=True).reasoning == text
    assert read_verdict(text).critique == text
    assert read_choice(text, 3) in (None, 1, 2, 3)
    assert isinstance(read_program(text), str)
    assert all(isinstance(part, str) for part in read_action(text))
    assert isinstance(read_field(text, "score").text, str)


@given(TEXTS, st.integers(-(10**6), 10**6))
def test_the_last_line_decides(text, number):
    assert read_answer(f"{text}\nAnswer: {number}").text == str(number)
    assert read_answer(f"{text}\n**Answer:** {number}.").text == str(number)
    assert read_answer(f"{text}\n#### {number}").text == str(number)
    assert read_field(f"{text}\nScore: {number}", "score").text == str(number)


@given(TEXTS, st.booleans(), st.integers(1, 9))
def test_the_last_verdict_and_choice_decide(text, ok, number):
    assert read_verdict(f"{text}\nVerdict: {'right' if ok else 'wrong'}").ok is ok
    assert read_choice(f"{text}\nChoice: {number}", 9) == number


@given(st.text(alphabet="abcxyz019+-/() ", min_size=1).map(str.strip).filter(bool))
def test_reading_is_stable(value):
    """What was read, written again as an answer, is read the same."""
    once = read_answer(f"Answer: {value}").text
    assert read_answer(f"Answer: {once}").text == once


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    [
        "answer ",
        "Answer: ",
        "*",
        "`",
        '"',
        ". ",
        "\\boxed{",
        "#### ",
        "```\n",
        "the answer to ",
        "Verdict:",
        "solution is ",
        "}",
        "} ",
    ],
)
def test_long_replies_are_read_in_linear_time(unit):
    """A megabyte is read at once; a quadratic reader would run into the test's time limit."""
    text = unit * (1_000_000 // len(unit))
    assert read_answer(text, bare=True).reasoning == text
    assert read_verdict(text).critique == text
    assert read_choice(text, 3) is None
    assert read_program(text) is not None


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("Question 1: How many?\nQuestion 2: For how much?", ["How many?", "For how much?"]),
        ("Sure!\n- **Question 1:** How many?\n\nQuestion 2. For how much?", ["How many?", "For how much?"]),
        ("1. How many?\n2) For how much?", ["How many?", "For how much?"]),
        ("The first question is how many.", []),
        ("Question 1:\nQuestion 2: For how much?", ["For how much?"]),
    ],
)
def test_numbered_lines(reply, expected):
    assert read_numbered(reply, "question") == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("Score: 7", 7.0),
        ("I give it 3. **Score:** 8.5 / 10", 8.5),
        ("Score: 11", None),
        ("Score: -2", None),
        ("Score: high", None),
        ("7", None),
    ],
)
def test_a_score_is_a_number_in_its_range(reply, expected):
    assert read_score(reply, "score", 10) == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("Kind: easy", "easy"),
        ("Not easy at all. Kind: **Hard** (five steps)", "hard"),
        ("Kind: very hard", "very hard"),
        ("Kind: harder", ""),
        ("easy", ""),
    ],
)
def test_a_label_is_one_of_those_given(reply, expected):
    assert read_label(reply, "kind", ["easy", "hard", "very hard"]) == expected
