"""masdesign memory strategies: does a memory of which workflow worked on what pay?"""

from __future__ import annotations

from typing import Any

import click

from masdesign.cli._options import chosen_models, emit, resources, task_arguments
from masdesign.cli._say import say
from masdesign.cli._tables import new_table, print_table
from masdesign.cli.memory._shared import guided_of, guided_options, streaming_options


@click.command()
@click.argument("task")
@click.option("--train-items", type=click.IntRange(3), default=200, show_default=True, help="Items.")
@click.option("--budget", default="200calls", show_default=True, metavar="B", help="Of each item.")
@guided_options
@streaming_options
def command(task: str, train_items: int, budget: str, as_json: bool, **options: Any) -> None:
    """Measure masdesign solve --learn on the train items of TASK, shuffled, beside a frozen memory.

    Each item is answered before anything of it is learnt. Tokens and calls are all that an item took.
    With --no-labels the memory is told nothing; the scores that are shown are by the labels all the same.
    """
    from masdesign.search.solve.measuring import run_guided
    from masdesign.tasks import load_task

    problem, guided = load_task(task, **task_arguments(options)), guided_of(options)
    models, seed = chosen_models(options), options.pop("seed")
    given = {"guided": guided, "items": train_items, "model": models, "budget": budget, "seed": seed}
    measured = run_guided(problem, **given, **resources(options)).to_json()
    if as_json:
        emit(measured)
        return
    table = new_table("memory", "", "1st third", "2nd", "3rd")
    for arm in ("learnt", "frozen"):
        for unit, digits in (("score", 3), ("tokens", 0), ("calls", 1)):
            table.add_row(arm, unit, *(f"{mean:.{digits}f}" for mean in measured[arm][unit]))
    print_table(table)
    d = measured["difference"]
    say(f"last third: {measured['saved']:.0%} fewer tokens an item than in the first one")
    say(
        f"its score: {d['mean']:+.3f} over the frozen memory "
        f"({d['low']:+.3f} to {d['high']:+.3f}, p = {d['p']:.2g})"
    )
    say(f"{measured['kinds']} kinds of problem, {measured['entries']} entries")
