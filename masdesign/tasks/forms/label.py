"""The form ``label``: one of a fixed set of answers."""

import re
from collections.abc import Sequence

from masdesign.tasks.forms._form import TextForm
from masdesign.tasks.forms.line import same_line
from masdesign.tasks.replies import find_statement, spoken_text, undressed

_DENIES_LABEL = re.compile(
    r"\b(?:not|non|neither|nor|isn't|isn’t|rather than|instead of|or|either)\b", re.IGNORECASE
)
_FIELD = re.compile(r"[A-Za-z][\w -]{0,30}:\s*(.+)")


class Label(TextForm):
    """One of the task's labels, as the task spells it.

    >>> Label().read("billing", ("billing", "technical")), Label().read("billing or technical", ("billing",))
    ('billing', None)
    """

    name = "label"

    def instruction(self, labels: Sequence[str]) -> str:
        listed = (
            f" one of these labels, as it is written here ({', '.join(labels)})," if labels else " the label"
        )
        return f"Give{listed} on the last line: Answer: ..."

    def read(self, reply: str, choices: Sequence[str]) -> str | None:
        stated = find_statement(reply)
        value = stated.line if stated is not None else _last_line(spoken_text(reply), choices)
        if not choices:
            return value or None
        return named_label(value, choices)

    def equal(self, a: str, b: str) -> bool:
        return same_line(a, b) or (bool(a.strip()) and _fold_label(a) == _fold_label(b))


LABEL = Label()


def _last_line(text: str, labels: Sequence[str]) -> str:
    """The line of a reply that has but one, fences apart; of a longer one the last, if it is a label."""
    lines = [line.strip() for line in text.split("\n") if line.strip() and not line.strip().startswith("```")]
    last = lines[-1] if lines else ""
    alone = any(_fold_label(last) == _fold_label(label) for label in labels)
    return last if alone or len(lines) == 1 else ""


def named_label(value: str, labels: Sequence[str]) -> str | None:
    """The one label that a line names: alone, after a name of the field, or as its only label.

    >>> labels = ("hard", "very hard", "easy")
    >>> [named_label(line, labels) for line in ("Very hard.", "Kind: easy", "It is very hard", "not easy")]
    ['very hard', 'easy', 'very hard', None]
    """
    field = _FIELD.fullmatch(value)
    for text in (value, field.group(1) if field else ""):
        for same in (str.__eq__, lambda a, b: _fold_label(a) == _fold_label(b)):
            exact = [label for label in labels if text and same(undressed(text), label)]
            if exact:
                return exact[0] if len(exact) == 1 else None
    mentioned, rest = [], value
    for label in sorted(labels, key=len, reverse=True):
        pattern = re.compile(rf"(?<!\w){re.escape(label)}(?!\w)", re.IGNORECASE)
        if label and pattern.search(rest):
            mentioned.append(label)
            rest = pattern.sub("\0", rest)
    return mentioned[0] if len(mentioned) == 1 and not _DENIES_LABEL.search(rest) else None


def _fold_label(text: str) -> str:
    return " ".join(re.split(r"[\s_-]+", undressed(text).casefold().strip()))
