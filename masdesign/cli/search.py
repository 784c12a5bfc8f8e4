"""masdesign search: searches for the workflow that answers a task best, then looks at test once."""

from __future__ import annotations

from typing import Any

import click

from masdesign.cli import _options as opt
from masdesign.cli._say import say


@click.command()
@click.argument("task")
@opt.option("--strategy", "See masdesign strategies.", "portfolio")
@opt.option(
    "--budget",
    "20000calls, 2Mtokens, 5usd or 10min; the look at test is inside it.",
    "20000calls",
    metavar="B",
)
@opt.option(
    "--objective",
    "Score; score and tokens; or score above the plain baselines at the same tokens.",
    "score",
    of=opt.OBJECTIVES,
)
@opt.meta_model_options("The model that writes designs, if the strategy takes one; a LiteLLM name.")
@opt.run_options
@opt.option("--batch", "Designs proposed together.", 8, least=1)
@opt.flag("--yes", "Go on without asking, whatever it may cost.")
@opt.switch("transfer", "Begin with designs of the archive that did well on similar tasks.")
@opt.option(
    "--start",
    "A design of your own to begin with and to build on: a file, an id, a name. Repeatable.",
    many=True,
    metavar="DESIGN",
)
@opt.option("--with only", "Make designs of these blocks alone.", metavar="A,B", callback=opt.names)
@opt.option("--without", "Make no design of these blocks.", metavar="A,B", callback=opt.names)
@opt.switch("literature", "Begin with designs that the literature knows.")
@opt.flag("--dry-run", "Say what it would spend, and ask no model.")
@opt.archive_option
@opt.model_options
@opt.executor_option
@opt.task_options
@opt.json_option
@click.pass_context
def command(
    context: click.Context,
    /,
    task: str,
    strategy: str,
    budget: str,
    new: bool,
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
    from masdesign.archive.found_on import acts_at_all, found_on
    from masdesign.cli._opened import say_opened, times_opened
    from masdesign.cli._resume import check_run, evaluate_command, resume_command, run_command
    from masdesign.cli._search import show
    from masdesign.cli._watch import Watcher
    from masdesign.search.strategies import STRATEGIES
    from masdesign.search.verbs import run_search
    from masdesign.tasks import load_task

    models = opt.chosen_models(options)
    STRATEGIES.get(strategy).check_meta_model(models["meta"].model if "meta" in models else None)
    arguments = opt.task_arguments(options)
    problem = load_task(task, **arguments)
    place = options.pop("archive")
    if dry_run:
        from masdesign.search.loop.estimate import run_forecast

        keep = ("price", "base_url", "concurrency", "executor")
        known = {name: value for name, value in options.items() if name in keep}
        expected = run_forecast(problem, model=models, budget=budget, archive=place, **known)
        opt.emit(expected.to_json()) if as_json else say("\n".join(expected.lines()))
        return
    watcher = Watcher(lambda name: resume_command(context, name), str)
    with Archive(place) as archive, watcher:
        check_run(archive, options["run"], new=new)
        result = run_search(
            problem,
            model=models,
            budget=budget,
            strategy=strategy,
            archive=archive,
            cache=opt.cache_path(place),
            on_event=watcher.on_event,
            confirm=watcher.confirm(options.pop("yes")),
            # An MCP server's command may hold a secret: no record keeps it.
            facts={"task": task, "task_arguments": {k: v for k, v in arguments.items() if k != "mcp"}},
            **options,
        )
        if as_json:
            say_opened(archive, problem)
            opt.emit(result.to_json())
        else:
            source = found_on(archive, result.best.id)
            bound = source is not None and source.own and acts_at_all(result.best)
            use = (evaluate_command if bound else run_command)(context, result.best.id)
            show(result, problem, times_opened(archive, problem), use)
