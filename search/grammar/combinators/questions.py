"""A question read again first, or answered in a way that fits its kind."""

from __future__ import annotations

from masdesign.search.grammar.combinator import Classifier, Reader, Solver, combinator
from masdesign.search.grammar.expression import Expression
from masdesign.types import Answer, Question


def _again(narrow: Expression) -> bool:
    read, solve = narrow.parts
    return solve.name in ("narrow", "select") and read.name == solve.parts[0].name


@combinator(
    "{solve} of what {read} keeps", equals="system2_attention", useless=_again, reference="arXiv:2311.11829"
)
async def narrow(task: Question, read: Reader, solve: Solver) -> Answer:
    """Answers the question as a reader writes it again."""
    focused = await read(task)
    return await solve(focused)


@combinator("{solve} from passages of {read}", useless=_again, reference="arXiv:2210.02406")
async def select(task: Question, read: Reader, solve: Solver) -> Answer:
    """Answers the question from the passages that a reader keeps."""
    focused = await read(task)
    return await solve(Question(task.question, focused.context, task.choices))


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
