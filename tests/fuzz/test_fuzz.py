"""Mutated inputs of every kind: no crash, no hang, no traceback; a value, or an error of ours in one line.

More examples: ``FUZZ_EXAMPLES=2000 pytest tests/fuzz/test_fuzz.py --hypothesis-seed=1 --timeout=0``. An
example may take 5 seconds of processor time; by a clock on the wall a busy machine would fail.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from masdesign.archive import Archive
from masdesign.building_blocks import blocks
from masdesign.errors import MasdesignError, SourceError
from masdesign.search.replay import canonical
from masdesign.serve.wire import Refusal, read_request
from masdesign.tasks import load_task
from masdesign.tasks.forms import FORMS
from masdesign.types import Question
from masdesign.workflow import Design, check
from masdesign.workflow.answers import answer_options

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "25"))
fuzzed = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@contextmanager
def bounded(seconds: float = 5.0) -> Iterator[None]:
    """What is inside takes at most so many seconds of processor time."""
    began = time.process_time()
    yield
    assert time.process_time() - began < seconds


SOURCES = (
    "async def workflow(task):\n    return await chain_of_thought(task)\n",
    "async def workflow(task):\n    drafts = await gather(*[chain_of_thought(task, temperature=0.8) for _ in range(3)])\n"
    "    verdicts = await gather(*[verify(task, d) for d in drafts])\n"
    "    kept = [d for d, v in zip(drafts, verdicts) if v.ok]\n    return majority(kept or drafts)\n",
    "async def workflow(task):\n    parts = await split_question(task, n=3)\n    answers = []\n"
    "    for part in parts:\n        if len(answers) < 4:\n            answers.append(await direct(Question(part)))\n"
    "    return await merge_answers(task, parts, answers)\n",
)
TOKENS = (
    "await", "async", "def", "for", "while True:", "if", "else", "try:", "except:", "lambda x: x", "yield", "return",
    "import os", "(", ")", "[", "]", "{", "}", ":", ",", "=", "==", "*", "**", "\n", "\n    ", "\t", "'", '"', '"""', "#",
    "\\", "0x" + "f" * 50, "1e999", "-", "not", "None", "task", "workflow", "chain_of_thought", "gather", "@", "match task:",
    "\u202e", "\x00", "\ud800", "é", "\u2028",
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn, texts: tuple[str, ...], tokens: tuple[str, ...] = TOKENS) -> str:
    """A text with pieces cut, doubled, or put in."""
    text = draw(st.sampled_from(texts))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        piece = draw(st.one_of(st.sampled_from(tokens), st.just(text[start:end] * 2), st.text(max_size=4)))
        text = text[:start] + piece + text[end:]
    return text


@fuzzed
@given(mutated(SOURCES))
def test_a_source_is_checked_or_refused(source: str) -> None:
    try:
        with bounded():
            assert check(Design(source), blocks()).call_bound is not ...
    except SourceError as error:
        assert error.reason
        assert "\n" not in str(error).strip()


REPLIES = (
    "Let me see. 3 + 4 = 7.\nAnswer: 7",
    "The answer is (B).",
    "```python\ndef f(x):\n    return x\n```",
    '{"answer": {"a": [1, 2.5, null]}}',
    "\\boxed{\\frac{3}{4}}",
    "<answer>1 2\n3 4</answer>",
    "Verdict: wrong, since 1/2 of $1,234.50 is 20%",
)


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS.names())
@fuzzed
@given(
    mutated(
        REPLIES, ("Answer:", "\\boxed{", "```", "<answer>", "{", "[", "%", "$", "1e9", "½", "٣", "-", "\n")
    )
)
def test_a_reply_is_read_or_unreadable(form: str, reply: str) -> None:
    made = FORMS.get(form)
    options = answer_options(Question("?", (), ("red", "blue"), form=form))
    with bounded():
        text = made.read(reply, options)
    assert text is None or isinstance(text, str)
    if text:
        assert isinstance(made.equal(text, text), bool)
        assert isinstance(made.equal(text, "7"), bool)


FILES = {
    "rows.jsonl": '{"question": "1 + 1 =", "target": "2"}\n{"question": "2 + 3 =", "target": "5"}\n' * 6,
    "rows.json": '[{"question": "1 + 1 =", "target": "2"}, {"question": "2 + 3 =", "targets": ["5", "five"]}]',
    "rows.csv": 'question,target\n"1 + 1 =",2\n"2, 3?",5\n',
    "rows.tsv": "question\ttarget\n1 + 1 =\t2\n2 + 3 =\t5\n",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
@fuzzed
@given(data=st.data())
def test_a_task_file_loads_or_is_refused_in_one_line(name: str, data: st.DataObject, tmp_path: Path) -> None:
    text = data.draw(
        mutated(
            (FILES[name],), ("{", "}", "[", '"', ",", "\n", "null", "1e400", "NaN", "\x00", "\ud800", "\\u")
        )
    )
    file = tmp_path / name
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        with bounded():
            load_task(str(file))
    except MasdesignError as error:
        assert str(error)
        assert "\n" not in str(error)


def _archive_lines() -> str:
    with Archive(":memory:") as archive:
        archive.add_design(Design(SOURCES[0], "one"))
        archive.add_design(Design(SOURCES[1], "two"))
        return canonical(archive).decode()


LINES = _archive_lines()


@pytest.mark.slow
@fuzzed
@given(
    lines=mutated(
        (LINES,),
        ("{", "}", '"', ",", "\n", "null", "1e400", "[]", "\x00", "\ud800", '"id": 5,', '"kind": "run",'),
    )
)
def test_an_archive_of_others_is_imported_or_refused_in_one_line(lines: str, tmp_path: Path) -> None:
    file = tmp_path / "others.jsonl"
    file.write_bytes(lines.encode("utf-8", "surrogatepass"))
    with Archive(":memory:") as archive:
        try:
            with bounded():
                archive.import_(file)
        except MasdesignError as error:
            assert "\n" not in str(error)
        assert all(json.dumps(design.source) for design in archive.designs())


BODIES = (
    '{"model": "m", "messages": [{"role": "user", "content": "2 + 2 ="}], "temperature": 0.5, "n": 1}',
    '{"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}], "stop": ["a"], "stream": true}',
    '{"messages": [{"role": "system", "content": "x"}, {"role": "user", "content": "y"}], "max_tokens": 5, "seed": 1}',
)


@fuzzed
@given(
    body=mutated(
        BODIES,
        (
            "{",
            "}",
            "[",
            "]",
            '"',
            ",",
            ":",
            "null",
            "true",
            "1e400",
            "-1",
            "NaN",
            "\x00",
            "\ud800",
            '"role":',
        ),
    )
)
def test_a_request_over_http_is_read_or_refused_in_one_line(body: str) -> None:
    try:
        with bounded():
            assert read_request(body.encode("utf-8", "surrogatepass")).messages
    except Refusal as refusal:
        assert 400 <= refusal.status < 500
        assert "\n" not in str(refusal.message)
