"""Another answer where drafts disagree."""

from __future__ import annotations

from masdesign.search.grammar.combinator import combinator
from masdesign.search.grammar.expression import Expression
from masdesign.search.grammar.kinds import Drafter, Solver
from masdesign.types import Answer, Question
from masdesign.workflow import agreement, majority


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
