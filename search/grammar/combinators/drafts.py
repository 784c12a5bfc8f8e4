"""Several drafts: drawn, given in several ways, added to, reconsidered, judged, corrected; and their votes.

A vote is for the answer that most drafts give; judges weight it, and where drafts disagree it is replaced.
"""

from masdesign.search.grammar.combinator import (
    Drafter,
    Judge,
    Peer,
    Rater,
    Reducer,
    Reviser,
    Solver,
    combinator,
)
from masdesign.search.grammar.expression import Expression
from masdesign.types import Answer, Question
from masdesign.workflow import agreement, gather, majority, weighted_majority


def _draws_nothing(made: Expression) -> bool:
    """Whether what is asked several times, the last part, gives the same text each time."""
    return not made.parts[-1].draws


@combinator("{n} × {solve}", draws=("solve",), useless=_draws_nothing, reference="arXiv:2203.11171")
async def repeat(task: Question, solve: Solver, n: int = 5) -> list[Answer]:
    """Draws ``n`` answers, independent of each other."""
    drafts = await gather(*[solve(task) for _ in range(n)])
    return drafts


def _alike(panel: Expression) -> bool:
    """Whether two members give the same text, since they draw nothing."""
    certain = [member for member in panel.parts if not member.draws]
    return len(set(certain)) < len(certain)


@combinator("({first}; {second})", useless=_alike, reference="arXiv:2310.02170")
async def pair(task: Question, first: Solver, second: Solver) -> list[Answer]:
    """Answers in two ways."""
    drafts = await gather(first(task), second(task))
    return drafts


@combinator("({first}; {second}; {third})", useless=_alike, reference="arXiv:2310.02170")
async def trio(task: Question, first: Solver, second: Solver, third: Solver) -> list[Answer]:
    """Answers in three ways."""
    drafts = await gather(first(task), second(task), third(task))
    return drafts


def _twice(also: Expression) -> bool:
    drafts, other = also.parts
    return other in drafts.parts and not other.draws


@combinator("{draw} and {other}", useless=_twice, reference="arXiv:2310.02170")
async def also(task: Question, draw: Drafter, other: Solver) -> list[Answer]:
    """Puts an answer given in another way beside the drafts."""
    drafts = await draw(task)
    return [*drafts, await other(task)]


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


@combinator("{draw} and {add}", reference="arXiv:2408.08435")
async def differ(task: Question, draw: Drafter, add: Reducer) -> list[Answer]:
    """Adds an answer that is made in sight of the drafts, and may differ from all of them."""
    drafts = await draw(task)
    return [*drafts, await add(task, drafts)]


@combinator("{draw}, {reconsider}", equals="debate", reference="arXiv:2305.14325")
async def discuss(task: Question, draw: Drafter, reconsider: Peer) -> list[Answer]:
    """Has each draft reconsidered once in sight of the others."""
    drafts = await draw(task)
    return await gather(
        *[reconsider(task, own, drafts[:i] + drafts[i + 1 :]) for i, own in enumerate(drafts)]
    )


def _judged_already(keep: Expression) -> bool:
    return keep.parts[0].name == "keep"


@combinator("{draw} that pass {judge}", useless=_judged_already, reference="arXiv:2110.14168")
async def keep(task: Question, draw: Drafter, judge: Judge) -> list[Answer]:
    """Keeps the drafts that are judged right; all of them where none is."""
    drafts = await draw(task)
    verdicts = await gather(*[judge(task, draft) for draft in drafts])
    kept = [draft for draft, verdict in zip(drafts, verdicts) if verdict.ok]  # noqa: B905
    return kept or drafts


@combinator("{draw}, {correct} where {judge} objects", reference="arXiv:2303.11366")
async def repair_each(task: Question, draw: Drafter, judge: Judge, correct: Reviser) -> list[Answer]:
    """Corrects the drafts that are judged wrong; those that are judged right come first."""
    drafts = await draw(task)
    verdicts = await gather(*[judge(task, draft) for draft in drafts])
    judged = list(zip(drafts, verdicts))  # noqa: B905  (the sandbox's zip has no strict)
    wrong = [correct(task, draft, verdict.critique) for draft, verdict in judged if not verdict.ok]
    return [draft for draft, verdict in judged if verdict.ok] + await gather(*wrong)


def _decides_nothing(vote: Expression) -> bool:
    """Of two the first wins; draws step by step are `self_consistency`."""
    (drafts,) = vote.parts
    if drafts.name == "repeat":
        return drafts.value("n") < 3 or drafts.parts[0].name == "chain_of_thought"
    return drafts.name == "pair"


@combinator(
    "vote of {draw}", equals="self_consistency", useless=_decides_nothing, reference="arXiv:2203.11171"
)
async def vote(task: Question, draw: Drafter) -> Answer:
    """Takes the answer that most drafts give; of equals, the one given first."""
    drafts = await draw(task)
    return majority(drafts)


def _judged_by_the_same(vote: Expression) -> bool:
    return vote.parts[0].name == "keep" and vote.parts[1] in vote.parts[0].parts


@combinator(
    "vote of {draw}, weighted by {judge}",
    equals="weighted_vote",
    useless=_judged_by_the_same,
    reference="arXiv:2206.02336",
)
async def weigh(task: Question, draw: Drafter, judge: Judge, doubt: float = 0.3) -> Answer:
    """A vote in which a draft that is judged wrong counts ``doubt`` of one that is judged right."""
    drafts = await draw(task)
    verdicts = await gather(*[judge(task, draft) for draft in drafts])
    return weighted_majority(drafts, [1.0 if verdict.ok else doubt for verdict in verdicts])


@combinator("vote of {draw}, weighted by {rate}", reference="arXiv:2206.02336")
async def weigh_by_rating(task: Question, draw: Drafter, rate: Rater) -> Answer:
    """A vote in which each draft counts as much as it is rated."""
    drafts = await draw(task)
    ratings = await gather(*[rate(task, draft) for draft in drafts])
    return weighted_majority(drafts, ratings)


def _repeats(escalate: Expression) -> bool:
    """Whether who is asked last was asked already, and draws nothing."""
    drafts, otherwise = escalate.parts
    return otherwise in drafts.parts and not otherwise.draws


@combinator(
    "vote of {draw}, below {below} agreement {otherwise}", useless=_repeats, reference="arXiv:2310.03094"
)
async def escalate(task: Question, draw: Drafter, otherwise: Solver, below: float = 0.9) -> Answer:
    """Takes the answer that most drafts give, another one where they agree less than ``below``."""
    drafts = await draw(task)
    if agreement(drafts) < below:
        return await otherwise(task)
    return majority(drafts)
