"""Wordings of a block, as the designer writes them for a task."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from masdesign.building_blocks import blocks
from masdesign.building_blocks._prompt import render
from masdesign.search.designer.designer import Designer
from masdesign.search.wording import PLAIN, Wording, shipped
from masdesign.types import Answer, Question

WRITTEN = 3
"""Wordings that are asked for of each block."""
READS = {
    "verify": "Verdict: right, or Verdict: wrong",
    "choose": "Choice: ...",
    "write_program": "Program: ...",
}
"""What a block reads on the last line, where that is no answer."""
FIELDS = ("instruction", "role")
LONGEST = 600
"""Characters of an instruction, and of a role."""


async def write_all_wordings(designer: Designer, among: Sequence[str]) -> dict[str, tuple[Wording, ...]]:
    """For each block the plain wording and those that the designer writes; those that ship where it writes
    none. What an instruction does not ask for on the last line, it is made to.

    Raises:
        BudgetExhausted, ProviderError, CredentialsError: as `Designer.ask`.
    """
    asked = [designer.ask("wording", _values(block), FIELDS) for block in among for _ in range(WRITTEN)]
    replies: dict[str, list[Mapping[str, str]]] = {block: [] for block in among}
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    for i, outcome in enumerate(outcomes):
        if isinstance(outcome, BaseException):
            raise outcome
        if outcome is not None:
            replies[among[i // WRITTEN]].append(outcome)
    return {block: _offers(block, texts) for block, texts in replies.items()}


def _offers(block: str, replies: Sequence[Mapping[str, str]]) -> tuple[Wording, ...]:
    wordings = [_wording(block, i, reply["instruction"], reply["role"]) for i, reply in enumerate(replies, 1)]
    return (PLAIN, *dict.fromkeys(wordings)) if wordings else shipped()[block]


def _values(block: str) -> dict[str, str]:
    return {"block": block, "does": blocks()[block].summary, "plain": plain(block), "reads": reads(block)}


def reads(block: str) -> str:
    """What the block reads on the last line.

    >>> reads("debate_round"), reads("choose")
    ('Answer: ...', 'Choice: ...')
    """
    return READS.get(block, "Answer: ...")


def plain(block: str) -> str:
    """The block's own wording, as its template says it.

    >>> plain("direct")
    'Give the answer at once, without any steps, on one line: Answer: ...'
    """
    shown = Answer("1", "…")
    values: dict[str, Any] = {
        "solution": "…",
        "critique": "…",
        "own": "…",
        "others": [],
        "solutions": [],
        "answers": [shown],
    }
    text = render(block, task=Question("…"), instruction="", **values)[-1].content
    return text.rsplit("\n\n", 1)[-1].strip()


def _wording(block: str, number: int, instruction: str, role: str) -> Wording:
    marker = reads(block).partition(":")[0] + ":"
    told = " ".join(instruction.split())[:LONGEST]
    if marker not in told:
        told = f"{told} Say on the last line: {reads(block)}"
    said = " ".join(role.split())[:LONGEST]
    return Wording(f"written {number}", told, "" if said.strip(" .\"'").casefold() == "none" else said)
