"""One answer: chosen or made from drafts, corrected, replaced, taken further; and a judge made of ratings.

Where designs act: one who acts after another, and one who acts until it is done.
"""

from masdesign.building_blocks.ask import ask
from masdesign.search.grammar.combinator import (
    Drafter,
    Extender,
    Judge,
    Rater,
    Reducer,
    Reviser,
    Solver,
    combinator,
)
from masdesign.search.grammar.expression import Expression
from masdesign.types import Answer, Question, Verdict
from masdesign.workflow import gather


@combinator("best of {draw} by {rate}", equals="best_of_n", reference="arXiv:2110.14168")
async def best(task: Question, draw: Drafter, rate: Rater) -> Answer:
    """Takes the draft that is rated best; of equals, the one given first."""
    drafts = await draw(task)
    ratings = await gather(*[rate(task, draft) for draft in drafts])
    return drafts[ratings.index(max(ratings))]


@combinator("{reduce} of {draw}", equals="universal_self_consistency", reference="arXiv:2311.17311")
async def pick(task: Question, draw: Drafter, reduce: Reducer) -> Answer:
    """Makes one answer from all drafts, in sight of them all."""
    drafts = await draw(task)
    return await reduce(task, drafts)


@combinator("conclusion from {draw}", reference="arXiv:2305.14325")
async def conclude(task: Question, draw: Drafter) -> Answer:
    """Solves the question in sight of the drafts."""
    drafts = await draw(task)
    instruction = "Reason carefully over the solutions above, and give a final answer."
    return await ask(instruction, task, *drafts)


@combinator("{solve}, {correct} where {judge} objects", reference="arXiv:2303.11366")
async def repair(task: Question, solve: Solver, judge: Judge, correct: Reviser) -> Answer:
    """Corrects an answer once where it is judged wrong."""
    answer = await solve(task)
    verdict = await judge(task, answer)
    if not verdict.ok:
        answer = await correct(task, answer, verdict.critique)
    return answer


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


@combinator("{solve}, then {further}", reference="arXiv:2305.10601")
async def extend(task: Question, solve: Solver, further: Extender) -> Answer:
    """Takes an answer a step further."""
    answer = await solve(task)
    return await further(task, answer)


@combinator("{rate} of {least}", reference="arXiv:2110.14168")
async def threshold(task: Question, answer: Answer, rate: Rater, least: float = 0.5) -> Verdict:
    """Judges an answer right where it is rated ``least`` or better."""
    rating = await rate(task, answer)
    return Verdict(rating >= least, "The solution is rated low.")


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
