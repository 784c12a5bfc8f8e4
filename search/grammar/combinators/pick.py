"""One answer made from all drafts."""

from __future__ import annotations

from masdesign.search.grammar.combinator import combinator
from masdesign.search.grammar.kinds import Drafter, Reducer
from masdesign.types import Answer, Question


@combinator("{reduce} of {draw}", equals="universal_self_consistency", reference="arXiv:2311.17311")
async def pick(task: Question, draw: Drafter, reduce: Reducer) -> Answer:
    """Makes one answer from all drafts, in sight of them all."""
    drafts = await draw(task)
    return await reduce(task, drafts)
