"""Drafts of which each is corrected where it is judged wrong."""

from __future__ import annotations

from masdesign.search.grammar.combinator import combinator
from masdesign.search.grammar.kinds import Drafter, Judge, Reviser
from masdesign.types import Answer, Question
from masdesign.workflow import gather


@combinator("{draw}, {correct} where {judge} objects", reference="arXiv:2303.11366")
async def repair_each(task: Question, draw: Drafter, judge: Judge, correct: Reviser) -> list[Answer]:
    """Corrects the drafts that are judged wrong; those that are judged right come first."""
    drafts = await draw(task)
    verdicts = await gather(*[judge(task, draft) for draft in drafts])
    judged = list(zip(drafts, verdicts))  # noqa: B905  (the sandbox's zip has no strict)
    wrong = [correct(task, draft, verdict.critique) for draft, verdict in judged if not verdict.ok]
    return [draft for draft, verdict in judged if verdict.ok] + await gather(*wrong)
