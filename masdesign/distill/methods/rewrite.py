"""A model writes the prompt, from the design's code, what it said on train, and where one prompt fails."""

import re
from collections.abc import Sequence

from masdesign.building_blocks._window import beginning
from masdesign.distill._requests import render
from masdesign.distill.job import Draft, Job, Method, Transcript
from masdesign.distill.outline import outline
from masdesign.distill.prompt import DistilledPrompt
from masdesign.distill.wording import composed
from masdesign.errors import InputError
from masdesign.experiments.baselines import step_by_step
from masdesign.lm.profile import profile_of
from masdesign.types import SAMPLING_TEMPERATURE, Message, Request

SHOWN = 4
"""Train items of each kind that the writer sees."""
REPLY_TOKENS = 2048
_PROMPT = re.compile(r"<prompt>(.*?)</prompt>", re.DOTALL | re.IGNORECASE)
_ROLE = re.compile(r"<role>(.*?)</role>", re.DOTALL | re.IGNORECASE)
_ANSWER = re.compile(r"answer\s*:", re.IGNORECASE)
_ENDING = "Give the answer on the last line: Answer: ..."


class Rewrite(Method):
    """Asks a model for several prompts; the best on val is taken.

    The writer sees the task's description, the design's source and outline, train items that the design
    solves and step by step does not (with what was said), and train items that the design fails. It never
    sees an item of val or test. The transcript stands among the drafts, so that writing has to earn
    its place.
    """

    name = "rewrite"
    summary = "a model writes the prompt from code, traces and failures on train"
    reference = "arXiv:2211.01910"
    needs_meta_model = True

    async def drafts(self, job: Job) -> Sequence[Draft]:
        assert job.meta is not None  # asked for by `needs_meta_model`
        request = Message("user", await self._asked(job))
        window = job.meta.window
        profile = profile_of(job.meta)
        thought = profile.length if profile.reasons else 0  # a model that reasons needs its whole length
        drafts: dict[DistilledPrompt, Draft] = {}
        unread = 0
        for sample in range(job.candidates):
            job.watch("drafts written", sample, job.candidates)
            reply = await job.meta.complete(
                Request(
                    (request,),
                    temperature=SAMPLING_TEMPERATURE,
                    max_tokens=min(max(REPLY_TOKENS, thought), window // 2),
                    sample=sample,
                    world=job.runtime.world,
                )
            )
            prompt = read_prompt(reply.text)
            if prompt is None:
                unread += 1
            else:
                drafts.setdefault(prompt, Draft(prompt, f"written by {job.meta.model}"))
        if unread:
            job.note(f"{unread} of {job.candidates} drafts held no <prompt> and were dropped")
        if not drafts:
            raise InputError(
                f"{job.meta.model} wrote no prompt in {job.candidates} drafts; name another meta-model"
            )
        transcript = DistilledPrompt((_transcript(job),))
        return [Draft(transcript, "transcribed from the source"), *drafts.values()]

    async def _asked(self, job: Job) -> str:
        teacher = await job.transcripts()
        plain = {t.item.id: t for t in await job.transcripts(step_by_step(0.0))}
        gained = [(t, plain[t.item.id]) for t in teacher if t.right and not plain[t.item.id].right]
        both = [(t, plain[t.item.id]) for t in teacher if t.right and plain[t.item.id].right]
        failed = [t for t in teacher if t.score is not None and not t.right]
        share = (job.meta.window if job.meta else 4096) // 16
        shown = (gained + both)[:SHOWN]
        return render(
            "rewrite",
            description=job.description,
            source=job.teacher.source,
            outline=_transcript(job),
            solved=[(_problem(t), beginning(_said(t), share), beginning(_said(p), share)) for t, p in shown],
            failed=[(_problem(t), beginning(_said(t), share), t.item.target) for t in failed[:SHOWN]],
        )


def read_prompt(reply: str) -> DistilledPrompt | None:
    """The prompt of a reply; it is made to ask for its last line where it does not. ``None``: there is none.

    >>> read_prompt("Here: <prompt>Add up.</prompt>").turns[0].splitlines()
    ['Add up.', 'Give the answer on the last line: Answer: ...']
    """
    prompts = _PROMPT.findall(reply)
    text = prompts[-1].strip() if prompts else ""
    if not text:
        return None
    role = _ROLE.search(reply)
    ending = "" if _ANSWER.search(text) else f"\n{_ENDING}"
    return DistilledPrompt((text + ending,), role=role.group(1).strip() if role else "")


def _transcript(job: Job) -> str:
    return composed(outline(job.teacher.source, job.runtime.blocks))


def _problem(transcript: Transcript) -> str:
    return transcript.question.question


def _said(transcript: Transcript) -> str:
    if transcript.outcome.failure is not None:
        return f"(no answer: {transcript.outcome.failure.message})"
    return transcript.answer.reasoning.strip() or transcript.answer.text
