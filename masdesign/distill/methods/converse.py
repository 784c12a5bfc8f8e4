"""One model, one conversation: the design's roles speak in turn, each in sight of all that was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from masdesign.distill._templates import render
from masdesign.distill.job import Job
from masdesign.distill.method import Draft, Method
from masdesign.distill.outline import Step, flat, outline
from masdesign.distill.prompt import Prompt
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
        steps = flat(outline(job.teacher.source, job.runtime.blocks))
        if not steps:
            raise InputError(
                f"design {job.teacher.id} asks for nothing that can be made a turn: no block is called "
                "in it; take --method demonstrate or dataset, which learn from what it says"
            )
        if len(steps) > MOST_TURNS:
            job.note(f"the design has {len(steps)} steps; the conversation keeps {MOST_TURNS} of them")
            steps = [*steps[: MOST_TURNS - 1], steps[-1]]
        if len(steps) == 1:  # a conversation has a second turn: that which asks for the answer
            steps = [*steps, Step(_LAST)]
        last = len(steps) - 1
        turns = [render("turn", step=_once(step), last=place == last) for place, step in enumerate(steps)]
        return [Draft(Prompt(tuple(turns)), f"a conversation of {len(turns)} turns")]


_LAST = "Check this once more."


def _once(step: Step) -> Step:
    """``For each of them`` means nothing where one reply has told all of them."""
    return replace(step, each=False)
