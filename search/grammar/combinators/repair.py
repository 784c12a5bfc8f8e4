"""An answer that is corrected where it is judged wrong."""

from __future__ import annotations

from masdesign.search.grammar.combinator import combinator
from masdesign.search.grammar.kinds import Judge, Reviser, Solver
from masdesign.types import Answer, Question


@combinator("{solve}, {correct} where {judge} objects", reference="arXiv:2303.11366")
async def repair(task: Question, solve: Solver, judge: Judge, correct: Reviser) -> Answer:
    """Corrects an answer once where it is judged wrong."""
    answer = await solve(task)
    verdict = await judge(task, answer)
    if not verdict.ok:
        answer = await correct(task, answer, verdict.critique)
    return answer
