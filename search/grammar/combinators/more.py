"""Further drafts where the first disagree."""

from __future__ import annotations

from masdesign.search.grammar.combinator import combinator
from masdesign.search.grammar.expression import Expression
from masdesign.search.grammar.kinds import Drafter, Solver
from masdesign.types import Answer, Question
from masdesign.workflow import agreement, gather


def _draws_nothing(more: Expression) -> bool:
    return not more.parts[1].draws


@combinator(
    "{draw} and {n} more × {solve} below {below} agreement",
    draws=("solve",),
    useless=_draws_nothing,
    reference="arXiv:2305.11860",
)
async def more(task: Question, draw: Drafter, solve: Solver, n: int = 4, below: float = 0.9) -> list[Answer]:
    """Draws ``n`` further answers where the drafts agree less than ``below``."""
    drafts = await draw(task)
    if agreement(drafts) < below:
        drafts = drafts + await gather(*[solve(task) for _ in range(n)])
    return drafts
