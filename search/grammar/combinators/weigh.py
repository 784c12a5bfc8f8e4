"""A vote in which a judge has a say."""

from __future__ import annotations

from masdesign.search.grammar.combinator import combinator
from masdesign.search.grammar.expression import Expression
from masdesign.search.grammar.kinds import Drafter, Judge, Rater
from masdesign.types import Answer, Question
from masdesign.workflow import gather, weighted_majority


def _judged_already(vote: Expression) -> bool:
    return vote.parts[0].name == "keep" and vote.parts[1] in vote.parts[0].parts


@combinator(
    "vote of {draw}, weighted by {judge}",
    equals="weighted_vote",
    useless=_judged_already,
    reference="arXiv:2206.02336",
)
async def weigh(task: Question, draw: Drafter, judge: Judge, doubt: float = 0.3) -> Answer:
    """A vote in which a draft that is judged wrong counts ``doubt`` of one that is judged right."""
    drafts = await draw(task)
    verdicts = await gather(*[judge(task, draft) for draft in drafts])
    return weighted_majority(drafts, [1.0 if verdict.ok else doubt for verdict in verdicts])


@combinator("vote of {draw}, weighted by {rate}", reference="arXiv:2206.02336")
async def weigh_by_rating(task: Question, draw: Drafter, rate: Rater) -> Answer:
    """A vote in which each draft counts as much as it is rated."""
    drafts = await draw(task)
    ratings = await gather(*[rate(task, draft) for draft in drafts])
    return weighted_majority(drafts, ratings)
