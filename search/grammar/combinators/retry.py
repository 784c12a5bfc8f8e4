"""A second answer where the first is judged wrong."""

from __future__ import annotations

from masdesign.search.grammar.combinator import combinator
from masdesign.search.grammar.expression import Expression
from masdesign.search.grammar.kinds import Judge, Solver
from masdesign.types import Answer, Question


def _repeats(retry: Expression) -> bool:
    """Whether a way that draws nothing is gone again."""
    first, _, otherwise = retry.parts
    return any(part == first and not part.draws for part in otherwise.walk())


@combinator("{first}, else {otherwise} where {judge} objects", useless=_repeats, reference="arXiv:2305.05176")
async def retry(task: Question, first: Solver, judge: Judge, otherwise: Solver) -> Answer:
    """Takes the first answer where it is judged right, the second otherwise."""
    answer = await first(task)
    verdict = await judge(task, answer)
    if verdict.ok:
        return answer
    return await otherwise(task)
