"""The pieces of the vocabulary: what templates, wordings, questions and replies are made of."""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from masdesign.lm.abacus.tokenizer import PIECE
from masdesign.tasks.families.truth_tellers import PEOPLE
from masdesign.training import wordings
from masdesign.training.case import Example
from masdesign.training.skills import SKILLS

_LEAST = 4
"""A piece seen fewer times is left to the byte fallback, as made-up names are."""


def pieces(stream: Iterator[list[Example]], cases: int = 6000) -> list[str]:
    """Pieces of the examples of so many cases, with all wordings, names and signs; sorted."""
    counts: Counter[str] = Counter()
    for examples in islice(stream, cases):
        for example in examples:
            counts.update(PIECE.findall("\n".join(m.content for m in example.messages)))
            counts.update(PIECE.findall(example.reply))
    kept = {piece for piece, n in counts.items() if n >= _LEAST and not _is_made_up(piece)}
    signs = string.digits + string.punctuation + string.ascii_uppercase
    kept |= {space + sign for sign in signs for space in ("", " ")} | {"\n", " "}
    kept |= {space + name for name in PEOPLE for space in ("", " ")}
    for skill in SKILLS:
        for text in (*wordings.train_stems(skill), *wordings.tails(skill), *wordings.ROLES):
            kept |= set(PIECE.findall(text))
    return sorted(kept)


def _is_made_up(piece: str) -> bool:
    """A capitalised word that no wording knows and that is no known name: one of the invented ones."""
    word = piece.strip()
    return word[:1].isupper() and len(word) > 1 and word not in PEOPLE and word not in _KNOWN


_KNOWN = {
    word.strip()
    for skill in SKILLS
    for text in (*wordings.train_stems(skill), *wordings.tails(skill), *wordings.ROLES)
    for word in PIECE.findall(text)
} | {
    "Problem",
    "Options",
    "Yes",
    "No",
    "True",
    "False",
    "Question",
    "Does",
    "Solution",
    "Critique",
    "Another",
    "Your",
    "Input",
    "Answer",
    "Verdict",
    "Choice",
    "Program",
    "Take",
    "Turn",
    "Always",
    "If",
    "Think",
    "Give",
    "Check",
    "Name",
    "Then",
    "Which",
    "Compare",
    "Correct",
    "Write",
    "Reply",
    "Value",
    "Plan",
    "Result",
    "Final",
    "Output",
    "Something",
    "The",
    "AB",
    "BC",
    "CD",
    "DE",
    "EF",
    "Be",
    "First",
}
