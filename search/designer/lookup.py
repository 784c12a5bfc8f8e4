"""What a designer may look up within a conversation: designs, their scores, traces of `train` items.

All of it is there already: a look-up asks no model, and changes nothing. Of `val` it tells aggregates, of
`test` nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from masdesign.archive.view import ArchiveView, Entry
from masdesign.search.designer.brief import shown
from masdesign.search.designer.diagnosis import Diagnoses, Diagnosis
from masdesign.search.designer.talk import render

LOOKS = 4
"""Look-ups in one conversation."""
LISTED = 40
"""Designs that a list names, the best first."""
LONGEST = 12_000
"""Characters of what one look-up tells."""

_REQUEST = re.compile(r"^[\s*>`-]*look up:\s*(designs|design|training)\b[\s:]*(.*?)[\s`*.]*$", re.I | re.M)
_ITEM = re.compile(r",?\s*(?:item|question)\s*(\d+)$", re.I)


@dataclass(frozen=True)
class Lookup:
    """Answers ``designs``, ``design NAME``, ``training NAME`` and ``training NAME, item K``."""

    view: ArchiveView
    diagnoses: Diagnoses

    def answer(self, reply: str) -> str | None:
        """What a reply asks for; ``None`` where it asks for nothing, or brings code already."""
        request = None if "```" in reply else _REQUEST.search(reply)
        if request is None:
            return None
        kind, name = request[1].casefold(), request[2].strip()
        if kind == "designs":
            return self._list()[:LONGEST]
        item = _ITEM.search(name)
        wanted = name[: item.start()] if item else name
        named = (e for e in self.view.entries if wanted in (e.design.id, e.design.name))
        entry = next(named, None) if wanted else None
        if entry is None:
            return f"There is no design {wanted[:80]!r}. {self._list()}"[:LONGEST]
        if kind == "design":
            return render("_design", {"entry": shown(entry)})[:LONGEST]
        diagnosis = self.diagnoses.made.get(entry.design.id)
        if diagnosis is None:
            return "Its answers to training questions are not on file; * marks designs whose answers are."
        return _trace(diagnosis, int(item[1]) if item else 0)[:LONGEST]

    def _list(self) -> str:
        scored = sorted(self.view.entries, key=lambda e: -1.0 if e.score is None else e.score, reverse=True)
        return "The designs:\n" + "\n".join(map(self._line, scored[:LISTED]))

    def _line(self, entry: Entry) -> str:
        mark = "*" if self.diagnoses.made.get(entry.design.id) else ""
        told = "failed" if entry.score is None else f"{entry.score:.3f} on {entry.items} questions"
        tokens = "" if entry.tokens_per_item is None else f", {entry.tokens_per_item:.0f} tokens a question"
        return f"- {entry.design.id}{mark} {entry.design.name}: {told}{tokens}"


def _trace(diagnosis: Diagnosis, number: int) -> str:
    """One training question with all steps, or a line for each."""
    if not 1 <= number <= diagnosis.items:
        return "\n".join(_lines(diagnosis))
    item = diagnosis.seen[number - 1]
    marks = {True: " (right)", False: " (wrong)", None: ""}
    steps = [f"- {step.block}{marks[step.right]}, {step.tokens} tokens: {step.text}" for step in item.steps]
    feedback = f" ({item.feedback})" if item.feedback else ""
    end = f"Its answer: {item.answer or 'none'}, {'right' if item.right else 'wrong'}{feedback}"
    lines = [f"Question: {item.question}", f"Right answer: {item.target}", *steps, end, item.departed]
    return "\n".join(filter(None, lines))


def _lines(diagnosis: Diagnosis) -> Sequence[str]:
    return [
        f"{number}. {'right' if item.right else 'wrong'}: {' '.join(item.question.split())[:200]}"
        for number, item in enumerate(diagnosis.seen, start=1)
    ]
