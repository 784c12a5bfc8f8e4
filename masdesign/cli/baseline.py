"""masdesign baseline: what the plain ways score: direct, step by step, self-consistency over k."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from masdesign.cli._options import (
    archive_option,
    chosen_models,
    emit,
    json_option,
    model_options,
    resources,
    task_arguments,
    task_options,
)
from masdesign.cli._say import say
from masdesign.cli._tables import new_table, print_table

if TYPE_CHECKING:
    from masdesign.experiments.curve import Curve
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
    from masdesign.cli._progress import items_progress
    from masdesign.experiments.verbs import run_baseline
    from masdesign.tasks import load_task, power_note

    problem = load_task(task, **task_arguments(options))
    note = power_note(len(problem.val))
    if note:
        say(f"{problem.name}: {note}", err=True)
    baselines = run_baseline(
        problem,
        model=chosen_models(options),
        budget=budget,
        max_k=max_k,
        seed=options.pop("seed"),
        showing=items_progress,
        on_note=lambda line: say(f"note: {line}", err=True),
        **resources(options),
    )
    emit(baselines.to_json()) if as_json else _show(problem, baselines.curve, baselines.spend)


def _show(task: Task, curve: Curve, spend: Spend) -> None:
    table = new_table("baseline", "score", "95 % interval", "tokens an item", "calls an item")
    for point in curve.points:
        evaluation = point.evaluation
        warm = f" (temperature {curve.step_temperature:g})" if point.name == "step_by_step" else ""
        table.add_row(
            point.name + warm,
            f"{evaluation.score:.3f}",
            f"{evaluation.low:.3f} to {evaluation.high:.3f}",
            f"{evaluation.tokens_per_item:.0f}",
            f"{evaluation.calls_per_item:.0f}",
        )
    say(
        f"{task.name} val, {len(task.val)} items, chance {task.chance:.2f}, "
        f"answered by {curve.points[0].evaluation.model}"
    )
    print_table(table)
    say(f"spend {spend}, {spend.seconds:.1f} s")
