"""Answers within one item: classes of equal ones, which votes group by, and the one that is returned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from masdesign.protocols import AnswerForm
from masdesign.tasks.forms import form_named
from masdesign.tasks.forms._options import option_letter
from masdesign.types import Answer, Question


class AnswerClasses:
    """The answers read in one item's run, each in the class of the first that it equals.

    Filled on the host in the order in which answers are issued (the same at any timing, see `Wave`), so
    that a vote in the guest only compares names of classes, without a call of the host.

    >>> classes = AnswerClasses()
    >>> [classes.of(text, form_named("number"), ()) for text in ("$18", "18 dollars", "18.00", "20")]
    ['$18', '$18', '$18', '20']
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}
        self._firsts: dict[str, list[str]] = {}

    def of(self, text: str, form: AnswerForm, choices: Sequence[str]) -> str:
        """The class of an answer: the first answer that it equals under the form, or itself.

        Answers on a line that name the same of the item's options are equal, too. An empty answer has none.
        """
        if not text.strip():
            return ""
        earlier = self._known.get((form.name, text))
        if earlier is not None:
            return earlier
        firsts = self._firsts.setdefault(form.name, [])
        group = next((first for first in firsts if _are_equal(first, text, form, choices)), None)
        if group is None:
            firsts.append(text)
        self._known[form.name, text] = text if group is None else group
        return self._known[form.name, text]


def _are_equal(first: str, text: str, form: AnswerForm, choices: Sequence[str]) -> bool:
    if form.equal(first, text):
        return True
    if form.name != "line" or not choices:
        return False
    letter = option_letter(first, choices)
    return letter is not None and letter == option_letter(text, choices)


def final_answer(answer: Answer, task: Question) -> Answer:
    """What a workflow returns, where its text is no answer of the task's form yet: read like a reply.

    >>> final_answer(Answer("light blue"), Question("Which?", (), ("red", "light blue"), form="choice")).text
    'B'
    """
    form = form_named(task.form)
    if task.form == "line" or not answer.text.strip() or form.equal(answer.text, answer.text):
        return answer
    text = form.read(answer.text, answer_options(task))
    return replace(answer, text=text) if text else answer


def answer_options(task: Question) -> Sequence[str]:
    """What an answer may be: the item's options, or the task's labels; under ``label`` the labels first."""
    return task.labels or task.choices if task.form == "label" else task.choices or task.labels
