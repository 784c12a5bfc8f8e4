"""One draft from each of several ways to answer."""

from __future__ import annotations

from masdesign.search.grammar.combinator import combinator
from masdesign.search.grammar.expression import Expression
from masdesign.search.grammar.kinds import Drafter, Solver
from masdesign.types import Answer, Question
from masdesign.workflow import gather


def _alike(panel: Expression) -> bool:
    """Whether two members give the same text, since they draw nothing."""
    certain = [member for member in panel.parts if not member.draws]
    return len(set(certain)) < len(certain)


@combinator("({first}; {second})", useless=_alike, reference="arXiv:2310.02170")
async def pair(task: Question, first: Solver, second: Solver) -> list[Answer]:
    """Answers in two ways."""
    drafts = await gather(first(task), second(task))
    return drafts


@combinator("({first}; {second}; {third})", useless=_alike, reference="arXiv:2310.02170")
async def trio(task: Question, first: Solver, second: Solver, third: Solver) -> list[Answer]:
    """Answers in three ways."""
    drafts = await gather(first(task), second(task), third(task))
    return drafts


def _twice(also: Expression) -> bool:
    drafts, other = also.parts
    return other in drafts.parts and not other.draws


@combinator("{draw} and {other}", useless=_twice, reference="arXiv:2310.02170")
async def also(task: Question, draw: Drafter, other: Solver) -> list[Answer]:
    """Puts an answer given in another way beside the drafts."""
    drafts = await draw(task)
    return [*drafts, await other(task)]
