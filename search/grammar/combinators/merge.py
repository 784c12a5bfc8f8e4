"""A question that is solved from the answers to its parts."""

from __future__ import annotations

from masdesign.search.grammar.combinator import combinator
from masdesign.search.grammar.kinds import Merger, Pieces
from masdesign.types import Answer, Question


@combinator("{combine} of {pieces}", reference="arXiv:2210.02406")
async def merge(task: Question, pieces: Pieces, combine: Merger) -> Answer:
    """Solves the question, without its passages, from the answers to its parts."""
    questions, answers = await pieces(task)
    return await combine(Question(task.question, (), task.choices), questions, answers)
