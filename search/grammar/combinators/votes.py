"""Votes: the answer that most drafts give, weighted by judges, or replaced where drafts disagree."""

from __future__ import annotations

from masdesign.search.grammar.combinator import Drafter, Judge, Rater, Solver, combinator
from masdesign.search.grammar.expression import Expression
from masdesign.types import Answer, Question
from masdesign.workflow import agreement, gather, majority, weighted_majority


def _decides_nothing(vote: Expression) -> bool:
    """Of two the first wins; draws step by step are `self_consistency`."""
    (drafts,) = vote.parts
    if drafts.name == "repeat":
        return drafts.value("n") < 3 or drafts.parts[0].name == "chain_of_thought"
    return drafts.name == "pair"


@combinator(
    "vote of {draw}", equals="self_consistency", useless=_decides_nothing, reference="arXiv:2203.11171"
)
async def vote(task: Question, draw: Drafter) -> Answer:
    """Takes the answer that most drafts give; of equals, the one given first."""
    drafts = await draw(task)
    return majority(drafts)


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


def _repeats(escalate: Expression) -> bool:
    """Whether who is asked last was asked already, and draws nothing."""
    drafts, otherwise = escalate.parts
    return otherwise in drafts.parts and not otherwise.draws


@combinator(
    "vote of {draw}, below {below} agreement {otherwise}", useless=_repeats, reference="arXiv:2310.03094"
)
async def escalate(task: Question, draw: Drafter, otherwise: Solver, below: float = 0.9) -> Answer:
    """Takes the answer that most drafts give, another one where they agree less than ``below``."""
    drafts = await draw(task)
    if agreement(drafts) < below:
        return await otherwise(task)
    return majority(drafts)
