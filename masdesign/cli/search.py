"""masdesign search: searches for the workflow that answers a task best, then looks at test once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

import masdesign as md
from masdesign.cli import _options as opt
from masdesign.cli._job import cache_path
from masdesign.cli._models import chosen_models, meta_model_options, model_options
from masdesign.cli._resume import check_run, evaluate_command, resume_command, run_command
from masdesign.cli._say import emit, opened_again, say, say_opened, times_opened
from masdesign.cli._tables import new_table, print_table, score_cells
from masdesign.cli._task import load_task, task_arguments, task_options
from masdesign.cli._watch import Watcher
from masdesign.spending.budget import UNIT_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.table import Table

    from masdesign.evaluation import Evaluation
    from masdesign.lm.spec import ModelSpec
    from masdesign.search import SearchResult
    from masdesign.statistics.claims import Claim


@click.command()
@click.argument("task")
@opt.option("--strategy", "See masdesign strategies.", "portfolio")
@opt.option("--budget=B", "20000calls, 2Mtokens, 5usd or 10min; the look at test is inside it.", "20000calls")
@opt.option(
    "--objective",
    "Score; score and tokens; or score above the plain baselines at the same tokens.",
    "score",
    of=opt.OBJECTIVES,
)
@meta_model_options("The model that writes designs, if the strategy takes one; a LiteLLM name.")
@opt.run_options
@opt.option("--batch", "Designs proposed together.", 8, least=1)
@opt.flag("--yes", "Go on without asking, whatever it may cost.")
@opt.switch("transfer", "Begin with designs of the archive that did well on similar tasks.")
@opt.several(
    "--start=DESIGN", "A design of your own to begin with and to build on: a file, an id, a name. Repeatable."
)
@opt.option("--with=A,B only", "Make designs of these blocks alone.")
@opt.option("--without=A,B", "Make no design of these blocks.")
@opt.switch("literature", "Begin with designs that the literature knows.")
@opt.flag("--dry-run", "Say what it would spend, and ask no model.")
@opt.together(opt.archive_option, model_options, opt.executor_option)
@opt.together(opt.memory_option, task_options, opt.json_option)
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
    from masdesign.search.strategies import STRATEGIES

    models = chosen_models(options)
    STRATEGIES.get(strategy).check_meta_model(models["meta"].model if "meta" in models else None)
    options |= {name: opt.names(options[name]) for name in ("only", "without")}
    arguments = task_arguments(options)
    problem = load_task(task, arguments)
    place = options.pop("archive")
    if dry_run:
        given = {name: options[name] for name in ("concurrency", "executor")}
        _forecast(problem, as_json, model=models, budget=budget, archive=place, **given)
        return
    watcher = Watcher(lambda name: resume_command(context, name), str)
    with md.Archive(place) as archive, watcher:
        check_run(archive, options["run"], new=new)
        result = md.run_search(
            problem,
            model=models,
            budget=budget,
            strategy=strategy,
            archive=archive,
            cache=cache_path(place),
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
            use = _command_to_use(context, archive, result.best)
            cure = _cure(problem, models, options["memory"])
            _show(result, problem, times_opened(archive, problem), use, cure)


def _forecast(task: md.Task, as_json: bool, **given: Any) -> None:
    """Print what a search would spend."""
    from masdesign.search.loop.estimate import run_forecast

    expected = run_forecast(task, **given)
    emit(expected.to_json()) if as_json else say("\n".join(expected.lines()))


def _command_to_use(context: click.Context, archive: md.Archive, best: md.Design) -> str:
    """The command that answers with the winner, or evaluates one that acts on the task's items alone."""
    from masdesign.archive.found_on import acts_at_all, found_on

    source = found_on(archive, best.id)
    bound = source is not None and source.own and acts_at_all(best)
    return (evaluate_command if bound else run_command)(context, best.id)


_LEARN = (
    "where earlier items tell what later ones need: masdesign memory learn recall TASK --writer tested, then "
    "search with --memory"
)


def _cure(task: md.Task, models: Mapping[str, ModelSpec], memory: str) -> str:
    """What else may help where nothing was found: a memory, where there are items to learn from and a model
    whose replies can depend on one; recorded ones cannot."""
    recorded = all(spec.model.startswith(("recorded:", "replay:")) for spec in models.values())
    return "" if recorded or memory or not task.train or task.environment is not None else _LEARN


def _show(result: SearchResult, task: md.Task, opened: int, use: str, cure: str) -> None:
    """The whole outcome, to be read in a minute: the verdict and its cost, then the tables.

    ``opened`` is how often its test items were looked at, ``use`` the command that answers with the winner,
    ``cure`` what else may help where nothing was found.
    """
    val, test = result.best_val, result.best_test
    say("")
    _print_verdict(result, cure)
    say(f"\nbest designs on {result.task} val ({val.items} items, answered by {result.model})")
    print_table(_leaders(result))
    if any(val.by_model for val in result.frontier_val):
        say(f"the frontier of val score against cost (compared in {UNIT_WORDS[result.cost_unit]})")
        print_table(_frontier(result))
        say(f"(a step that names no model asks {result.default_model})\n")
    say(click.style(f"{result.best.name}  {result.best.id}", bold=True))
    if result.best.thought:
        say(result.best.thought)
    say("\n" + result.best.source)
    again = f"{opened_again(opened)} in this archive" if opened > 1 else ""
    say(f"one look at test ({test.items} items, chance {task.chance:.2f}{again})")
    print_table(_make_test_table(result))
    if result.frontier_test:
        say(f"that frontier on test, looked at once (compared in {UNIT_WORDS[result.cost_unit]})")
        print_table(_frontier_on_test(result))
    if result.mixture is not None:
        say(str(result.mixture))
    say(
        f"the winner's val score was {val.score:.3f}; without the luck of being picked from "
        f"{result.candidates} designs, {result.best_val_shrunk:.3f}"
    )
    if result.answers_without_model:
        from masdesign.evaluation.blank import warning

        say(warning(result.blank_control))
    for note in result.model_notes:
        say(f"note: {note}")
    spend = result.spend
    say(
        f"{result.candidates} designs tried, {result.failures} failed; spent {spend}, {spend.seconds:.0f} s; "
        f"run {result.run}"
    )
    say(f"use it: {use}")


def _print_verdict(result: SearchResult, cure: str) -> None:
    """Better, worse, or cannot tell; by how much; at what cost."""
    plain = {baseline.test.design_id: baseline.name for baseline in result.baselines}
    if result.best.id in plain:
        name = plain[result.best.id].replace("_", " ")
        say(click.style(f"the winner is {name}: nothing beyond it was found", bold=True))
        if cure:
            say(cure)
    for claim in result.claims:
        say(click.style(_describe_claim(claim), bold=True))
    above, unit = result.advantage, UNIT_WORDS[result.cost_unit]
    ended = f", which ends before the winner's {unit}: its best score stands in"
    say(
        f"advantage over the plain baselines at the same {unit}: {above.score:+.3f} "
        f"(95 % interval {above.low:+.3f} to {above.high:+.3f}){ended if above.beyond_curve else ''}"
    )
    say(str(result.break_even))


def _describe_claim(claim: Claim) -> str:
    than, by = claim.than.replace("_", " "), claim.difference
    verdict = {
        "better": f"the winner is better than {than}",
        "worse": f"the winner is worse than {than}",
        "cannot tell": f"cannot tell whether the winner is better than {than}",
    }[claim.verdict]
    return (
        f"{verdict}: {by.mean:+.3f} (95 % interval {by.low:+.3f} to {by.high:+.3f}, "
        f"p = {claim.p_holm:.2g} corrected, paired, {by.items} items)"
    )


def _leaders(result: SearchResult) -> Table:
    table = new_table("design", "val", "items", "tokens an item", "id")
    for entry in result.leaders:
        score, tokens = entry.score or 0.0, entry.tokens_per_item or 0.0
        table.add_row(entry.design.name, f"{score:.3f}", str(entry.items), f"{tokens:.0f}", entry.design.id)
    return table


def _frontier(result: SearchResult) -> Table:
    names = sorted({name for val in result.frontier_val for name in val.by_model})
    table = new_table("design", "val", "tokens an item", "USD for 1000", f"calls of {', '.join(names)}")
    for design, val in zip(result.frontier, result.frontier_val, strict=True):
        calls = (f"{val.by_model[n].calls_per_item:.2f}" if n in val.by_model else "0.00" for n in names)
        score, _, tokens = score_cells(val)
        table.add_row(design.name, score, tokens, f"{1000 * val.usd_per_item:.3f}", ", ".join(calls))
    return table


def _frontier_on_test(result: SearchResult) -> Table:
    table = new_table("design", "test", "95 % interval", "tokens an item", "USD for 1000")
    for design, test in zip(result.frontier, result.frontier_test, strict=True):
        table.add_row(design.name, *score_cells(test), f"{1000 * test.usd_per_item:.3f}")
    return table


def _make_test_table(result: SearchResult) -> Table:
    money = ("USD for 1000",) if result.cost_unit == "usd" else ()
    table = new_table("", "test", "95 % interval", "tokens an item", "calls an item", *money)
    rows: list[tuple[str, Evaluation]] = [("winner", result.best_test)]
    rows += [(baseline.name.replace("_", " "), baseline.test) for baseline in result.baselines]
    for name, test in rows:
        usd = (f"{1000 * test.usd_per_item:.3f}",) if money else ()
        table.add_row(name, *score_cells(test), f"{test.calls_per_item:.1f}", *usd)
    return table
