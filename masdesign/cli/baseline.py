"""masdesign baseline: what the plain ways score: direct, step by step, self-consistency over k."""

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
    from masdesign.experiments.curve import Curve, Point
    from masdesign.spending.spend import Spend
    from masdesign.tasks import Task


@click.command()
@click.argument("task")
@click.option("--max-k", type=click.IntRange(1, 63), default=33, show_default=True, help="The largest vote.")
@click.option("--budget", metavar="B", help="20000calls, 2Mtokens, 5usd or 10min; unlimited by default.")
@archive_option
@model_options
@task_options
@json_option
def command(task: str, max_k: int, budget: str | None, as_json: bool, **options: Any) -> None:
    """Measure the baselines of TASK on val: the bar that a design has to clear at its cost.

    \b
    masdesign baseline arithmetic
    masdesign baseline questions.jsonl --max-k 9 --json
    """
    from masdesign.aio import run_sync
    from masdesign.archive import Archive
    from masdesign.evaluation.unscored import require_scored
    from masdesign.experiments.baselines import direct, step_by_step
    from masdesign.experiments.votes import self_consistency_design
    from masdesign.tasks import load_task, power_note

    problem = load_task(task, **task_arguments(options))
    note = power_note(len(problem.val))
    if note:
        say(f"{problem.name}: {note}", err=True)
    place = options.pop("archive")
    curve, spend = run_sync(
        _measure,
        problem,
        max_k,
        budget,
        str(cache_path(place)),
        runtime_arguments(options),
    )
    with Archive(place) as archive:
        for design in (
            direct(),
            step_by_step(curve.step_temperature),
            *(self_consistency_design(p.k) for p in curve.votes if p.k is not None),
        ):
            archive.add_design(design)
        for point in curve.points:
            archive.add_evaluation(point.evaluation)
    require_scored([point.evaluation for point in curve.points])
    if as_json:
        emit(_document(problem, curve, spend))
    else:
        _show(problem, curve, spend)


async def _measure(
    task: Task, max_k: int, budget: str | None, cache: str, given: dict[str, Any]
) -> tuple[Curve, Spend]:
    from masdesign.cli._progress import items_progress
    from masdesign.evaluation.session import notes_of, open_runtime
    from masdesign.experiments.baselines import KS, reference_curve
    from masdesign.lm import repertoire_of
    from masdesign.spending.budget import Budget
    from masdesign.spending.ledger import Ledger

    ledger = Ledger(Budget.parse(budget))
    async with open_runtime(task=task, cache=cache, ledger=ledger, **given) as runtime:
        for note in notes_of(runtime):
            say(f"note: {note}", err=True)
        known = repertoire_of(runtime.models[""])
        max_k = max_k if known is None else min(max_k, known.draws)
        ks = sorted({k for k in KS if k < max_k} | {max_k})
        with items_progress(f"baselines of {task.name}", 4 * len(task.val)) as advance:
            curve = await reference_curve(
                task, "val", runtime, ks=ks, least_k=max_k, ledger=ledger, on_result=advance
            )
    return curve, ledger.spend


def _score(point: Point) -> dict[str, Any]:
    return {**point.evaluation.summary(), "tokens_per_item": point.evaluation.tokens_per_item}


def _document(task: Task, curve: Curve, spend: Spend) -> dict[str, Any]:
    return {
        "task": task.name,
        "task_version": task.version,
        "model": curve.points[0].evaluation.model,
        "split": "val",
        "chance": task.chance,
        "direct": _score(curve.point("direct")),
        "step_by_step": {**_score(curve.point("step_by_step")), "temperature": curve.step_temperature},
        "curve": [{"k": point.k, **_score(point)} for point in curve.votes],
        "spend": spend,
    }


def _show(task: Task, curve: Curve, spend: Spend) -> None:
    table = new_table("baseline", "score", "95 % interval", "tokens an item", "calls an item")
    for point in curve.points:
        found = point.evaluation
        warm = f" (temperature {curve.step_temperature:g})" if point.name == "step_by_step" else ""
        table.add_row(
            point.name + warm,
            f"{found.score:.3f}",
            f"{found.low:.3f} to {found.high:.3f}",
            f"{found.tokens_per_item:.0f}",
            f"{found.calls_per_item:.0f}",
        )
    say(
        f"{task.name} val, {len(task.val)} items, chance {task.chance:.2f}, "
        f"answered by {curve.points[0].evaluation.model}"
    )
    print_table(table)
    say(f"spend {spend.calls} calls ({spend.paid_calls} sent), {spend.tokens} tokens, {spend.seconds:.1f} s")
