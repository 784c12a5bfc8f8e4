"""The answer that most drafts give."""

from __future__ import annotations

from masdesign.search.grammar.combinator import combinator
from masdesign.search.grammar.expression import Expression
from masdesign.search.grammar.kinds import Drafter
from masdesign.types import Answer, Question
from masdesign.workflow import majority


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
