"""What blocks and writers of experience share: how lessons are found, shown, asked for, and read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from masdesign.building_blocks._prompt import render
from masdesign.building_blocks._step import solution
from masdesign.building_blocks._window import room, that_fit
from masdesign.building_blocks.read import read_field, read_numbers
from masdesign.memory import MemoryEntry
from masdesign.types import Answer, Prompt, Question, Verdict
from masdesign.workflow import running

RECALLED = "recalled"
"""The name of the remark in a trace that lists the ids of the entries that a prompt showed."""
WRITERS = ("merge_lessons", "refine_when")
"""Templates that no block renders: with them a memory is kept up between items."""
_SHARE = 0.25
"""Share of the window that entries of a memory may take."""


async def lessons_near(task: Question, n: int) -> list[MemoryEntry]:
    """At most n lessons of the run's memory whose conditions are near to a problem.

    No call; one where the run has an embedding model.
    """
    return await running().remembered(task.wording, n, "lesson")


async def cases_near(task: Question, n: int) -> list[MemoryEntry]:
    """At most n cases of the run's memory that are near to a problem: no call, or one, as `lessons_near`."""
    return await running().remembered(task.wording, n, "case")


def show_entries(entries: list[MemoryEntry], model: str) -> list[MemoryEntry]:
    """As many of the entries as a quarter of the window holds; the trace says which."""
    texts = [f"{entry.when} {entry.what} {entry.example}" for entry in entries]
    shown = entries[: that_fit(texts, room(model, _SHARE))]
    running().note(RECALLED, " ".join(entry.id for entry in shown))
    return shown


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

    @classmethod
    def judged(cls, answer: Answer, verdict: Verdict | None) -> Attempt:
        """The attempt that an answer is, by a judge's verdict."""
        return cls.of(answer, None if verdict is None else verdict.ok)


def read_lesson(text: str) -> MemoryEntry | None:
    r"""The lesson that a reply writes: its last ``When: …`` and its last ``Do: …``; ``None`` without both.

    >>> read_lesson("When: the customer is Bolt\nDo: double the price").what
    'double the price'
    >>> read_lesson("I do not know.") is None
    True
    """
    when, what = read_field(text, "when").text, read_field(text, "do").text
    cut = when.lower().startswith("do:")  # nothing stands after `When:`
    return MemoryEntry(when, what) if when and what and not cut else None


def lesson_text(lesson: MemoryEntry | None) -> str:
    """A lesson as the two lines in which it is asked for; empty where there is none."""
    return "" if lesson is None else f"When: {lesson.when}\nDo: {lesson.what}"


def lesson_of(text: str) -> MemoryEntry:
    """The lesson that a design's text is; without ``When:`` and ``Do:`` the whole of it is the condition."""
    return read_lesson(text) or MemoryEntry(text, text)


def read_applying(text: str, count: int) -> list[int]:
    """The numbers, of 1 to ``count``, that a reply gives on its last line ``Lessons: …``.

    >>> read_applying("It is about units. Lessons: 2 and 7", 3), read_applying("Lessons: none", 3)
    ([2], [])
    """
    return read_numbers(read_field(text, "lessons").text, count)


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


def refine_prompt(entry: MemoryEntry) -> Prompt:
    """The request for a condition that fits where a lesson helped, and not where it did not.

    The reply is read with `read_field`, name ``when``. Reference: AlphaOPT, arXiv:2510.18428.
    """
    return render("refine_when", entry=entry, helped=entry.helped_with, hurt=entry.hurt_with, **_asked({}))


def merge_prompt(entries: Sequence[MemoryEntry]) -> Prompt:
    """The request for one lesson in place of several; the reply is read with `read_lesson`."""
    return render("merge_lessons", entries=tuple(entries), **_asked({}))


def _asked(asked: dict[str, Any]) -> dict[str, Any]:
    return {"instruction": "", **asked}
