"""A distillation: the design measured, drafts made, the best on val taken, test looked at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from masdesign.archive.events import Note, Started
from masdesign.archive.tables.runs import DISTILLATION
from masdesign.distill.job import Draft, Job, Method
from masdesign.distill.measure import Measure
from masdesign.distill.result import Distillation, Tried
from masdesign.errors import BudgetExhausted, InputError
from masdesign.evaluation.evaluator import model_label
from masdesign.evaluation.session import notes_of
from masdesign.lm import LM
from masdesign.session.run import Run
from masdesign.session.spec import RunSpec
from masdesign.spending.ledger import Ledger
from masdesign.spending.spend import Spend
from masdesign.workflow import Design, Runtime

EVERY_SECONDS = 0.5
ORIGIN = "distill:{}"
TRAINED = "the trained copy"
"""What a student is called that has a model of its own."""


@dataclass(frozen=True, slots=True)
class DistillProgress:
    """Where the distillation stands."""

    phase: str
    """What is being done: ``teacher on val``, ``transcripts``, ``drafts on val``, ``test`` …"""
    done: int
    total: int
    """Items of this phase; 0 where their number is not known."""
    spend: Spend

    def __str__(self) -> str:
        of = f" {self.done} of {self.total}" if self.total else ""
        spend = self.spend
        return f"{self.phase}:{of}, {spend.calls} calls, {spend.tokens} tokens, {spend.seconds:.0f} s"


Event = Started | DistillProgress | Note
OnEvent = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class DistillSettings:
    """All that decides the course of a distillation besides its budget."""

    method: str
    seed: int = 0
    world: int = 0
    candidates: int = 4
    tokens: int = 0
    meta_model: str = ""
    steps: int = 200
    train_items: int = 100

    def spec(self, run: RunSpec, teacher: Design) -> RunSpec:
        """The run's specification."""
        assert run.task is not None
        options = {
            "design": teacher.id,
            "candidates": self.candidates,
            "tokens": self.tokens,
            "meta_model": self.meta_model,
            "steps": self.steps,
            "train_items": self.train_items,
            "val_items": len(run.task.val),
            "test_items": run.task.size("test"),
        }
        return replace(run, job=DISTILLATION + self.method, seed=self.seed, world=self.world, options=options)


async def distil(
    run: Run,
    teacher: Design,
    method: Method,
    settings: DistillSettings,
    *,
    model_name: str = "",
    folder: Path = Path(".masdesign/models"),
    open_model: Callable[[str], LM] | None = None,
    name: str = "",
    facts: Mapping[str, Any] | None = None,
) -> Distillation:
    """Distil a design into a prompt, and measure what is lost.

    Parameters:
        run: in the role ``meta`` it has the model that writes, for the methods that need one.
        model_name: the user's name of the default model.
        folder: where a method keeps the weights that it trains.
        open_model: gives the model of a name, charged to the run; for methods that train one.
        name: the run to go on with; empty for a new one.

    Raises:
        InputError: the method has nothing to make of this design, or ``name`` was something else.
        BudgetExhausted: it ran out before a first draft was measured on val.
        ProviderError: the model failed on too many items.
    """
    task, runtime, ledger, archive = run.task, run.runtime, run.ledger, run.archive
    if not task.val or not task.size("test"):
        raise InputError(
            f"task {task.name} has no {'test' if task.val else 'val'} items; distilling needs val and test"
        )
    archive.add_design(teacher)
    run.begin(settings.spec(run.spec, teacher), name, facts or {})
    notes: list[str] = []

    def note(text: str) -> None:
        notes.append(text)
        run.on_event(Note(text))

    watch = _Watch(ledger, run.on_event)
    measure = Measure(task, runtime, ledger, archive, run.name, settings.seed, watch.report)
    await measure.base(teacher)
    job = Job.on(
        task, settings.train_items, teacher, runtime, ledger,
        rng=Random(settings.seed), meta=runtime.roles.get("meta"),
        candidates=settings.candidates,
        tokens=settings.tokens,
        seed=settings.seed,
        model=model_name,
        folder=folder,
        steps=settings.steps, watch=watch.report, note=note,
    )  # fmt: skip
    async with run.phase("drafts", measure.limit(teacher)):
        try:
            drafts = await method.drafts(job)
        except BudgetExhausted as error:
            raise BudgetExhausted(
                "the budget ran out before a first draft was made; give a larger budget"
            ) from error
        runtimes = [_own(draft, runtime, open_model) for draft in drafts]
        tried = await _tried(drafts, runtimes, method, teacher, measure, note)
    place = _best(tried)
    chosen, draft = tried[place], drafts[place]
    val = await measure.val_row(teacher, chosen.design, chosen.val, draft.prompt)
    test = await measure.test_row(val, teacher, chosen.design, runtimes[place])
    if test is None:
        note("the budget left too little for a look at test; give a larger budget to have one")
    if draft.model:
        val, test = replace(val, what=TRAINED), test and replace(test, what=TRAINED)
    distillation = Distillation(
        run=run.name,
        task=task.name,
        model=model_label(runtime.models),
        method=method.name,
        teacher=teacher,
        design=chosen.design,
        prompt=draft.prompt,
        asking=task.asking,
        val=val,
        test=test,
        drafts=tuple(tried),
        spend=run.spend,
        test_openings=len(archive.openings(run.name)),
        notes=(*notes_of(runtime), *notes),
        files=draft.files,
        student_model=draft.model,
    )
    run.finish(distillation.to_json())
    return distillation


def _own(draft: Draft, runtime: Runtime, open_model: Callable[[str], LM] | None) -> Runtime | None:
    """A runtime with the draft's own model, where it has one."""
    if not draft.model:
        return None
    if open_model is None:
        raise InputError(f"the draft needs the model {draft.model}, which cannot be opened here")
    return replace(runtime, models={**runtime.models, "": open_model(draft.model)})


async def _tried(
    drafts: Sequence[Draft],
    runtimes: Sequence[Runtime | None],
    method: Method,
    teacher: Design,
    measure: Measure,
    note: Callable[[str], None],
) -> list[Tried]:
    """Each draft on val, in order, until the budget ends."""
    measured: list[Tried] = []
    for number, draft in enumerate(drafts, 1):
        which = f" ({number})" if len(drafts) > 1 else ""
        design = draft.prompt.design(
            f"{method.name} of {teacher.id}{which}",
            origin=ORIGIN.format(method.name),
            parents=(teacher.id,),
            thought=draft.how,
        )
        try:
            evaluation = await measure.on_val(
                design, f"draft {number} of {len(drafts)}", runtimes[number - 1]
            )
        except BudgetExhausted as error:
            if not measured:
                raise BudgetExhausted(
                    "the budget ran out before a first draft was measured on val; give a larger budget"
                ) from error
            note(f"the budget ended before draft {number} of {len(drafts)} was measured on val")
            break
        measured.append(Tried(draft.how, design, evaluation, draft.forecast))
    return measured


def _best(tried: Sequence[Tried]) -> int:
    """The place of the best on val; of equals the one of fewer tokens, then the earlier."""
    return max(
        range(len(tried)), key=lambda i: (tried[i].val.score, -tried[i].val.tokens_per_item, -i)
    )  # fmt: skip


class _Watch:
    """Tells where the work stands, not too often."""

    def __init__(self, ledger: Ledger, on_event: OnEvent) -> None:
        self._ledger, self._on_event = ledger, on_event
        self._last = ("", 0.0)

    def report(self, phase: str, done: int, total: int) -> None:
        spend = self._ledger.spend
        last, since = self._last
        if phase != last or done == total or spend.seconds - since >= EVERY_SECONDS:
            self._last = (phase, spend.seconds)
            self._on_event(DistillProgress(phase, done, total, spend))
