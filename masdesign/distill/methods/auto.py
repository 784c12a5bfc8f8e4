"""Tries the methods that make a prompt, within the budget; the best of all their drafts on val is taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from masdesign.distill.job import Job
from masdesign.distill.method import Draft, Method
from masdesign.distill.methods.converse import Converse
from masdesign.distill.methods.demonstrate import Demonstrate
from masdesign.distill.methods.optimise import Optimise
from masdesign.distill.methods.rewrite import Rewrite
from masdesign.distill.methods.transcribe import Transcribe
from masdesign.errors import BudgetExhausted, InputError

ORDER: tuple[type[Method], ...] = (Transcribe, Demonstrate, Converse, Rewrite, Optimise)
"""The cheaper first, so that a small budget has tried what it can."""


class Auto(Method):
    """Takes every method in turn, as long as the budget lasts.

    What needs a second model is left out where there is none. A method that has nothing to make of this
    design is noted and passed over. Choosing among many drafts flatters the val score of the best; the look
    at test does not know of the choice.
    """

    name = "auto"
    summary = "tries the other methods within the budget, and takes the best on val"

    async def drafts(self, job: Job) -> Sequence[Draft]:
        offered: list[Draft] = []
        for kind in ORDER:
            if kind.needs_meta_model and job.meta is None:
                job.note(f"{kind.name} was left out: it needs a meta-model")
                continue
            try:
                drafts = await kind().drafts(job)
            except InputError as error:
                job.note(f"{kind.name} made nothing: {error}")
            except BudgetExhausted:
                if not offered:
                    raise
                job.note(f"the budget ended with {kind.name}; later methods were not tried")
                break
            else:
                prompts = {draft.prompt for draft in offered}
                fresh = (draft for draft in drafts if draft.prompt not in prompts)
                offered += [replace(d, how=f"{kind.name}: {d.how}") for d in fresh]
        if not offered:
            raise InputError("no method made a prompt of this design; the notes say why")
        return offered
