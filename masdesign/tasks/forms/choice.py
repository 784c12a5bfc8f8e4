"""The form ``choice``: one of the item's options, by its letter."""

import re
from collections.abc import Sequence

from masdesign.tasks.forms._form import TextForm
from masdesign.tasks.forms._options import option_letter, option_letters
from masdesign.tasks.replies import find_statement, is_bare_answer, prose_answer, spoken_text

_CHOICE_PROSE = re.compile(
    r"\b(?:answer|option|choice)[ \t]{0,5}(?:is|would be|should be|must be|=)[ \t]{0,5}:?", re.IGNORECASE
)


_SENTENCE = re.compile(r"\banswer is \(?([A-Z])\b\)?")
_CORRECTS = re.compile(r"\b(?:wait|actually|correction|mistaken?|sorry|on second thought)\b", re.IGNORECASE)
_CLOSES = re.compile(r"[.!]?\**[ \t]*(?:\n[ \t]*\n|\n?\Z)")


class Choice(TextForm):
    """One of the options; an answer is an option's letter. Prompts show each option with its letter.

    >>> Choice().read("The correct option is B.", ("red", "light blue"))
    'B'
    """

    name = "choice"

    def instruction(self, labels: Sequence[str]) -> str:
        return "Give the letter of the right option on the last line: Answer: ..."

    def read(self, reply: str, choices: Sequence[str]) -> str | None:
        stated, text = find_statement(reply, bare=False), spoken_text(reply)
        closed = _first_closing(text, choices)
        if closed is not None and (stated is None or stated.kind == "prose" or closed[0] < stated.at):
            return closed[1]
        if stated is not None:
            return option_letter(stated.line, choices)
        prose = prose_answer(text, _CHOICE_PROSE)
        if prose:
            return option_letter(prose, choices)
        line = text.strip()
        return option_letter(line, choices) if is_bare_answer(line) or line in choices else None

    def equal(self, a: str, b: str) -> bool:
        left, right = option_letter(a, ()), option_letter(b, ())
        return left is not None and left == right


CHOICE = Choice()


def _first_closing(text: str, choices: Sequence[str]) -> tuple[int, str] | None:
    """The letter of the first "the answer is (X)", and where it is the last word on it.

    So MMLU-Pro's script reads a reply: of several letters the first, and what follows is taken for a run-on,
    unless the model says that it corrects itself. A sentence that does not end its paragraph gives way to
    any other marker.
    """
    letters = option_letters(choices)
    matches = [m for m in _SENTENCE.finditer(text) if not letters or m.group(1) in letters]
    if not matches:
        return None
    corrected = _CORRECTS.search(text, matches[0].end(), matches[-1].start()) is not None
    chosen = matches[-1] if corrected else matches[0]
    return (chosen.start() if _CLOSES.match(text, chosen.end()) else len(text)), chosen.group(1)
