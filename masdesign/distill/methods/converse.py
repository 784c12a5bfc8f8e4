"""One model, one conversation: the design's roles speak in turn, each given what its step saw."""

from collections.abc import Sequence

from masdesign.distill.job import Draft, Job, Method
from masdesign.distill.outline import outline
from masdesign.distill.prompt import DistilledPrompt
from masdesign.distill.wording import turns, turns_with_evidence
from masdesign.errors import InputError

MOST_TURNS = 8
"""A longer design loses its later turns but for the last; few windows would hold them."""
_LAST = "Check this once more.\nGive the answer on the last line: Answer: ..."


class Converse(Method):
    """Makes each step of the design one turn of one conversation.

    Independent draws become one turn that asks for them all. Of a design whose parts see their own passages
    alone, three drafts are made: each turn is given the passage that its step saw (the passages are not shown
    before), in one conversation or with nothing of the turns before; or the model names the passages itself.
    The tokens of the row count each prompt in full; beside it stand those that are new where the provider
    caches the shared beginning, with their price.

    Reference: Rethinking the Value of Multi-Agent Workflow: A Strong Single Agent Baseline (OneFlow),
    arXiv:2601.12307.
    """

    name = "converse"
    summary = "one model in one conversation, each turn given what its step saw"
    reference = "arXiv:2601.12307"

    async def drafts(self, job: Job) -> Sequence[Draft]:
        steps = outline(job.teacher.source, job.runtime.blocks)
        asked = turns(steps)
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
        offered = {
            "one conversation, each turn given its passages": turns_with_evidence(steps),
            "each turn alone, given its passages": turns_with_evidence(steps, alone=True),
            f"a conversation of {len(asked)} turns": asked,
        }
        return [Draft(DistilledPrompt(tuple(drafted)), how) for how, drafted in offered.items() if drafted]
