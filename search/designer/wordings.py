"""Wordings of a block, as the designer writes them for a task."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any

from masdesign.building_blocks import blocks
from masdesign.building_blocks._prompt import render
from masdesign.search.designer.designer import Designer
from masdesign.search.grammar.wording import PLAIN, Wording, shipped
from masdesign.types import Answer, Question

WRITTEN = 3
"""Wordings that are asked for of each block."""
READS = {
    "verify": "Verdict: right, or Verdict: wrong",
    "choose": "Choice: ...",
    "write_program": "Program: ...",
    "agent": "Action: tool[...], or Answer: ... once it is done",
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
    of_each = [block_values(block) for block in among for _ in range(WRITTEN)]
    replies = await ask_each([designer.ask("wording", values, FIELDS) for values in of_each])
    by_block = zip(among, range(0, len(replies), WRITTEN), strict=True)
    return {block: _offers(block, [r for r in replies[i : i + WRITTEN] if r]) for block, i in by_block}


async def ask_each(asked: Sequence[Awaitable[Mapping[str, str] | None]]) -> list[Mapping[str, str] | None]:
    """What each comes to, asked at once; of several errors the first is raised, when all have ended."""
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    for error in (outcome for outcome in outcomes if isinstance(outcome, BaseException)):
        raise error
    return [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]


def _offers(block: str, replies: Sequence[Mapping[str, str]]) -> tuple[Wording, ...]:
    wordings = [written(block, f"written {i}", r["instruction"], r["role"]) for i, r in enumerate(replies, 1)]
    return (PLAIN, *dict.fromkeys(wordings)) if wordings else shipped()[block]


def block_values(block: str) -> dict[str, str]:
    """What the templates say of the block whose wording is asked for."""
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
        "tools": (),
        "start": "",
        "memory": "",
        "ending": "",
    }
    text = render(block, task=Question("…"), instruction="", **values)[-1].content
    return text.rsplit("\n\n", 1)[-1].strip()


def written(block: str, label: str, instruction: str, role: str = "") -> Wording:
    """The wording that a model wrote, made to ask for the last line where it does not."""
    instruction, role = (" ".join(text.split())[:LONGEST] for text in (instruction, role))
    if reads(block).partition(":")[0] + ":" not in instruction:
        instruction = f"{instruction} Say on the last line: {reads(block)}"
    return Wording(label, instruction, "" if role.strip(" .\"'").casefold() == "none" else role)
