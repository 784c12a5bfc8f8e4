"""`masdesign archive ablate`: which steps of a design earn their cost?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from masdesign.cli._options import (
    archive_option,
    cache_path,
    emit,
    json_option,
    model_options,
    runtime_arguments,
    task_arguments,
    task_options,
)
from masdesign.cli._say import say
from masdesign.cli._tables import new_table, print_table

if TYPE_CHECKING:
    from masdesign.archive import Archive
    from masdesign.search.ablation import Ablation
    from masdesign.spending.spend import Spend
    from masdesign.tasks import Task
    from masdesign.types import Split
    from masdesign.workflow import Design


@click.command()
@click.argument("design")
@click.argument("task")
@click.option("--split", type=click.Choice(["val", "test"]), default="val", show_default=True)
@click.option("--budget", metavar="B", help="20000calls, 2Mtokens, 5usd or 10min; unlimited by default.")
@archive_option
@model_options
@task_options
@json_option
def command(
    design: str, task: str, split: Split, budget: str | None, archive: str, as_json: bool, **options: Any
) -> None:
    """Remove each step of DESIGN in turn on TASK: what does it earn over plain votes for its tokens?

    Every variant is kept in the archive with what was measured, and the report shows it; where steps earn
    nothing on val, so is the design without them.

    \b
    masdesign archive ablate best arithmetic
    """
    from masdesign.aio import run_sync
    from masdesign.archive import Archive
    from masdesign.building_blocks import blocks
    from masdesign.cli._opened import say_opened
    from masdesign.lm.table import designs_see
    from masdesign.session.resolve import resolve_design
    from masdesign.tasks import load_task
    from masdesign.workflow import check

    problem = load_task(task, **task_arguments(options))
    given = runtime_arguments(options)
    chosen = resolve_design(design, archive=archive, task=problem, model=given["models"][""].model)
    check(chosen, blocks(), models=designs_see(given["models"]))
    with Archive(archive) as store:
        found, spend = run_sync(
            _measure, chosen, problem, split, store, budget, str(cache_path(archive)), given
        )
        if split == "test":
            say_opened(store, problem)
    emit({**found.to_json(), "spend": spend}) if as_json else _show(found, spend)


async def _measure(
    design: Design,
    task: Task,
    split: Split,
    archive: Archive,
    budget: str | None,
    cache: str,
    given: dict[str, Any],
) -> tuple[Ablation, Spend]:
    from masdesign.cli._progress import items_progress
    from masdesign.evaluation.session import open_runtime
    from masdesign.search.ablations import keep_ablation
    from masdesign.search.steps import steps_of
    from masdesign.spending.budget import Budget
    from masdesign.spending.ledger import Ledger

    ledger = Ledger(Budget.parse(budget))
    async with open_runtime(task=task, cache=cache, ledger=ledger, **given) as runtime:
        rounds = 1 + len(steps_of(design, runtime.blocks))
        with items_progress(f"ablation on {task.name}", rounds * task.size(split)) as advance:
            found = await keep_ablation(
                design, task, split, runtime, archive, seed=runtime.world, ledger=ledger, on_result=advance
            )
    return found, ledger.spend


def _show(found: Ablation, spend: Spend) -> None:
    whole = found.found
    table = new_table("without", "in its place", "score", "tokens", "earned", "95 % interval", words=2)
    table.add_row("(nothing)", "", f"{whole.score:.3f}", f"{whole.tokens_per_item:.0f}", "", "")
    for one in found.steps:
        by = one.earned
        table.add_row(
            str(one.step),
            one.step.instead,
            f"{one.found.score:.3f}",
            f"{one.found.tokens_per_item:.0f}",
            f"{by.score:+.3f}",
            f"{by.low:+.3f} to {by.high:+.3f}",
        )
    name = found.design.name or found.design.id
    say(f"{name} on {whole.task} {whole.split}, {whole.items} items, answered by {whole.model}")
    print_table(table)
    say("earned: score that goes with the step, less what its tokens would earn as plain votes")
    for sentence in found.sentences():
        say(sentence)
    if found.simplified is not None:
        simple, seen = found.simplified
        say(
            f"kept without what earns nothing: {simple.id}, score {seen.score:.3f} at "
            f"{seen.tokens_per_item:.0f} tokens an item (masdesign archive show {simple.id})"
        )
    say(f"spend {spend.calls} calls ({spend.paid_calls} sent), {spend.tokens} tokens")
