"""Forecasts what each prompt will keep, tries those worth it within the budget; the best on val is taken."""

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean

from masdesign.distill.forecast import PILOT_ITEMS, Pilot, forecast, kind_of, structure_of
from masdesign.distill.job import Draft, Job, Method
from masdesign.distill.methods.converse import Converse
from masdesign.distill.methods.demonstrate import Demonstrate
from masdesign.distill.methods.optimise import Optimise
from masdesign.distill.methods.rewrite import Rewrite
from masdesign.distill.methods.transcribe import Transcribe
from masdesign.distill.outline import outline
from masdesign.errors import BudgetExhausted, InputError
from masdesign.experiments.baselines import step_by_step
from masdesign.workflow import Design

FREE: tuple[type[Method], ...] = (Converse, Transcribe)
"""What they make costs nothing, so that it can be tried on the pilot's items."""
FURTHER: tuple[type[Method], ...] = (Demonstrate, Rewrite, Optimise)
"""The cheaper first, so that a small budget has tried what it can."""
ENOUGH = 0.8
"""Where a prompt is expected to keep this share of the gain, methods that cost more are not tried."""
WORTH = 0.5
"""A prompt is measured where it is expected to keep this part of the best one's share."""


class Auto(Method):
    """Forecasts, then tries what is worth it, and says which and why.

    The prompts that cost nothing to make answer a few train items beside the design and step by step. What
    each will keep of the design's gain is forecast from that and from the design's structure
    (`masdesign.distill.forecast`). Prompts far below the best forecast are left out; where no forecast is
    high, the methods that learn from what the design says are taken in turn, as long as the budget lasts.
    What needs a second model is left out where there is none. Choosing among many drafts flatters the val
    score of the best; the look at test does not know of the choice.
    """

    name = "auto"
    summary = "forecasts what each method keeps, tries within the budget, takes the best on val"

    async def drafts(self, job: Job) -> Sequence[Draft]:
        offered: list[Draft] = []
        try:
            offered = await _worth_it(await _made(FREE, job), job)
            best = max((draft.forecast or 0.0 for draft in offered), default=0.0)
            if best >= ENOUGH:
                job.note(f"demonstrate, rewrite and optimise were left out: {best:.0%} is expected without")
            else:
                offered += [
                    d for d in await _made(FURTHER, job) if d.prompt not in {o.prompt for o in offered}
                ]
        except BudgetExhausted:
            if not offered:
                raise
        if not offered:
            raise InputError("no method made a prompt of this design; the notes say why")
        return offered


async def _made(kinds: Sequence[type[Method]], job: Job) -> list[Draft]:
    """What the methods make, one after the other, until the budget ends."""
    offered: list[Draft] = []
    for kind in kinds:
        if kind.needs_meta_model and job.meta is None:
            job.note(f"{kind.name} was left out: it needs a meta-model")
            continue
        try:
            drafts = await kind().drafts(job)
        except InputError as error:
            job.note(f"{kind.name} made nothing: {error}")
        except BudgetExhausted:
            job.note(f"the budget ended with {kind.name}; later methods were not tried")
            break
        else:
            offered += [replace(draft, how=f"{kind.name}: {draft.how}") for draft in drafts]
    return offered


async def _worth_it(drafts: Sequence[Draft], job: Job) -> list[Draft]:
    """The drafts with their forecasts, the best first, without those that are far below it."""
    structure = structure_of(outline(job.teacher.source, job.runtime.blocks))
    told = []
    for draft in drafts:
        pilot = await _pilot(draft, job)
        share = round(forecast(structure, kind_of(draft.prompt), pilot), 2)
        told.append(replace(draft, forecast=share))
        why = f"the design's gain lies in its {structure}"
        if pilot is not None:
            why += (
                f"; on {min(PILOT_ITEMS, len(job.train))} train items {pilot.student:.2f}, "
                f"the design {pilot.teacher:.2f}, step by step {pilot.step_by_step:.2f}"
            )
        job.note(f"forecast: {draft.how} keeps {share:.0%} of the gain ({why})")
    ranked = sorted(told, key=lambda draft: -(draft.forecast or 0.0))
    least = WORTH * (ranked[0].forecast or 0.0) if ranked else 0.0
    kept = [draft for draft in ranked if (draft.forecast or 0.0) >= least]
    if len(kept) < len(ranked):
        job.note("left out by the forecast: " + ", ".join(d.how for d in ranked[len(kept) :]))
    return kept


async def _pilot(draft: Draft, job: Job) -> Pilot | None:
    """Mean scores on the first train items; ``None`` where there are none, or the budget ends."""
    student = draft.prompt.design("pilot", origin="distill", parents=())

    async def score(design: Design) -> float:
        transcripts = await job.transcripts(design, first=min(PILOT_ITEMS, len(job.train)))
        return fmean([t.score for t in transcripts if t.score is not None])

    try:
        return Pilot(*[await score(design) for design in (student, job.teacher, step_by_step(0.0))])
    except (BudgetExhausted, ValueError):  # fmean of nothing: there are no scored train items
        return None
