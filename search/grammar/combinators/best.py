"""The draft that is rated best."""

from __future__ import annotations

from masdesign.search.grammar.combinator import combinator
from masdesign.search.grammar.kinds import Drafter, Rater
from masdesign.types import Answer, Question
from masdesign.workflow import gather


@combinator("best of {draw} by {rate}", equals="best_of_n", reference="arXiv:2110.14168")
async def best(task: Question, draw: Drafter, rate: Rater) -> Answer:
    """Takes the draft that is rated best; of equals, the one given first."""
    drafts = await draw(task)
    ratings = await gather(*[rate(task, draft) for draft in drafts])
    return drafts[ratings.index(max(ratings))]
