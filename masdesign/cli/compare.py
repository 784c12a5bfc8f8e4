"""masdesign compare: which strategy is worth its money? Several at equal spend, with repeats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from masdesign.cli import _options as opt
from masdesign.cli._resume import resume_command
from masdesign.cli._say import say
from masdesign.errors import InputError

PICTURES = (".png", ".svg", ".pdf")


@click.command()
@click.argument("task")
@opt.option("--strategies", "Two or more of masdesign strategies.", required=True, metavar="A,B,C")
@opt.option(
    "--budget",
    "Of each search with its share of the look at test: 4000calls, 2Mtokens or 5usd.",
    required=True,
    metavar="B",
)
@opt.option("--repeats", "Searches of each strategy.", 5, least=1)
@opt.option("--objective", "What every search is after.", "score", of=opt.OBJECTIVES)
@opt.option(
    "--experience",
    "What arms begin with: cold, warm (lessons of other tasks), shuffled, seeds (their designs).",
    "",
    metavar="A,B",
)
@opt.switch("literature", "Begin with designs that the literature knows.")
@opt.option("--reach", "A test score: what did each search spend for it?", type=click.FloatRange(0, 1))
@opt.option("--batch", "Designs proposed together.", 8, least=1)
@opt.meta_model_options("The model that writes designs, for strategies that take one.")
@opt.option("--picture", "Draw test score against spend: .png, .svg or .pdf.", metavar="FILE")
@opt.flag("--yes", "Go on without asking, whatever it may cost.")
@opt.archive_option
@opt.model_options
@opt.executor_option
@opt.task_options
@opt.json_option
@click.pass_context
def command(
    context: click.Context, /, task: str, strategies: str, picture: str | None, as_json: bool, **options: Any
) -> None:
    """Compare search strategies on TASK at equal spend.

    Each strategy searches N times; repeat r has seed r and world r, the same for all, and begins with
    nothing that another one found. When all have chosen on val, test is opened once, for the winners and
    for what stood first along the way. Intervals are of 95 %, with repeats and items both resampled; tests
    are paired, and corrected by Holm's method. Interrupted, the same command goes on.

    \b
    masdesign compare arithmetic --strategies random,evolution,portfolio --budget 4000calls --repeats 10
    masdesign compare ledger --strategies portfolio --experience cold,warm,shuffled,seeds --budget 3000calls

    \b
    --json prints {run, task, model, objective, budget, unit, seed, repeats, items, designs,
      strategies: [{strategy, test: {score, low, high, items},
                    reached: [spent by each repeat]      with --reach; null where it never had it
                    curve: [{spent, score, low, high}]   test score, had it stopped there
                    repeats: [{run, seed, best: {id, name}, val, val_shrunk, test,
                               tokens_per_item, candidates, failures, spend}]}],
      pairs: [{first, second, difference, low, high, p, p_holm}]   first minus second;
                                                p is null where there is one repeat
      look, spend: {calls, tokens, usd, seconds, paid_calls, paid_usd}   of the look at test; of all
      test_openings}
    """
    from masdesign.archive import Archive
    from masdesign.cli._compare import ComparisonWatcher, draw, show
    from masdesign.cli._opened import say_opened
    from masdesign.search.compare.verbs import run_compare
    from masdesign.tasks import load_task

    names, arms = (
        [name.strip() for name in listed.split(",") if name.strip()]
        for listed in (strategies, options.pop("experience"))
    )
    drawn = _picture(picture)
    problem = load_task(task, **opt.task_arguments(options))
    place = options.pop("archive")
    with Archive(place) as archive, ComparisonWatcher(resume_command(context)) as watcher:
        comparison = run_compare(
            problem,
            names,
            experience=arms,
            model=opt.chosen_models(options),
            archive=archive,
            cache=opt.cache_path(place),
            on_event=watcher.on_compare_event,
            confirm=watcher.confirm(options.pop("yes")),
            **options,
        )
        say_opened(archive, problem)
    if drawn is not None:
        draw(comparison, drawn)
        say(f"drawn: {drawn}", err=True)
    opt.emit(comparison.to_json()) if as_json else show(comparison)


def _picture(given: str | None) -> Path | None:
    """Where to draw; looked at before anything is spent."""
    if given is None:
        return None
    path = Path(given)
    if path.suffix.lower() not in PICTURES:
        raise InputError(f"--picture {given}: end its name in {', '.join(PICTURES[:-1])} or {PICTURES[-1]}")
    if not path.parent.is_dir():
        raise InputError(f"--picture {given}: there is no folder {path.parent}; make it, or name another")
    return path
