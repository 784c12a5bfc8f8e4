"""The design's structure as one prompt: roles, steps, checks, final answer. Asks no model."""

from collections.abc import Sequence

from masdesign.distill.job import Draft, Job, Method
from masdesign.distill.outline import acts, outline
from masdesign.distill.prompt import DistilledPrompt
from masdesign.distill.wording import composed, told_to_agent
from masdesign.errors import InputError


class Transcribe(Method):
    """Writes down, step by step, what the workflow does, in the words of its blocks' own prompts.

    A design that acts becomes one agent with the same tools, which is told its steps.

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
        if job.tools and acts(steps, job.runtime.blocks):
            how = "one agent with the same tools, told the design's steps"
            return [Draft(DistilledPrompt((told_to_agent(steps),), tools=job.tools), how)]
        return [Draft(DistilledPrompt((composed(steps),)), "transcribed from the source")]
