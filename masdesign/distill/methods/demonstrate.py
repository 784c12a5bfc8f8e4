"""Worked examples from the design's own successes on train, chosen for diversity, within a token limit."""

from collections.abc import Sequence

from masdesign.building_blocks._examples import representatives
from masdesign.building_blocks._step import labelled, solution
from masdesign.building_blocks._window import that_fit
from masdesign.distill.job import Draft, Job, Method, Transcript
from masdesign.distill.prompt import DistilledPrompt
from masdesign.errors import InputError
from masdesign.types import Answer, Example

COUNTS = (1, 2, 4, 8, 16)
"""Numbers of examples that are tried, as far as they fit."""


class Demonstrate(Method):
    """Shows problems that the design has solved, with the reasoning that its answer came with.

    Only answers that the task's metric calls right are shown. The examples stand for all that were solved:
    each is chosen to be close in words to those not yet covered.

    Reference: Zhang et al. 2022, Automatic Chain of Thought Prompting, arXiv:2210.03493 (diverse
    demonstrations made by a model).
    """

    name = "demonstrate"
    summary = "worked examples from the design's own successes on train"
    reference = "arXiv:2210.03493"

    async def drafts(self, job: Job) -> Sequence[Draft]:
        solved = [example_of(t) for t in await job.transcripts() if t.right]
        if not solved:
            raise InputError(
                f"design {job.teacher.id} solved none of {len(job.train)} train items: nothing to show; "
                "take another method, or a task with train items"
            )
        order = representatives(tuple(e.question.wording for e in solved), COUNTS[-1])
        chosen = [solved[place] for place in order]
        most = _fitting(chosen, job)
        if not most:
            raise InputError(f"no worked example fits into {job.example_tokens} tokens; allow more tokens")
        counts = [n for n in COUNTS if n <= most][-job.candidates :]
        return [Draft(DistilledPrompt(("",), examples=tuple(chosen[:n])), _said(n)) for n in counts]


def example_of(transcript: Transcript) -> Example:
    """A solved item as a prompt shows it."""
    return Example(transcript.question, transcript.answer.text, transcript.answer.reasoning.strip())


def that_fit_in(transcripts: Sequence[Transcript], job: Job) -> int:
    """How many of the solved items fit as worked examples, from the first on."""
    return _fitting([example_of(t) for t in transcripts], job)


def _fitting(examples: Sequence[Example], job: Job) -> int:
    texts = [labelled(e.question)["text"] + solution(Answer(e.answer, e.solution)) for e in examples]
    return that_fit(texts, job.example_tokens)


def _said(count: int) -> str:
    return f"{count} worked example{'' if count == 1 else 's'} of the design"
