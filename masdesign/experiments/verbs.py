"""`run_baseline` and `run_transfer`: the plain ways on a task, and a design on other tasks and models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Unpack

from masdesign.aio import blocking
from masdesign.archive import Archive
from masdesign.brief import ShortRepr
from masdesign.errors import BudgetExhausted, InputError, UnusableReplies
from masdesign.evaluation.evaluator import require_scored, unscored_reason
from masdesign.experiments.baselines import KS, direct, reference_curve, step_by_step
from masdesign.experiments.curve import Curve
from masdesign.experiments.transfer import Cell, Transfer, carry_over
from masdesign.experiments.votes import self_consistency_design
from masdesign.lm import repertoire_of
from masdesign.lm.table import Models
from masdesign.session.resolve import resolve_design
from masdesign.session.run import Run
from masdesign.session.session import Resources, Session
from masdesign.session.spec import Conduct, RunSpec
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.spending.spend import Spend
from masdesign.tasks import Task, load_task
from masdesign.types import Result, Split
from masdesign.workflow import Block, Design, check_in_thread


@dataclass(frozen=True, repr=False)
class Baselines(ShortRepr):
    """What the plain ways score on val."""

    task: Task
    curve: Curve
    spend: Spend

    def facts(self) -> dict[str, str]:
        """What a short look shows."""
        scores = {point.name: f"{point.evaluation.score:.3f}" for point in self.curve.points}
        return {"task": self.task.name, **scores}

    def to_json(self) -> dict[str, Any]:
        """The document that ``masdesign baseline --json`` prints."""
        return {
            "task": self.task.name,
            "task_version": self.task.version,
            "model": self.curve.points[0].evaluation.model,
            "split": "val",
            "chance": self.task.chance,
            "direct": self.curve.point("direct").costed_score(),
            "step_by_step": {
                **self.curve.point("step_by_step").costed_score(),
                "temperature": self.curve.step_temperature,
            },
            "curve": [{"k": point.k, **point.costed_score()} for point in self.curve.votes],
            "spend": self.spend.to_json(),
        }


async def run_baseline_async(
    task: Task | str | Path,
    *,
    model: Models = "abacus",
    budget: str | None = None,
    max_k: int = 33,
    seed: int = 0,
    **options: Unpack[ExperimentOptions],
) -> Baselines:
    """Measure direct, step by step, and self-consistency over k on val; all is kept in the archive.

    Parameters:
        model: a model, or a table of them by name and role, as in `run_search`.
        budget: unlimited by default.
        max_k: the largest vote; fewer where the model has no more different answers.
        seed: selects an independent replicate of all draws.
        options: see `ExperimentOptions` and `masdesign.session.session.Resources`.

    Raises:
        InputError: a name, a file or the budget is wrong; one line.
        EvaluationCut: the budget is spent.

    Example::

        found = await run_baseline_async("arithmetic", max_k=9)
        print(found.curve.point("direct").evaluation.score)
    """
    given: dict[str, Any] = dict(options)
    showing, on_note = given.pop("showing", nothing_shown), given.pop("on_note", None)
    async with Session.open(**given) as session:
        chosen = task if isinstance(task, Task) else load_task(task)
        spec = RunSpec("baseline", chosen, model, seed, seed, conduct=Conduct(budget))
        async with session.run(spec) as run:
            run.tell_notes(on_note)
            repertoire = repertoire_of(run.runtime.models[""])
            most = max_k if repertoire is None else min(max_k, repertoire.draws)
            ks = sorted({k for k in KS if k < most} | {most})
            with showing(f"baselines of {chosen.name}", 4 * len(chosen.val)) as on_result:
                curve = await reference_curve(
                    chosen, "val", run.runtime, ks=ks, least_k=most, ledger=run.ledger, on_result=on_result
                )
            run.tell_notes(on_note)
        require_scored([point.evaluation for point in curve.points])
        _keep(session.archive, curve)
        return Baselines(chosen, curve, run.spend)


run_baseline = blocking(run_baseline_async)


def _keep(archive: Archive, curve: Curve) -> None:
    votes = [self_consistency_design(point.k) for point in curve.votes if point.k is not None]
    with archive.transaction():
        for design in (direct(), step_by_step(curve.step_temperature), *votes):
            archive.add_design(design)
        for point in curve.points:
            archive.add_evaluation(point.evaluation)


@dataclass(frozen=True, repr=False)
class Transferred(ShortRepr):
    """A design on several tasks and models."""

    design: Design
    split: Split
    table: Transfer
    chosen_here: tuple[bool, ...]
    """Of each cell, whether the design was chosen there on val: its score is then partly luck."""
    spend: Spend
    cut: str = ""
    """Why not all cells are there, where the budget ended before."""
    unscored: tuple[tuple[str, str, str], ...] = ()
    """Task, model and reason of each cell in which no item was scored."""

    def facts(self) -> dict[str, str]:
        """What a short look shows."""
        return {
            "design": self.design.name or self.design.id,
            "split": self.split,
            **{
                f"{c.evaluation.task} with {c.evaluation.model}": f"{c.evaluation.score:.3f}"
                for c in self.table.cells
            },
        }

    def to_json(self) -> dict[str, Any]:
        """The document that ``masdesign transfer --json`` prints."""
        cells = zip(self.table.to_json(), self.chosen_here, strict=True)
        return {
            "design": self.design.id,
            "name": self.design.name,
            "split": self.split,
            "cells": [{**cell, "chosen_here": mark} for cell, mark in cells],
            "spend": self.spend.to_json(),
        }


async def run_transfer_async(
    design: Design | Block[..., Any] | str,
    tasks: Sequence[Task | str | Path],
    *,
    models: Sequence[Models] = ("abacus",),
    split: Split = "val",
    budget: str | None = None,
    seed: int = 0,
    **options: Unpack[ExperimentOptions],
) -> Transferred:
    """Score a design on every task with every model, each beside the best plain way there.

    A look at test is recorded as an opening of each task. All cells share one budget.

    Parameters:
        design: a `Design`, a block, or a reference (`masdesign.session.resolve.resolve_design`).
        models: each a model, or a table of them by name and role.
        seed: selects an independent replicate of all draws.
        options: see `ExperimentOptions` and `masdesign.session.session.Resources`.

    Raises:
        InputError: a name, a file or the budget is wrong; one line.
        BudgetExhausted: it ran out before the first cell.

    Example::

        found = await run_transfer_async("best", ["arithmetic", "boolean"])
        print(found.table.better)
    """
    given: dict[str, Any] = dict(options)
    showing, on_note = given.pop("showing", nothing_shown), given.pop("on_note", None)
    work = _Transferring(split, seed, showing)
    async with Session.open(**given) as session:
        chosen = [task if isinstance(task, Task) else load_task(task) for task in tasks]
        resolved = resolve_design(design, archive=session.archive)
        await check_in_thread(resolved, session.blocks, models=("",))
        session.archive.add_design(resolved)
        ledger = Ledger(Budget.parse(budget))
        for model in models:
            spec = RunSpec("transfer", None, model, seed, seed, conduct=Conduct(budget))
            async with session.run(spec, ledger=ledger) as run:
                run.tell_notes(on_note)
                await work.cells_of(run, resolved, chosen)
                run.tell_notes(on_note)
        places = _chosen_on(session.archive, resolved.id) if split == "val" else set()
    if work.unscored and not work.cells:
        reason = work.unscored[0][2]
        raise InputError(f"no item was scored ({reason}); see whether the models answer (masdesign doctor)")
    marks = tuple(
        (c.evaluation.task, c.evaluation.task_version, c.evaluation.model) in places for c in work.cells
    )
    table, unscored = Transfer(tuple(work.cells)), tuple(work.unscored)
    return Transferred(resolved, split, table, marks, ledger.spend, work.cut, unscored)


@dataclass
class _Transferring:
    """The cells that were finished so far."""

    split: Split
    seed: int
    showing: Showing
    cells: list[Cell] = field(default_factory=list)
    unscored: list[tuple[str, str, str]] = field(default_factory=list)
    cut: str = ""

    async def cells_of(self, run: Run, design: Design, tasks: Sequence[Task]) -> None:
        """One model's cells, each kept as soon as it is there; none once the budget has ended."""
        for task in tasks if not self.cut else ():
            name = f"{task.name} with {run.runtime.models[''].model}"
            on = run.on(task)
            try:
                with self.showing(name, 5 * task.size(self.split)) as on_result:
                    # test is opened once a model is there: the same look for every model
                    where = on.open_test([design]) if self.split == "test" else self.split
                    cell = await carry_over(
                        design, task, where, on.runtime,
                        seed=self.seed, ledger=run.ledger, on_result=on_result,
                    )  # fmt: skip
            except BudgetExhausted as error:
                if not self.cells:
                    raise
                self.cut = str(error)
                return
            except UnusableReplies as error:
                self.unscored.append((task.name, run.runtime.models[""].model, str(error)))
                continue
            run.archive.add_evaluation(cell.evaluation)
            run.archive.note_control(cell.evaluation, cell.blank)
            if cell.evaluation.items:
                self.cells.append(cell)
            else:
                self.unscored.append((task.name, cell.evaluation.model, unscored_reason([cell.evaluation])))


run_transfer = blocking(run_transfer_async)


def _chosen_on(archive: Archive, design_id: str) -> set[tuple[str, str, str]]:
    """Task, its version and model of every run that chose this design."""
    return {
        (run.task, run.task_version, run.model)
        for run in archive.runs()
        if run.outcome and run.outcome.get("best", {}).get("id") == design_id
    }


OnResult = Callable[[Result], None]
Showing = Callable[[str, int], AbstractContextManager[OnResult]]
"""Shows the progress of a part of the work: its name and how many results; gives what takes each result."""


class ExperimentOptions(Resources, total=False):
    """Further options of the verbs of experiments."""

    showing: Showing
    """Shows progress; by default nothing is shown."""
    on_note: Callable[[str], None]
    """Is told what the models' scores must be read with, a line each."""


@contextmanager
def nothing_shown(name: str, total: int) -> Iterator[OnResult]:
    """Show nothing."""
    yield lambda result: None
