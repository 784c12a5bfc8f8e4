"""masdesign transfer: does a design carry over to other tasks and models?"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import click

from masdesign.cli._options import (
    DEFAULT_MODEL,
    archive_option,
    cache_path,
    chosen_models,
    emit,
    json_option,
    model_options,
    named_models,
)
from masdesign.cli._say import say
from masdesign.cli._tables import new_table, print_table
from masdesign.errors import InputError

if TYPE_CHECKING:
    from masdesign.archive import Archive
    from masdesign.experiments.transfer import Transfer
    from masdesign.lm.spec import ModelSpec
    from masdesign.spending.ledger import Ledger
    from masdesign.tasks import Task
    from masdesign.types import Split
    from masdesign.workflow import Design, Runtime


@click.command()
@click.argument("design")
@click.option("--tasks", required=True, metavar="A,B,…", help="Names of tasks, or files.")
@click.option(
    "--models",
    "listed",
    metavar="M,N,…",
    help="Models, or names that --model gives; all of --model, else abacus, by default.",
)
@click.option("--split", type=click.Choice(["val", "test"]), default="val", show_default=True)
@click.option("--items", type=click.IntRange(1), help="How many val items of each task.")
@click.option("--test-items", type=click.IntRange(1), help="How many test items of each task.")
@click.option("--budget", metavar="B", help="20000calls, 2Mtokens, 5usd or 10min; unlimited by default.")
@archive_option
@model_options
@json_option
def command(
    design: str,
    tasks: str,
    listed: str | None,
    split: Split,
    items: int | None,
    test_items: int | None,
    archive: str,
    as_json: bool,
    **options: Any,
) -> None:
    """Score DESIGN on every task with every model, each beside the best plain way there.

    A look at test is recorded as an opening. A cell in which the design was chosen is marked: there its
    val score is partly luck.

    \b
    masdesign transfer best --tasks arithmetic,boolean
    masdesign transfer 37ab4cad5e1e --tasks arithmetic --models abacus,ollama/llama3 --json
    masdesign transfer best --tasks t.jsonl --model a=openai/x --base-url a=URL1 \
      --model b=openai/y --base-url b=URL2
    """
    from masdesign.aio import run_sync
    from masdesign.archive import Archive
    from masdesign.building_blocks import blocks
    from masdesign.cli._opened import say_opened
    from masdesign.session.resolve import resolve_design
    from masdesign.tasks import load_task
    from masdesign.workflow import check

    models = _models(listed, options)
    problems = [load_task(name, items=items, test_items=test_items) for name in _names("--tasks", tasks)]
    found = resolve_design(design, archive=archive)
    check(found, blocks(), models=("",))
    with Archive(archive) as store:
        store.add_design(found)
        job = _Job(found, problems, models, split, store)
        run_sync(job.run, str(cache_path(archive)), **options)
        chosen = _chosen_on(store, found.id)
        if split == "test":
            say_opened(store, *problems)
    if job.cut:
        say(f"masdesign: {job.cut}; shown is what was finished", err=True)
    for name, model, reason in job.unscored:
        say(f"masdesign: {name} with {model}: no item was scored: {reason}", err=True)
    if job.unscored and not job.done:
        raise InputError("no item was scored; see whether the models answer (masdesign doctor)")
    marks = [
        (cell.found.task, cell.found.task_version, cell.found.model) in chosen and split == "val"
        for cell in job.table.cells
    ]
    emit(_document(job, marks)) if as_json else _show(job, marks)


def _models(listed: str | None, options: dict[str, Any]) -> list[ModelSpec]:
    """The models to compare, each with its own server and options; roles are shared by all."""
    given = named_models(options["models"])
    names = _names("--models", listed) if listed is not None else list(given) or [DEFAULT_MODEL]
    options["models"] = tuple(f"{name}={given.get(name, name)}" for name in names)
    table = chosen_models(options)
    return [table[name] for name in names]


def _names(option: str, given: str) -> list[str]:
    names = [name.strip() for name in given.split(",") if name.strip()]
    if not names or len(set(names)) < len(names):
        raise InputError(f"{option} {given!r}: name each once, as in {option} a,b")
    return names


@dataclass
class _Job:
    """The cells asked for, and those that were finished."""

    design: Design
    tasks: list[Task]
    models: list[ModelSpec]
    split: Split
    archive: Archive
    done: list[Any] = field(default_factory=list)
    spend: Any = None
    cut: str = ""
    unscored: list[tuple[str, str, str]] = field(default_factory=list)
    """Task, model and reason of each cell in which no item was scored."""

    @property
    def table(self) -> Transfer:
        """What was finished."""
        from masdesign.experiments.transfer import Transfer

        return Transfer(tuple(self.done))

    async def run(
        self,
        cache: str,
        *,
        budget: str | None,
        concurrency: int,
        seed: int,
    ) -> None:
        """Model by model, task by task; every cell is kept as soon as it is there."""
        from masdesign.errors import BudgetExhausted
        from masdesign.evaluation.session import notes_of, open_runtime
        from masdesign.spending.budget import Budget
        from masdesign.spending.ledger import Ledger

        ledger = Ledger(Budget.parse(budget))
        for model in self.models:
            async with open_runtime(
                model,
                cache=cache,
                concurrency=concurrency,
                world=seed,
                ledger=ledger,
            ) as runtime:
                for note in notes_of(runtime):
                    say(f"note: {note}", err=True)
                for task in self.tasks:
                    try:  # test is opened once a model is there: the same look for every model
                        await self._cell(task, runtime, ledger, seed)
                    except BudgetExhausted as error:
                        if not self.done:
                            raise
                        self.cut, self.spend = str(error), ledger.spend
                        return
        self.spend = ledger.spend

    async def _cell(self, task: Task, runtime: Runtime, ledger: Ledger, seed: int) -> None:
        from masdesign.cli._progress import items_progress
        from masdesign.evaluation.unscored import unscored_reason
        from masdesign.experiments.transfer import carry_over
        from masdesign.session.opening import Opening

        with items_progress(
            f"{task.name} with {runtime.models[''].model}", 5 * task.size(self.split)
        ) as advance:
            ready = replace(
                runtime, tools=frozenset(task.tools), train=lambda: task.train, asking=task.asking
            )
            record = Opening.record
            where = record(self.archive, None, task, [self.design]) if self.split == "test" else self.split
            cell = await carry_over(
                self.design, task, where, ready, seed=seed, ledger=ledger, on_result=advance
            )
        self.archive.add_evaluation(cell.found)
        if cell.found.items:
            self.done.append(cell)
        else:
            self.unscored.append((task.name, cell.found.model, unscored_reason([cell.found])))


def _chosen_on(store: Archive, design_id: str) -> set[tuple[str, str, str]]:
    """Task, its version and model of every run that chose this design."""
    return {
        (run.task, run.task_version, run.model)
        for run in store.runs()
        if run.outcome and run.outcome.get("best", {}).get("id") == design_id
    }


def _document(job: _Job, marks: list[bool]) -> dict[str, Any]:
    cells = [{**cell, "chosen_here": mark} for cell, mark in zip(job.table.to_json(), marks, strict=True)]
    return {
        "design": job.design.id,
        "name": job.design.name,
        "split": job.split,
        "cells": cells,
        "unscored": [{"task": t, "model": m, "reason": r} for t, m, r in job.unscored],
        "spend": job.spend,
    }


def _show(job: _Job, marks: list[bool]) -> None:
    columns = ("score", "best plain way there", "difference", "p", "at the same tokens")
    table = new_table("task", "model", *columns, words=2)
    found = job.table
    rows = zip(found.cells, found.differences, found.p_holm, marks, strict=True)
    for cell, by, p, mark in rows:
        above, plain = cell.advantage, cell.baseline
        table.add_row(
            cell.found.task + (" *" if mark else ""),
            cell.found.model,
            f"{cell.found.score:.3f}\n{cell.found.low:.2f} to {cell.found.high:.2f}",
            f"{plain.evaluation.score:.3f}\n{plain.name.replace('_', ' ')}",
            f"{by.mean:+.3f}\n{by.low:+.2f} to {by.high:+.2f}",
            f"{p:.2g}",
            f"{above.score:+.3f}{'†' if above.beyond_curve else ''}\n{above.low:+.2f} to {above.high:+.2f}",
        )
    name = job.design.name or job.design.id
    say(f"{name} {job.design.id} on {job.split}; intervals are of 95 %")
    print_table(table)
    if any(cell.advantage.beyond_curve for cell in found.cells):
        say("† it uses more tokens than the largest vote, whose score stands in")
    if any(marks):
        say("* the design was chosen here: its val score is partly luck; --split test is fresh")
    pairs = zip(found.cells, found.differences, strict=True)
    better = [cell.found.task for cell, difference in pairs if difference.verdict == "better"]
    where = f"in {len(better)} of {len(found.cells)} cells ({', '.join(better)})" if better else "in no cell"
    say(f"better than the best plain way, after Holm: {where}")
    s = job.spend
    say(f"spend {s.calls} calls ({s.paid_calls} sent), {s.tokens} tokens, {s.seconds:.1f} s")
