"""The design's structure as one prompt: roles, steps, checks, final answer. Asks no model."""

from __future__ import annotations

from collections.abc import Sequence

from masdesign.distill.job import Job
from masdesign.distill.method import Draft, Method
from masdesign.distill.outline import outline
from masdesign.distill.prompt import Prompt
from masdesign.distill.wording import composed
from masdesign.errors import InputError


class Transcribe(Method):
    """Writes down, step by step, what the workflow does, in the words of its blocks' own prompts.

    Deterministic and free. What the model makes of it is another matter: a vote within one reply is no
    vote over independent draws. The measured row tells.
    """

    name = "transcribe"
    summary = "the design's structure as one structured prompt; asks no model"

    async def drafts(self, job: Job) -> Sequence[Draft]:
        steps = outline(job.teacher.source, job.runtime.blocks)
        if not steps:
            raise InputError(
                f"design {job.teacher.id} asks for nothing that can be transcribed: no block is called "
                "in it; take the method demonstrate or dataset, which learn from what it says"
            )
        return [Draft(Prompt((composed(steps),)), "transcribed from the source")]
