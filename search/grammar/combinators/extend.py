"""An answer that is taken a step further."""

from __future__ import annotations

from masdesign.search.grammar.combinator import combinator
from masdesign.search.grammar.kinds import Extender, Solver
from masdesign.types import Answer, Question


@combinator("{solve}, then {further}", reference="arXiv:2305.10601")
async def extend(task: Question, solve: Solver, further: Extender) -> Answer:
    """Takes an answer a step further."""
    answer = await solve(task)
    return await further(task, answer)
