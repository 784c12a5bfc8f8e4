"""masdesign advise: before a search, will several agents pay, will one prompt do, or neither?"""

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
    from masdesign.evaluation import Evaluation
    from masdesign.search.advice import Advice


@click.command()
@click.argument("task")
@click.option(
    "--pilot-items",
    type=click.IntRange(10),
    default=30,
    show_default=True,
    help="Of val; a search afterwards asks them again for nothing.",
)
@click.option("--budget", metavar="B", help="20000calls, 2Mtokens, 5usd or 10min; unlimited by default.")
@archive_option
@model_options
@task_options
@json_option
def command(task: str, pilot_items: int, budget: str | None, as_json: bool, **options: Any) -> None:
    """Say from a pilot on TASK whether several agents will pay, one prompt will do, or neither.

    The probabilities rest on tasks whose search is known. The design named at the end is the best of the
    plain ways and of a few designs that did well elsewhere; it can be used at once.

    \b
    masdesign advise ledger
    masdesign advise questions.jsonl --model openai/gpt-4o-mini --budget 1usd --json
    """
    from masdesign.cli._progress import items_progress
    from masdesign.search.advice import run_advise
    from masdesign.tasks import load_task

    advice = run_advise(
        load_task(task, **task_arguments(options)),
        model=chosen_models(options),
        budget=budget,
        items=pilot_items,
        seed=options.pop("seed"),
        showing=items_progress,
        on_note=lambda line: say(f"note: {line}", err=True),
        **resources(options),
    )
    emit(advice.to_json()) if as_json else _show(advice, task)


def _show(advice: Advice, task: str) -> None:
    from masdesign.search.advice import shown

    sentence = {
        "several agents": "several agents will pay: search for a design",
        "one prompt": "one prompt will do: a search would find little more",
        "neither": "neither: nothing tried helps, and one prompt does not do it",
    }[advice.verdict]
    say(f"{advice.task.name}: {sentence}")
    say(
        f"probability that several agents pay {shown(advice.agents)}, that one prompt does "
        f"{shown(advice.prompt)}: {advice.known} tasks are known whose search was made"
    )
    table = new_table("design", "score", "95 % interval", "tokens an item", "above the plain ways")
    for point in advice.curve.points:
        table.add_row(point.name, *_cells(point.evaluation), "")
    for design, evaluation, earned in advice.candidates:
        above = f"{earned.score:+.3f} ({earned.low:+.3f} to {earned.high:+.3f})"
        table.add_row(design.name or design.id, *_cells(evaluation), above)
    print_table(table)
    say(f'to use at once: {advice.design.name} (masdesign run {advice.design.id} "QUESTION")')
    if advice.verdict == "several agents":
        say(f"to search: masdesign search {task} --start {advice.design.id}")
    say(f"spend {advice.spend}, {advice.spend.seconds:.1f} s")


def _cells(evaluation: Evaluation) -> tuple[str, str, str]:
    interval = f"{evaluation.low:.3f} to {evaluation.high:.3f}"
    return f"{evaluation.score:.3f}", interval, f"{evaluation.tokens_per_item:.0f}"
