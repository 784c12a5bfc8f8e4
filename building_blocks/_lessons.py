"""Prompts of experience: how lessons and cases are shown, asked for, and read from replies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from masdesign.building_blocks._prompt import render
from masdesign.building_blocks._step import solution
from masdesign.building_blocks.read import read_field, read_numbers
from masdesign.memory import Entry
from masdesign.types import Answer, Prompt, Question

WRITERS = (
    "applies", "cases", "contrast", "guide", "guided", "merge_lessons", "recall", "refine_when", "reflect"
)  # fmt: skip
"""Templates of experience that no block renders."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A solution as a prompt shows it to be learnt from; an empty ``result`` is not shown."""

    solution: str
    result: str = ""

    @classmethod
    def of(cls, answer: Answer, ok: bool | None = None) -> Attempt:
        """The attempt that an answer is: right, wrong, or not judged.

        >>> Attempt.of(Answer("4"), True)
        Attempt(solution='Answer: 4', result='right')
        """
        return cls(solution(answer), "" if ok is None else "right" if ok else "wrong")


def read_lesson(text: str) -> Entry | None:
    r"""The lesson that a reply writes: its last ``When: …`` and its last ``Do: …``; ``None`` without both.

    >>> read_lesson("When: the customer is Bolt\nDo: double the price").what
    'double the price'
    >>> read_lesson("I do not know.") is None
    True
    """
    when, what = read_field(text, "when").text, read_field(text, "do").text
    cut = when.lower().startswith("do:")  # nothing stands after `When:`
    return Entry(when, what) if when and what and not cut else None


def read_applying(text: str, entries: Sequence[Entry]) -> list[Entry]:
    """Those of the lessons whose numbers a reply gives on its last line ``Lessons: …``.

    >>> [e.what for e in read_applying("Lessons: 2", [Entry("a", "b"), Entry("c", "d")])]
    ['d']
    """
    named = read_numbers(read_field(text, "lessons").text, len(entries))
    return [entries[number - 1] for number in named]


def reflect_prompt(
    task: Question, attempt: Attempt, *, target: str = "", feedback: str = "", **asked: Any
) -> Prompt:
    """The request for a lesson from one solution; ``target`` where the right answer may be told."""
    given = {"solution": attempt.solution, "result": attempt.result, "target": target, "feedback": feedback}
    return render("reflect", task=task, **given, **_asked(asked))


def contrast_prompt(task: Question, attempts: Sequence[Attempt], *, target: str = "", **asked: Any) -> Prompt:
    """The request for a lesson from what differs between several solutions of one problem (MaTTS).

    Reference: Ouyang et al. 2025, ReasoningBank: Scaling Agent Self-Evolving with Reasoning Memory,
    arXiv:2509.25140.
    """
    return render("contrast", task=task, attempts=tuple(attempts), target=target, **_asked(asked))


def refine_prompt(entry: Entry) -> Prompt:
    """The request for a condition that fits where a lesson helped, and not where it did not.

    The reply is read with `read_field`, name ``when``. Reference: AlphaOPT, arXiv:2510.18428.
    """
    return render("refine_when", entry=entry, helped=entry.helped_with, hurt=entry.hurt_with, **_asked({}))


def merge_prompt(entries: Sequence[Entry]) -> Prompt:
    """The request for one lesson in place of several; the reply is read with `read_lesson`."""
    return render("merge_lessons", entries=tuple(entries), **_asked({}))


def _asked(asked: dict[str, Any]) -> dict[str, Any]:
    return {"instruction": "", **asked}
