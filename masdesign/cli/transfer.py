"""masdesign transfer: does a design carry over to other tasks and models?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

import masdesign as md
from masdesign.cli import _options as opt
from masdesign.cli._job import resources
from masdesign.cli._models import DEFAULT_MODEL, chosen_models, model_options, named_models
from masdesign.cli._say import emit, note, say, say_opened
from masdesign.cli._tables import new_table, print_table
from masdesign.cli._task import load_task
from masdesign.cli._watch import items_progress
from masdesign.errors import InputError

if TYPE_CHECKING:
    from masdesign.experiments.verbs import Transferred
    from masdesign.lm.spec import ModelSpec
    from masdesign.types import Split


@click.command()
@click.argument("design")
@opt.option("--tasks=A,B,…", "Names of tasks, or files.", required=True)
@opt.option(
    "--models=M,N,… listed", "Models, or names that --model gives; all of --model, else abacus, by default."
)
@opt.option("--split", None, "val", of=("val", "test"))
@opt.several(
    "--scorer --metric=[TASK=]NAME scorers",
    "Of masdesign scorers, or module:function, for all tasks or for one; several times; inferred only "
    "where certain.",
)
@opt.option("--items", "How many val items of each task.", least=1)
@opt.option("--test-items", "How many test items of each task.", least=1)
@opt.together(opt.budget_option, opt.archive_option, model_options, opt.json_option)
def command(
    design: str,
    tasks: str,
    listed: str | None,
    split: Split,
    scorers: tuple[str, ...],
    archive: str,
    as_json: bool,
    **options: Any,
) -> None:
    """Score DESIGN on every task with every model, each beside the best plain way there.

    A look at test is recorded as an opening. A cell in which the design was chosen is marked: there its
    val score is partly luck.

    \b
    masdesign transfer best --tasks arithmetic,boolean
    masdesign transfer 37ab4cad5e1e --tasks arithmetic --models abacus,ollama/llama3 --json
    masdesign transfer best --tasks t.jsonl --model a=openai/x --base-url a=URL1 \
      --model b=openai/y --base-url b=URL2
    """
    models = _models(listed, options)
    rules = _scorers(scorers, _names("--tasks", tasks))
    sizes = {name: options.pop(name) for name in ("items", "test_items")}
    problems = [load_task(name, {"scorer": rule, **sizes}) for name, rule in rules.items()]
    transferred = md.run_transfer(
        design,
        problems,
        models=models,
        split=split,
        budget=options.pop("budget"),
        seed=options.pop("seed"),
        showing=items_progress,
        on_note=note,
        **resources({"archive": archive, **options}),
    )
    if split == "test":
        with md.Archive(archive) as store:
            say_opened(store, *problems)
    if transferred.cut:
        say(f"masdesign: {transferred.cut}; shown is what was finished", err=True)
    for name, model, reason in transferred.unscored:
        say(f"masdesign: {name} with {model}: no item was scored: {reason}", err=True)
    emit(transferred.to_json()) if as_json else _show(transferred)


def _models(listed: str | None, options: dict[str, Any]) -> list[ModelSpec]:
    """The models to compare, each with its own server and options; roles are shared by all."""
    given = named_models(options["models"])
    names = _names("--models", listed) if listed is not None else list(given) or [DEFAULT_MODEL]
    options["models"] = tuple(f"{name}={given.get(name, name)}" for name in names)
    table = chosen_models(options)
    return [table[name] for name in names]


def _scorers(given: tuple[str, ...], tasks: list[str]) -> dict[str, str | None]:
    """The scorer that the user names for each task: the task's own, else the one for all."""
    named = [entry.rpartition("=") for entry in given]
    table = {task: rule for task, _, rule in named}
    for task, sign, rule in named:
        if len(table) < len(named) or not rule or (sign and task not in tasks):
            raise InputError(
                f"--scorer {task}{sign}{rule}: give one scorer for all, or one a task, as in "
                f"--scorer {tasks[0]}=exact"
            )
    return {task: table.get(task, table.get("")) for task in tasks}


def _names(option: str, given: str) -> list[str]:
    names = [name.strip() for name in given.split(",") if name.strip()]
    if not names or len(set(names)) < len(names):
        raise InputError(f"{option} {given!r}: name each once, as in {option} a,b")
    return names


def _show(job: Transferred) -> None:
    columns = ("score", "best plain way there", "difference", "p", "at the same tokens")
    table = new_table("task", "model", *columns, words=2)
    carried, marks = job.table, job.chosen_here
    rows = zip(carried.cells, carried.differences, carried.p_holm, marks, strict=True)
    for cell, by, p, mark in rows:
        above, plain = cell.advantage, cell.baseline
        table.add_row(
            cell.evaluation.task + (" *" if mark else ""),
            cell.evaluation.model,
            f"{cell.evaluation.score:.3f}\n{cell.evaluation.low:.2f} to {cell.evaluation.high:.2f}",
            f"{plain.evaluation.score:.3f}\n{plain.name.replace('_', ' ')}",
            f"{by.mean:+.3f}\n{by.low:+.2f} to {by.high:+.2f}",
            f"{p:.2g}",
            f"{above.score:+.3f}{'†' if above.beyond_curve else ''}\n{above.low:+.2f} to {above.high:+.2f}",
        )
    name = job.design.name or job.design.id
    say(f"{name} {job.design.id} on {job.split}; intervals are of 95 %")
    print_table(table)
    if any(cell.advantage.beyond_curve for cell in carried.cells):
        say("† it uses more tokens than the largest vote, whose score stands in")
    if any(marks):
        say("* the design was chosen here: its val score is partly luck; --split test is fresh")
    pairs = zip(carried.cells, carried.differences, strict=True)
    better = [cell.evaluation.task for cell, difference in pairs if difference.verdict == "better"]
    where = f"in {len(better)} of {len(carried.cells)} cells ({', '.join(better)})"
    say(f"better than the best plain way, after Holm: {where if better else 'in no cell'}")
    for cell in carried.cells:
        if cell.answers_without_model:
            where = f"on {cell.evaluation.task} with {cell.evaluation.model}"
            say(f"beware: {where} it scores {cell.blank:.3f} with a blank model, too: its code answers")
    say(f"spend {job.spend}, {job.spend.seconds:.1f} s")
