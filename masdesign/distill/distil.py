"""A distillation: the design measured, drafts made, the best on val taken, test looked at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from masdesign.archive import Archive, RunRecord
from masdesign.archive.runs import DISTILLATION
from masdesign.distill.events import Note, OnEvent, Progress, Started, ignore
from masdesign.distill.job import Job
from masdesign.distill.measure import Measure
from masdesign.distill.method import Draft, Method
from masdesign.distill.result import Distillation, Tried
from masdesign.errors import BudgetExhausted, InputError
from masdesign.evaluation.evaluator import model_label
from masdesign.evaluation.session import notes_of
from masdesign.lm import LM
from masdesign.registry import added_versions
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.workflow import Design, Runtime

EVERY_SECONDS = 0.5
ORIGIN = "distill:{}"
TRAINED = "the trained copy"
"""What a student is called that has a model of its own."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All that decides the course of a distillation besides its budget."""

    method: str
    seed: int = 0
    world: int = 0
    candidates: int = 4
    tokens: int = 0
    meta_model: str = ""
    steps: int = 200
    train_items: int = 100

    def record(
        self, run: str, task: Task, teacher: Design, model: str, facts: Mapping[str, Any]
    ) -> RunRecord:
        """The run as the archive keeps it."""
        return RunRecord(
            name=run,
            task=task.name,
            task_version=task.version,
            model=model,
            strategy=DISTILLATION + self.method,
            seed=self.seed,
            settings={
                "design": teacher.id,
                "world": self.world,
                "candidates": self.candidates,
                "tokens": self.tokens,
                "meta_model": self.meta_model,
                "steps": self.steps,
                "train_items": self.train_items,
                "val_items": len(task.val),
                "test_items": task.size("test"),
                "metric": task.metric.name,
                "tools": sorted(task.tools),
                **({"plugins": added} if (added := added_versions()) else {}),
                **task.asking.settings(),
            },
            facts=facts,
        )


async def distil(
    teacher: Design,
    task: Task,
    method: Method,
    runtime: Runtime,
    ledger: Ledger,
    archive: Archive,
    settings: Settings,
    *,
    meta: LM | None = None,
    model_name: str = "",
    folder: Path = Path(".masdesign/models"),
    open_model: Callable[[str], LM] | None = None,
    run: str = "",
    facts: Mapping[str, Any] | None = None,
    on_event: OnEvent = ignore,
) -> Distillation:
    """Distil a design into a prompt, and measure what is lost.

    Parameters:
        runtime: opened with ``ledger``, so that its models charge it.
        meta: the model that writes, for the methods that need one.
        model_name: the user's name of the default model.
        folder: where a method keeps the weights that it trains.
        open_model: gives the model of a name, charged to ``ledger``; for methods that train one.
        run: the run to go on with; empty for a new one.

    Raises:
        InputError: the method has nothing to make of this design, or ``run`` was something else.
        BudgetExhausted: it ran out before a first draft was measured on val.
        ProviderError: the model failed on too many items.
    """
    if not task.val or not task.size("test"):
        raise InputError(
            f"task {task.name} has no {'test' if task.val else 'val'} items; distilling needs val and test"
        )
    model = model_label(runtime.models)
    known = bool(run) and archive.run(run) is not None
    archive.add_design(teacher)
    name = archive.start_run(settings.record(run, task, teacher, model, facts or {}))
    on_event(Started(name, known))
    notes: list[str] = []

    def note(text: str) -> None:
        notes.append(text)
        on_event(Note(text))

    watch = _Watch(ledger, on_event)
    measure = Measure(task, runtime, ledger, archive, name, settings.seed, watch.report)
    await measure.base(teacher)
    ledger.limit = measure.limit(teacher)
    job = Job.on(
        task, settings.train_items, teacher, runtime, ledger, rng=Random(settings.seed), meta=meta,
        candidates=settings.candidates,
        tokens=settings.tokens,
        seed=settings.seed,
        model=model_name,
        folder=folder,
        steps=settings.steps, watch=watch.report, note=note,
    )  # fmt: skip
    try:
        drafts = await method.drafts(job)
    except BudgetExhausted as error:
        raise BudgetExhausted(
            "the budget ran out before a first draft was made; give a larger --budget"
        ) from error
    runtimes = [_own(draft, runtime, open_model) for draft in drafts]
    tried = await _tried(drafts, runtimes, method, teacher, measure, note)
    ledger.limit = ledger.budget.limit
    place = _best(tried)
    chosen, draft = tried[place], drafts[place]
    val = await measure.val_row(teacher, chosen.design, chosen.val, draft.prompt)
    test = await measure.test_row(val, teacher, chosen.design, runtimes[place])
    if test is None:
        note("the budget left too little for a look at test; give a larger --budget to have one")
    if draft.model:
        val, test = replace(val, what=TRAINED), test and replace(test, what=TRAINED)
    found = Distillation(
        run=name,
        task=task.name,
        model=model,
        method=method.name,
        teacher=teacher,
        design=chosen.design,
        prompt=draft.prompt,
        asking=task.asking,
        val=val,
        test=test,
        drafts=tuple(tried),
        spend=ledger.spend,
        test_openings=len(archive.openings(name)),
        notes=(*notes_of(runtime), *notes),
        files=draft.files,
        student_model=draft.model,
    )
    archive.finish_run(name, found.to_json())
    return found


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
    found: list[Tried] = []
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
            if not found:
                raise BudgetExhausted(
                    "the budget ran out before a first draft was measured on val; give a larger --budget"
                ) from error
            note(f"the budget ended before draft {number} of {len(drafts)} was measured on val")
            break
        found.append(Tried(draft.how, design, evaluation))
    return found


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
            self._on_event(Progress(phase, done, total, spend))
