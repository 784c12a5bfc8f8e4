"""masdesign search: searches for the workflow that answers a task best, then looks at test once."""

from __future__ import annotations

from typing import Any

import click

from masdesign.cli._options import (
    archive_option,
    cache_path,
    chosen_models,
    emit,
    executor_option,
    json_option,
    meta_model_options,
    model_options,
    names,
    task_arguments,
    task_options,
)
from masdesign.cli._say import say


@click.command()
@click.argument("task")
@click.option("--strategy", default="portfolio", show_default=True, help="See masdesign strategies.")
@click.option(
    "--budget",
    default="20000calls",
    show_default=True,
    metavar="B",
    help="20000calls, 2Mtokens, 5usd or 10min; the look at test is inside it.",
)
@click.option(
    "--objective",
    type=click.Choice(["score", "pareto", "advantage"]),
    default="score",
    show_default=True,
    help="Score; score and tokens; or score above the plain baselines at the same tokens.",
)
@meta_model_options("The model that writes designs, if the strategy takes one; a LiteLLM name.")
@click.option("--run", default="", metavar="NAME", help="Go on with that run; a new one without it.")
@click.option("--new", is_flag=True, help="Begin a run of the name that --run gives.")
@click.option(
    "--batch", type=click.IntRange(1), default=8, show_default=True, help="Designs proposed together."
)
@click.option("--yes", is_flag=True, help="Go on without asking, whatever it may cost.")
@click.option(
    "--transfer/--no-transfer",
    default=True,
    show_default=True,
    help="Begin with designs of the archive that did well on similar tasks.",
)
@click.option(
    "--start",
    multiple=True,
    metavar="DESIGN",
    help="A design of your own to begin with and to build on: a file, an id, a name. Repeatable.",
)
@click.option("--with", "only", metavar="A,B", callback=names, help="Make designs of these blocks alone.")
@click.option("--without", metavar="A,B", callback=names, help="Make no design of these blocks.")
@click.option(
    "--literature/--no-literature",
    default=True,
    show_default=True,
    help="Begin with designs that the literature knows.",
)
@click.option("--dry-run", is_flag=True, help="Say what it would spend, and ask no model.")
@archive_option
@model_options
@executor_option
@task_options
@json_option
@click.pass_context
def command(
    context: click.Context,
    /,
    task: str,
    strategy: str,
    budget: str,
    objective: str,
    run: str,
    new: bool,
    batch: int,
    dry_run: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Search for the workflow that answers TASK best, and keep every design in the archive.

    Designs are chosen on val; test is looked at once, for the winner and the plain baselines.

    \b
    masdesign search arithmetic --budget 20000calls
    masdesign search questions.jsonl --model ollama/llama3 --objective advantage
    """
    from masdesign.archive import Archive
    from masdesign.cli._opened import say_opened, times_opened
    from masdesign.cli._resume import check_run, resume_command, run_command
    from masdesign.cli._search import show
    from masdesign.cli._watch import Watcher
    from masdesign.search.strategies import STRATEGIES
    from masdesign.search.verbs import run_search
    from masdesign.tasks import load_task

    models = chosen_models(options)
    STRATEGIES.get(strategy).check_meta_model(models["meta"].model if "meta" in models else None)
    arguments = task_arguments(options)
    problem = load_task(task, **arguments)
    place = options.pop("archive")
    if dry_run:
        from masdesign.search.forecast import run_forecast

        keep = ("price", "base_url", "concurrency", "executor")
        known = {name: value for name, value in options.items() if name in keep}
        expected = run_forecast(problem, model=models, budget=budget, archive=place, **known)
        emit(expected.to_json()) if as_json else say("\n".join(expected.lines()))
        return
    watcher = Watcher(lambda name: resume_command(context, name), str)
    with Archive(place) as archive, watcher:
        check_run(archive, run, new=new)
        result = run_search(
            problem,
            model=models,
            budget=budget,
            strategy=strategy,
            objective=objective,
            archive=archive,
            cache=cache_path(place),
            run=run,
            batch=batch,
            on_event=watcher.on_event,
            confirm=watcher.confirm(options.pop("yes")),
            # An MCP server's command may hold a secret: no record keeps it.
            facts={"task": task, "task_arguments": {k: v for k, v in arguments.items() if k != "mcp"}},
            **options,
        )
        if as_json:
            say_opened(archive, problem)
            emit(result.to_json())
        else:
            show(result, problem, times_opened(archive, problem), run_command(context, result.best.id))
