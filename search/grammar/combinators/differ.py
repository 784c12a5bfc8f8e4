"""One draft more, made in sight of the others."""

from __future__ import annotations

from masdesign.search.grammar.combinator import combinator
from masdesign.search.grammar.kinds import Drafter, Reducer
from masdesign.types import Answer, Question


@combinator("{draw} and {add}", reference="arXiv:2408.08435")
async def differ(task: Question, draw: Drafter, add: Reducer) -> list[Answer]:
    """Adds an answer that is made in sight of the drafts, and may differ from all of them."""
    drafts = await draw(task)
    return [*drafts, await add(task, drafts)]
