"""`Run`: one specification, one ledger, one record in the archive, its events."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from masdesign.archive import Archive, RunRecord
from masdesign.archive.events import Started, ignore
from masdesign.evaluation import Evaluation, evaluate
from masdesign.evaluation.evaluator import model_label, native_of
from masdesign.evaluation.session import notes_of, own_of
from masdesign.session.opening import Opening
from masdesign.session.spec import RunSpec
from masdesign.spending.ledger import Ledger
from masdesign.spending.spend import Spend
from masdesign.tasks import Task
from masdesign.types import ChoosingSplit, Item, Result
from masdesign.workflow import Design, Runtime

__all__ = ["OnEvent", "Run", "ignore"]

OnEvent = Callable[[Any], None]
_log = logging.getLogger(__name__)
SPENT = "spent"
"""Under this name the facts of a run keep what was paid in earlier times that it was begun or resumed."""


@dataclass
class Run:
    """One run of a session (`Session.run`), or of parts that are open already (`Run.of`)."""

    archive: Archive
    spec: RunSpec
    ledger: Ledger
    runtime: Runtime
    """Its models charge the ledger."""
    on_event: OnEvent = ignore
    """Is told where the run stands."""
    name: str = field(default="", init=False)
    """In the archive; empty before `begin`, and for what leaves no record of its own."""
    earlier: Spend = field(default=Spend(), init=False)
    """What was really spent in earlier times that this run was begun or resumed."""
    notes: tuple[str, ...] = field(default=(), init=False)
    """What scores must be read with, as `tell_notes` has told it."""

    @classmethod
    def of(
        cls, task: Task, runtime: Runtime, ledger: Ledger, archive: Archive, on_event: OnEvent = ignore
    ) -> Run:
        """A run of parts that are open; the runtime's models charge ``ledger``."""
        return cls(archive, RunSpec("", task, seed=0, world=runtime.world), ledger, runtime, on_event)

    @property
    def model(self) -> str:
        """The label of the run's models."""
        return model_label(self.runtime.models)

    def on(self, task: Task) -> Run:
        """The same run on a task: designs have its tools, examples and answer form."""
        runtime = replace(self.runtime, **{**own_of(task), "tools": frozenset(task.tools)})
        return replace(self, spec=replace(self.spec, task=task), runtime=runtime)

    @property
    def task(self) -> Task:
        """What is answered."""
        assert self.spec.task is not None  # a run without one answers single questions
        return self.spec.task

    @property
    def spend(self) -> Spend:
        """All that the run took, over all the times that it was begun and resumed.

        What is charged (calls, tokens, USD) is the same however often a run goes on; time, and what was
        really sent, add up.
        """
        now, before = self.ledger.spend, self.earlier
        return replace(
            now,
            seconds=before.seconds + now.seconds,
            paid_calls=before.paid_calls + now.paid_calls,
            paid_usd=before.paid_usd + now.paid_usd,
        )

    def begin(self, spec: RunSpec, name: str, facts: Mapping[str, Any]) -> None:
        """Begin the run's record, or go on with that of ``name``.

        Raises InputError where a run of that name was something else, naming the first difference.
        """
        earlier = self.archive.run(name) if name else None
        if earlier is not None:
            self.earlier = _earlier(earlier)
        spec = spec.with_options(memory=self.runtime.memory.digest)
        record = spec.record(name, self.model, facts)
        if native := native_of(self.runtime):  # frozen: it shapes prompts
            record = replace(record, settings={**record.settings, "native": native})
        self.name, self.spec = self.archive.start_run(record), spec
        self.on_event(Started(self.name, earlier is not None))

    def note_spend(self) -> None:
        """Keep what was really spent, so that it adds up where the run goes on."""
        if self.name:
            spend = self.spend
            paid = {"seconds": spend.seconds, "paid_calls": spend.paid_calls, "paid_usd": spend.paid_usd}
            self.archive.note_facts(self.name, {SPENT: paid})

    def finish(self, outcome: Mapping[str, Any]) -> None:
        """Keep how the run ended."""
        self.note_spend()
        self.archive.finish_run(self.name, outcome)

    @asynccontextmanager
    async def phase(self, name: str, limit: float) -> AsyncIterator[None]:
        """A part of the run that may bring its spending to ``limit``, in the budget's unit, and no further.

        Phases nest; afterwards the limit is what it was before.
        """
        before, self.ledger.limit = self.ledger.limit, limit
        _log.info("%s: phase %s, at most %s of %s", self.name, name, f"{limit:g}", self.ledger.budget)
        try:
            yield
        finally:
            self.ledger.limit = before
            self.note_spend()

    async def evaluate(
        self,
        design: Design,
        split: ChoosingSplit = "val",
        items: Sequence[Item] | None = None,
        *,
        on_result: Callable[[Result], None] | None = None,
    ) -> Evaluation:
        """Score a design on train or val, charged to the run. Raises as `masdesign.evaluation.evaluate`."""
        return await evaluate(
            design, self.task, split, self.runtime, items=items, ledger=self.ledger, on_result=on_result
        )

    def tell_notes(self, on_note: Callable[[str], object] | None) -> None:
        """Tell what a reader of scores must know of the run's models, each thing once."""
        new = [note for note in notes_of(self.runtime) if note not in self.notes]
        self.notes = (*self.notes, *new)
        for note in new:
            if on_note is not None:
                on_note(note)

    def note_asking(self) -> None:
        """Record how the task asks, where that is not plain: a design is asked so wherever it runs."""
        task = self.task
        if task.asking.settings() and all(run.task_version != task.version for run in self.archive.runs()):
            name = self.archive.start_run(self.spec.record("", self.model, {}))
            self.archive.finish_run(name, {})

    def open_test(self, designs: Iterable[Design], *, first: int | None = None) -> Opening:
        """Record an opening of test for designs, before anything is scored: `Opening.score` scores them."""
        return Opening.record(self.archive, self.name or None, self.task, designs, first=first)


def _earlier(record: RunRecord) -> Spend:
    """What a run had really spent before; a run of an older version says so where it has finished."""
    outcome = record.outcome or {}
    noted = record.facts.get(SPENT) or (outcome.get("spend") if record.finished is not None else None) or {}
    return Spend(
        seconds=float(noted.get("seconds", 0.0)),
        paid_calls=int(noted.get("paid_calls", 0)),
        paid_usd=float(noted.get("paid_usd") or 0.0),
    )
