"""A judge made of ratings."""

from __future__ import annotations

from masdesign.search.grammar.combinator import combinator
from masdesign.search.grammar.kinds import Rater
from masdesign.types import Answer, Question, Verdict


@combinator("{rate} of {least}", reference="arXiv:2110.14168")
async def threshold(task: Question, answer: Answer, rate: Rater, least: float = 0.5) -> Verdict:
    """Judges an answer right where it is rated ``least`` or better."""
    rating = await rate(task, answer)
    return Verdict(rating >= least, "The solution is rated low.")
