"""The form ``text``: an answer of any number of lines, as it stands."""

import unicodedata
from collections.abc import Sequence

from masdesign.tasks.forms._form import TextForm
from masdesign.tasks.replies import Statement, find_statement, spoken_text


class Text(TextForm):
    """Free text: an essay, a summary, a translation. White space is all that does not count.

    >>> Text().read("It rhymes.\\n<answer>Roses are red,\\nviolets are blue.</answer>", ())
    'Roses are red,\\nviolets are blue.'
    """

    name = "text"

    def instruction(self, labels: Sequence[str]) -> str:
        return "Then write the answer, which may take several lines, between <answer> and </answer>."

    def read(self, reply: str, choices: Sequence[str]) -> str | None:
        return stated_block(reply) or spoken_text(reply).strip() or None

    def equal(self, a: str, b: str) -> bool:
        return bool(a.split()) and _fold_text(a) == _fold_text(b)


TEXT = Text()


def stated_block(reply: str) -> str | None:
    """All lines of what a reply states as its answer; ``None`` where it has no marker for one."""
    text = spoken_text(reply)
    tagged = tag_content(text)
    if tagged is not None:
        return Statement("tag", tagged).block
    stated = find_statement(reply, bare=False)
    if stated is None or stated.kind == "prose":
        return None
    block = stated.block  # a blank between the marker and the answer is the marker's
    return block.removeprefix(" ") if stated.text.startswith(" ") else block


def tag_content(text: str) -> str | None:
    """What stands between the last ``<answer>`` and its end, or the reply's."""
    lowered = text.lower()
    start = lowered.rfind("<answer>")
    if start < 0:
        return None
    end = lowered.find("</answer>", start)
    return text[start + len("<answer>") : end if end >= 0 else len(text)]


def _fold_text(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
