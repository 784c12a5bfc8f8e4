"""Drafts that are reconsidered in sight of each other."""

from __future__ import annotations

from masdesign.search.grammar.combinator import combinator
from masdesign.search.grammar.kinds import Drafter, Peer
from masdesign.types import Answer, Question
from masdesign.workflow import gather


@combinator("{draw}, {reconsider}", equals="debate", reference="arXiv:2305.14325")
async def discuss(task: Question, draw: Drafter, reconsider: Peer) -> list[Answer]:
    """Has each draft reconsidered once in sight of the others."""
    drafts = await draw(task)
    return await gather(
        *[reconsider(task, own, drafts[:i] + drafts[i + 1 :]) for i, own in enumerate(drafts)]
    )
