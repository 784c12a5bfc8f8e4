"""One who acts after another, and one who acts until it is done."""

from __future__ import annotations

from masdesign.search.grammar.combinator import Judge, Solver, combinator
from masdesign.types import Answer, Question


@combinator("{first}, then {second}", needs="environment", reference="arXiv:2308.00352")
async def hand_over(task: Question, first: Solver, second: Solver) -> Answer:
    """Lets a second one go on from where the first stopped, in sight of what that one said."""
    report = await first(task)
    return await second(Question(task.question, (*task.context, f"So far: {report.text}"), task.choices))


@combinator(
    "{solve}, at most {n} times more until {judge} agrees", needs="environment", reference="arXiv:2303.11366"
)
async def persist(task: Question, solve: Solver, judge: Judge, n: int = 2) -> Answer:
    """Goes on with what is amiss until it is judged right; it ends early then, and after ``n`` times more."""
    answer = await solve(task)
    for _ in range(n):
        verdict = await judge(task, answer)
        if verdict.ok:
            return answer
        answer = await solve(Question(task.question, (*task.context, verdict.critique), task.choices))
    return answer
