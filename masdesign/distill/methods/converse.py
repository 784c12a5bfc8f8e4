"""One model, one conversation: the design's roles speak in turn, each in sight of all that was said."""

from __future__ import annotations

from collections.abc import Sequence

from masdesign.distill.job import Job
from masdesign.distill.method import Draft, Method
from masdesign.distill.outline import outline
from masdesign.distill.prompt import Prompt
from masdesign.distill.wording import turns
from masdesign.errors import InputError

MOST_TURNS = 8
"""A longer design loses its later turns but for the last; few windows would hold them."""


class Converse(Method):
    """Makes each step of the design one turn of one conversation.

    Independent draws become one turn that asks for them all. The tokens of the row count each prompt in
    full; beside it stand those that are new where the provider caches the shared beginning.

    Reference: Rethinking the Value of Multi-Agent Workflow: A Strong Single Agent Baseline (OneFlow),
    arXiv:2601.12307.
    """

    name = "converse"
    summary = "one model in one conversation, the design's roles in turn"
    reference = "arXiv:2601.12307"

    async def drafts(self, job: Job) -> Sequence[Draft]:
        asked = turns(outline(job.teacher.source, job.runtime.blocks))
        if not asked:
            raise InputError(
                f"design {job.teacher.id} asks for nothing that can be made a turn: no block is called "
                "in it; take the method demonstrate or dataset, which learn from what it says"
            )
        if len(asked) > MOST_TURNS:
            job.note(f"the design has {len(asked)} steps; the conversation keeps {MOST_TURNS} of them")
            asked = [*asked[: MOST_TURNS - 1], asked[-1]]
        if len(asked) == 1:  # a conversation has a second turn: that which asks for the answer
            asked = [asked[0], _LAST]
        return [Draft(Prompt(tuple(asked)), f"a conversation of {len(asked)} turns")]


_LAST = "Check this once more.\nGive the answer on the last line: Answer: ..."
