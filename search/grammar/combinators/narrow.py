"""A question that is read first, and then answered."""

from __future__ import annotations

from masdesign.search.grammar.combinator import combinator
from masdesign.search.grammar.expression import Expression
from masdesign.search.grammar.kinds import Reader, Solver
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
