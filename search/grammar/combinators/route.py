"""A way for each kind of question."""

from __future__ import annotations

from masdesign.search.grammar.combinator import combinator
from masdesign.search.grammar.expression import Expression
from masdesign.search.grammar.kinds import Classifier, Solver
from masdesign.types import Answer, Question


def _same(route: Expression) -> bool:
    return route.parts[-1] == route.parts[-2]


@combinator(
    "{short} below {words} words, else {long}", excludes=True, useless=_same, reference="arXiv:2404.14618"
)
async def route(task: Question, short: Solver, long: Solver, words: int = 40) -> Answer:
    """Answers questions of fewer than ``words`` words one way, longer ones another."""
    if len(task.question.split()) < words:
        answer = await short(task)
    else:
        answer = await long(task)
    return answer


@combinator(
    "{easy} where {classify} says easy, else {hard}",
    excludes=True,
    useless=_same,
    reference="arXiv:2305.14688",
)
async def sort(task: Question, classify: Classifier, easy: Solver, hard: Solver) -> Answer:
    """Answers questions that a classifier calls easy one way, the others another."""
    if await classify(task, ["easy", "hard"]) == "easy":
        answer = await easy(task)
    else:
        answer = await hard(task)
    return answer
