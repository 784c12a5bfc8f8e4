"""Several drafts: drawn, given in several ways, added to, reconsidered, judged, corrected."""

from __future__ import annotations

from masdesign.search.grammar.combinator import Drafter, Judge, Peer, Reducer, Reviser, Solver, combinator
from masdesign.search.grammar.expression import Expression
from masdesign.types import Answer, Question
from masdesign.workflow import agreement, gather


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
