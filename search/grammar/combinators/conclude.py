"""A last word over all drafts."""

from __future__ import annotations

from masdesign.building_blocks.ask import ask
from masdesign.search.grammar.combinator import combinator
from masdesign.search.grammar.kinds import Drafter
from masdesign.types import Answer, Question


@combinator("conclusion from {draw}", reference="arXiv:2305.14325")
async def conclude(task: Question, draw: Drafter) -> Answer:
    """Solves the question in sight of the drafts."""
    drafts = await draw(task)
    instruction = "Reason carefully over the solutions above, and give a final answer."
    return await ask(instruction, task, *drafts)
