"""masdesign memory measure: is learning worth it? Shuffled streams beside frozen and shuffled memories."""

from __future__ import annotations

from typing import Any

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
from masdesign.cli.memory._shared import learning_of, learning_options


@click.command()
@click.argument("design")
@click.argument("task")
@click.option("--orders", type=click.IntRange(1), default=10, show_default=True, help="Shuffled streams.")
@learning_options
@archive_option
@model_options
@task_options
@json_option
def command(design: str, task: str, orders: int, as_json: bool, **options: Any) -> None:
    """Measure what a memory that learns is worth to DESIGN on the train items of TASK.

    Every score is of an item not seen before. Beside it stand the memory of the start (frozen), and one whose
    contents are dealt to other conditions (shuffled): a gain that survives shuffling is not the memory's.
    """
    from masdesign.experiments.learning import run_prequential
    from masdesign.tasks import load_task

    problem = load_task(task, **task_arguments(options))
    streaming = learning_of(options)
    models, seed = chosen_models(options), options.pop("seed")
    measured = run_prequential(
        design, problem, orders=orders, model=models, seed=seed, **streaming, **resources(options)
    ).to_json()
    if as_json:
        emit(measured)
        return
    table = new_table("memory", "1st quarter", "2nd", "3rd", "4th", "tokens an item")
    for arm, means in measured["curve"].items():
        tokens = measured["tokens_per_item"][arm]
        table.add_row(arm, *(f"{mean:.3f}" for mean in means), f"{sum(tokens) / len(tokens):.0f}")
    print_table(table)
    for name, words in (("gain", "over the frozen memory"), ("gain_of_content", "over the shuffled one")):
        d = measured[name]
        say(f"second half: {d['mean']:+.3f} {words} ({d['low']:+.3f} to {d['high']:+.3f}, p = {d['p']:.2g})")
    say(
        f"writing took {measured['writing_tokens_per_item']:.0f} tokens an item; "
        f"backward transfer {measured['backward_transfer']:+.3f}"
    )
