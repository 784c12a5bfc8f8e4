"""masdesign memory measure: is learning worth it? Shuffled streams beside frozen and shuffled memories."""

from __future__ import annotations

from typing import Any

import click

from masdesign.cli._options import emit
from masdesign.cli._say import say
from masdesign.cli._tables import new_table, print_table
from masdesign.cli.memory._shared import learning_of, learning_options


@click.command()
@click.argument("design")
@click.argument("task")
@click.option("--orders", type=click.IntRange(1), default=10, show_default=True, help="Shuffled streams.")
@click.option("--then", metavar="TASK", help="A second task: what carries over, what is forgotten?")
@learning_options
def command(design: str, task: str, orders: int, then: str | None, as_json: bool, **options: Any) -> None:
    """Measure what a memory that learns is worth to DESIGN on the train items of TASK.

    Every score is of an item not seen before. Beside it stand the memory of the start (frozen), and one whose
    contents are dealt to other conditions (shuffled): a gain that survives shuffling is not the memory's.
    With --poison 0.2 one label in five is another item's; scores are by the true ones.
    """
    from masdesign.experiments.learning import run_prequential

    further: dict[str, Any] = {"then": then} if then else {}
    measured = run_prequential(design, orders=orders, **further, **learning_of(task, options)).to_json()
    if as_json:
        emit(measured)
        return
    table = new_table("memory", "1st quarter", "2nd", "3rd", "4th", "tokens an item")
    for arm, means in measured["curve"].items():
        tokens = measured["tokens_per_item"][arm]
        table.add_row(arm, *(f"{mean:.3f}" for mean in means), f"{sum(tokens) / len(tokens):.0f}")
    print_table(table)
    for name, words in (
        ("gain", "second half: {} over the frozen memory"),
        ("gain_of_content", "second half: {} over the shuffled one"),
        ("forward_transfer", f"forward transfer: {{}} on {then}, over the memory of the start"),
        ("forgetting", f"forgetting: {{}} lost of {task} by going on with {then}"),
    ):
        if d := measured.get(name):
            value = words.format(f"{d['mean']:+.3f}")
            say(f"{value} ({d['low']:+.3f} to {d['high']:+.3f}, p = {d['p']:.2g})")
    say(
        f"writing took {measured['writing_tokens_per_item']:.0f} tokens an item; "
        f"backward transfer {measured['backward_transfer']:+.3f}"
    )
