"""masdesign baseline: what the plain ways score: direct, step by step, self-consistency over k."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

import masdesign as md
from masdesign.cli import _options as opt
from masdesign.cli._job import job_arguments, job_options
from masdesign.cli._say import emit, note, say
from masdesign.cli._tables import new_table, print_table, score_cells
from masdesign.cli._task import say_notes, take_task

if TYPE_CHECKING:
    from masdesign.experiments.curve import Curve
    from masdesign.spending.spend import Spend


@click.command()
@click.argument("task")
@opt.option("--max-k", "The largest vote.", 33, least=1, most=63)
@opt.together(opt.budget_option, job_options)
def command(task: str, max_k: int, budget: str | None, as_json: bool, **options: Any) -> None:
    """Measure the baselines of TASK on val: the bar that a design has to clear at its cost.

    \b
    masdesign baseline arithmetic
    masdesign baseline questions.jsonl --max-k 9 --json
    """
    from masdesign.tasks import power_note

    problem = take_task(task, options)
    say_notes(problem, power_note(len(problem.val)))
    job = job_arguments(options)
    baselines = md.run_baseline(problem, budget=budget, max_k=max_k, on_note=note, **job)
    emit(baselines.to_json()) if as_json else _show(problem, baselines.curve, baselines.spend)


def _show(task: md.Task, curve: Curve, spend: Spend) -> None:
    table = new_table("baseline", "score", "95 % interval", "tokens an item", "calls an item")
    for point in curve.points:
        evaluation = point.evaluation
        warm = f" (temperature {curve.step_temperature:g})" if point.name == "step_by_step" else ""
        table.add_row(point.name + warm, *score_cells(evaluation), f"{evaluation.calls_per_item:.0f}")
    model = curve.points[0].evaluation.model
    say(f"{task.name} val, {len(task.val)} items, chance {task.chance:.2f}, answered by {model}")
    print_table(table)
    say(f"spend {spend}, {spend.seconds:.1f} s")
