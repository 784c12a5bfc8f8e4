"""Several draws of one way to answer."""

from __future__ import annotations

from masdesign.search.grammar.combinator import combinator
from masdesign.search.grammar.expression import Expression
from masdesign.search.grammar.kinds import Solver
from masdesign.types import Answer, Question
from masdesign.workflow import gather


def _draws_nothing(repeat: Expression) -> bool:
    return not repeat.parts[0].draws


@combinator("{n} × {solve}", draws=("solve",), useless=_draws_nothing, reference="arXiv:2203.11171")
async def repeat(task: Question, solve: Solver, n: int = 5) -> list[Answer]:
    """Draws ``n`` answers, independent of each other."""
    drafts = await gather(*[solve(task) for _ in range(n)])
    return drafts
