"""`masdesign archive ablate`: which steps of a design earn their cost?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

import masdesign as md
from masdesign.cli import _options as opt
from masdesign.cli._job import job_arguments, job_options
from masdesign.cli._say import emit, say, say_opened
from masdesign.cli._tables import new_table, print_table, score_cells
from masdesign.cli._task import take_task

if TYPE_CHECKING:
    from masdesign.search.ablation.ablation import Ablation
    from masdesign.spending.spend import Spend
    from masdesign.types import Split


@click.command()
@click.argument("design")
@click.argument("task")
@opt.option("--split", None, "val", of=("val", "test"))
@opt.together(opt.budget_option, job_options)
def command(design: str, task: str, split: Split, archive: str, as_json: bool, **options: Any) -> None:
    """Remove each step of DESIGN in turn on TASK: what does it earn over plain votes for its tokens?

    Every variant is kept in the archive with what was measured, and the report shows it; where steps earn
    nothing on val, so is the design without them.

    \b
    masdesign archive ablate best arithmetic
    """
    problem = take_task(task, options)
    budget, job = options.pop("budget"), job_arguments({"archive": archive, **options})
    kept = md.run_ablate(design, problem, split=split, budget=budget, **job)
    if split == "test":
        with md.Archive(archive) as store:
            say_opened(store, problem)
    ablation, spend = kept.ablation, kept.spend
    emit({**ablation.to_json(), "spend": spend.to_json()}) if as_json else _show(ablation, spend)


def _show(ablation: Ablation, spend: Spend) -> None:
    whole = ablation.evaluation
    table = new_table("without", "in its place", "score", "tokens", "earned", "95 % interval", words=2)
    table.add_row("(nothing)", "", f"{whole.score:.3f}", f"{whole.tokens_per_item:.0f}", "", "")
    for step in ablation.steps:
        by = step.earned
        score, _, tokens = score_cells(step.evaluation)
        interval = f"{by.low:+.3f} to {by.high:+.3f}"
        table.add_row(str(step.step), step.step.instead, score, tokens, f"{by.score:+.3f}", interval)
    name = ablation.design.name or ablation.design.id
    say(f"{name} on {whole.task} {whole.split}, {whole.items} items, answered by {whole.model}")
    print_table(table)
    say("earned: score that goes with the step, less what its tokens would earn as plain votes")
    for sentence in ablation.sentences():
        say(sentence)
    if ablation.simplified is not None:
        simple, seen = ablation.simplified
        say(
            f"kept without what earns nothing: {simple.id}, score {seen.score:.3f} at "
            f"{seen.tokens_per_item:.0f} tokens an item (masdesign archive show {simple.id})"
        )
    say(f"spend {spend}")
