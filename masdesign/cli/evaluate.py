"""masdesign evaluate: how good is one design on one task, and how sure is that?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import masdesign as md
from masdesign.cli import UNUSABLE
from masdesign.cli import _options as opt
from masdesign.cli._job import job_arguments
from masdesign.cli._models import model_options
from masdesign.cli._say import emit, note, one_line, say, say_opened
from masdesign.cli._task import load_task, say_notes, task_arguments, task_options
from masdesign.spending.price import known_usd, usd_words
from masdesign.spending.spend import reasoning_words

if TYPE_CHECKING:
    from masdesign.experiments.worlds import Worlds
    from masdesign.types import Split

_SPLITS: dict[str, tuple[Split, ...]] = {"val": ("val",), "test": ("test",), "all": ("train", "val", "test")}
_SHOWN_FAILURES = 3


@click.command()
@click.argument("design")
@click.argument("task")
@opt.option("--split", "Which items.", "val", of=_SPLITS)
@opt.option("--worlds --epochs worlds", "Independent replicates.", 1, least=1)
@opt.option(
    "--reduce=R", "How an item's worlds become one score: mean, pass@K, at_least_one or majority.", "mean"
)
@opt.budget_option
@opt.flag("--allow-no-calls", "Let a design answer without asking a model.")
@opt.together(opt.archive_option, model_options, opt.executor_option)
@opt.together(opt.memory_option, task_options, opt.json_option)
def command(design: str, task: str, split: str, worlds: int, as_json: bool, **options: Any) -> None:
    """Evaluate DESIGN on TASK: its score with a 95 % interval, costs an item, failures by kind.

    A look at test is recorded in the archive as an opening. With --worlds N all draws are made
    anew N times, and an item's score is its mean, or what --reduce says. Where most replies are cut,
    unreadable or refused it ends early, with exit code 4, unless --keep-going is given.

    \b
    masdesign evaluate chain_of_thought arithmetic
    masdesign evaluate programs.py humaneval --epochs 10 --reduce pass@5
    masdesign evaluate best questions.jsonl --split test --json
    """
    from masdesign.experiments.worlds import run_worlds
    from masdesign.tasks import power_note

    arguments = task_arguments(options)
    inferred = "metric" not in arguments and Path(task).exists()
    problem = load_task(task, arguments)
    metric = f"metric {problem.metric.name} (inferred; --scorer sets another)" if inferred else None
    say_notes(problem, metric, power_note(len(problem.val)))
    place, job = options["archive"], job_arguments(options)
    job |= {"splits": _SPLITS[split], "worlds": worlds, "on_note": note}
    evaluated = run_worlds(design, problem, **options, **job)
    if "test" in _SPLITS[split]:
        with md.Archive(place) as archive:
            say_opened(archive, problem)
    if evaluated.cut:
        say(f"masdesign: {evaluated.cut}; shown is what was finished", err=True)
    emit(evaluated.to_json(split)) if as_json else _show(evaluated, split, worlds)
    if evaluated.unusable:
        click.get_current_context().exit(UNUSABLE)


def _show(job: Worlds, split: str, worlds: int) -> None:
    """Print the figures as text."""
    evaluation, spread = job.pooled(), f" in {worlds} worlds" if worlds > 1 else ""
    name = job.design.name or job.design.id
    say(f"{name} on {job.task.name} {split}{spread}, answered by {job.evaluations[0].model}")
    label = "score" if job.reduce == "mean" else job.reduce
    apart = "" if evaluation.clusters == evaluation.items else f" on {evaluation.clusters} sets of passages"
    say(
        f"{label:<8}  {evaluation.score:.3f}  (95 % interval {evaluation.low:.3f} to {evaluation.high:.3f}, "
        f"{evaluation.items} items{apart}, chance {job.task.chance:.2f})"
    )
    if job.coded and job.blank is not None:
        from masdesign.evaluation.blank import warning

        say(warning(job.blank))
    tokens = f"{evaluation.tokens_per_item:.0f} tokens{reasoning_words(evaluation.reasoning_per_item)}"
    say(f"an item   {tokens}, {evaluation.calls_per_item:.1f} calls, {usd_words(evaluation.usd_per_item)}")
    for model, cost in evaluation.by_model.items():
        say(
            f"  {model:<8}{cost['tokens_per_item']:.0f} tokens, {cost['calls_per_item']:.2f} calls, "
            f"{usd_words(known_usd(cost['usd_per_item'], cost['tokens_per_item'], job.model_id(model)))}"
        )
    if evaluation.overhead.tokens:
        say(f"overhead  {evaluation.overhead.tokens} tokens of judges and users, not counted to the design")
    for line in report.lines() if (report := job.judge()) else ():
        say(line)
    say("failures  " + ", ".join(f"{count} {kind}" for kind, count in evaluation.failures.items()))
    messages = job.failure_messages()
    for failure in messages[:_SHOWN_FAILURES]:
        line = f"line {failure['line']}: " if failure["line"] else ""
        cure = f"; {failure['cure']}" if failure["cure"] else ""
        say(f"          {failure['items']} × {failure['kind']}: {line}{one_line(failure['message'])}{cure}")
    if len(messages) > _SHOWN_FAILURES:
        say(f"          and {len(messages) - _SHOWN_FAILURES} other messages (--json shows all)")
    say(f"spend     {job.spend}, {job.spend.seconds:.1f} s")
