"""masdesign advise: before a search, will several agents pay, will one prompt do, or neither?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

import masdesign as md
from masdesign.cli import _options as opt
from masdesign.cli._job import job_arguments, job_options
from masdesign.cli._say import emit, note, say
from masdesign.cli._tables import new_table, print_table, score_cells
from masdesign.cli._task import take_task

if TYPE_CHECKING:
    from masdesign.search.advice import Advice


@click.command()
@click.argument("task")
@opt.option("--pilot-items", "Of val; a search afterwards asks them again for nothing.", 30, least=10)
@opt.together(opt.budget_option, job_options)
def command(task: str, pilot_items: int, budget: str | None, as_json: bool, **options: Any) -> None:
    """Say from a pilot on TASK whether several agents will pay, one prompt will do, or neither.

    The probabilities rest on tasks whose search is known. The design named at the end is the best of the
    plain ways and of a few designs that did well elsewhere; it can be used at once.

    \b
    masdesign advise ledger
    masdesign advise questions.jsonl --model openai/gpt-4o-mini --budget 1usd --json
    """
    problem, job = take_task(task, options), job_arguments(options)
    advice = md.run_advise(problem, budget=budget, items=pilot_items, on_note=note, **job)
    emit(advice.to_json()) if as_json else _show(advice, task)


def _show(advice: Advice, task: str) -> None:
    from masdesign.search.advice import shown

    sentence = {
        "several agents": "several agents will pay: search for a design",
        "one prompt": "one prompt will do: a search would find little more",
        "neither": "neither: nothing that was tried helps, and one prompt does not do it",
    }[advice.verdict]
    say(f"{advice.task.name}: {sentence}")
    say(
        f"probability that several agents pay: {shown(advice.agents)}; that one prompt does: "
        f"{shown(advice.prompt)} (from {advice.known} tasks with a known search)"
    )
    table = new_table("design", "score", "95 % interval", "tokens an item", "above the plain ways")
    for point in advice.curve.points:
        table.add_row(point.name, *score_cells(point.evaluation), "")
    for design, evaluation, earned in advice.candidates:
        above = f"{earned.score:+.3f} ({earned.low:+.3f} to {earned.high:+.3f})"
        table.add_row(design.name or design.id, *score_cells(evaluation), above)
    print_table(table)
    if not advice.candidates:
        say("no design of several agents was raced: the archive has none that did well on a similar task")
    say(f"to use at once: {advice.design.name} (masdesign run {advice.design.id} --question '…')")
    if advice.verdict == "several agents":
        say(f"to search: masdesign search {task} --start {advice.design.id}")
    say(f"spend {advice.spend}, {advice.spend.seconds:.1f} s")
