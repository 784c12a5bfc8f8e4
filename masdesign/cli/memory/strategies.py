"""masdesign memory strategies: does a memory of which workflow worked on what pay?"""

from __future__ import annotations

from typing import Any

import click

from masdesign.cli import _options as opt
from masdesign.cli._say import say
from masdesign.cli._tables import new_table, print_table
from masdesign.cli.memory._shared import guided_of, guided_options


@click.command()
@click.argument("task")
@opt.option("--train-items items", "Items.", 200, least=3)
@opt.option("--budget", "Of each item.", "200calls", metavar="B")
@guided_options
@opt.job_options
def command(task: str, as_json: bool, **options: Any) -> None:
    """Measure masdesign solve --learn on the train items of TASK, shuffled, beside a frozen memory.

    Each item is answered before anything of it is learnt. Tokens and calls are all that an item took.
    With --no-labels the memory is told nothing; the scores that are shown are by the labels all the same.
    """
    from masdesign.search.solve.measuring import run_guided
    from masdesign.tasks import load_task

    problem, guided = load_task(task, **opt.task_arguments(options)), guided_of(options)
    given = {name: options.pop(name) for name in ("items", "budget", "seed")}
    models = opt.chosen_models(options)
    measured = run_guided(problem, guided=guided, model=models, **given, **opt.resources(options)).to_json()
    if as_json:
        opt.emit(measured)
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
