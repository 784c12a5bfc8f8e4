"""The drafts that are judged right."""

from __future__ import annotations

from masdesign.search.grammar.combinator import combinator
from masdesign.search.grammar.expression import Expression
from masdesign.search.grammar.kinds import Drafter, Judge
from masdesign.types import Answer, Question
from masdesign.workflow import gather


def _judged_already(keep: Expression) -> bool:
    return keep.parts[0].name == "keep"


@combinator("{draw} that pass {judge}", useless=_judged_already, reference="arXiv:2110.14168")
async def keep(task: Question, draw: Drafter, judge: Judge) -> list[Answer]:
    """Keeps the drafts that are judged right; all of them where none is."""
    drafts = await draw(task)
    verdicts = await gather(*[judge(task, draft) for draft in drafts])
    kept = [draft for draft, verdict in zip(drafts, verdicts) if verdict.ok]  # noqa: B905
    return kept or drafts
