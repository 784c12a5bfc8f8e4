"""masdesign distill: one prompt in place of a design, and what is lost by it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import masdesign as md
from masdesign.cli import _options as opt
from masdesign.cli._job import cache_path
from masdesign.cli._models import ModelFlags, meta_model_options, model_options
from masdesign.cli._resume import check_run, resume_command, run_command
from masdesign.cli._say import emit, say, say_opened
from masdesign.cli._tables import new_table, print_table
from masdesign.cli._task import take_task, task_options
from masdesign.cli._watch import Watcher
from masdesign.errors import InputError
from masdesign.spending.price import known_usd

if TYPE_CHECKING:
    from masdesign.distill import Distillation, Row
    from masdesign.evaluation import Evaluation
    from masdesign.statistics.paired import Difference


_FORMS = ("text", "markdown", "jinja", "chat", "openai", "anthropic", "mcp", "dspy", "python", "skill")


@click.command("distill")
@click.argument("design")
@click.argument("task")
@opt.option(
    "--method=M", "auto, transcribe, demonstrate, converse, optimise, rewrite, dataset, weights.", "auto"
)
@opt.option("--out=FILE", "Where the prompt is written; else it is printed.")
@opt.option("--form", "Of the prompt; else by the ending of --out.", of=_FORMS)
@meta_model_options("The model that writes prompts, if the method needs one.")
@opt.budget_option
@opt.option("--candidates", "Drafts to choose from on val.", 4, least=1)
@opt.option(
    "--tokens",
    "The most that worked examples may take; a quarter of the window by default.",
    least=0,
    default=0,
    show_default=False,
)
@opt.option("--steps", "Training steps of weights at most; it may end before.", 200, least=1)
@opt.option(
    "--train-items=N",
    "Train items to learn from, as far as there are; 100, for weights 1000 by default.",
    least=1,
)
@opt.together(opt.run_options, opt.archive_option, model_options, task_options, opt.json_option)
@click.pass_context
def command(
    context: click.Context,
    /,
    design: str,
    task: str,
    out: str | None,
    form: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Distil DESIGN into one prompt, and measure on TASK what is lost.

    Drafts are chosen on val; test is looked at once, for the prompt, the design, step by step and a
    vote at the same tokens. The prompt becomes a design of the archive, with DESIGN as its parent.

    \b
    masdesign distill best arithmetic --out prompt.md
    masdesign distill best questions.jsonl --method demonstrate --form chat --json
    """
    from masdesign.distill.forms import form_of
    from masdesign.session.resolve import models_chosen_with, resolve_design

    _check_place(out, options["method"])
    problem = take_task(task, options)
    flags = ModelFlags.take(options)
    place = options.pop("archive")
    prompt_form = form_of(out, form)
    watcher = Watcher(lambda run: resume_command(context, run), str)
    with md.Archive(place) as archive, watcher:
        check_run(archive, options["run"], new=options.pop("new"))
        teacher = resolve_design(design, archive=archive, task=problem, model=flags.model)
        result = md.run_distill(
            teacher,
            problem,
            model=flags.table(models_chosen_with(archive, teacher)),
            archive=archive,
            cache=cache_path(place),
            on_event=watcher.on_event,
            **options,
        )
        if result.test is not None:
            say_opened(archive, problem)
    written = result.save(out, form) if out is not None else ()
    for file in written:
        say(f"written: {file}", err=True)
    if as_json:
        more = {"form": prompt_form, "prompt": result.text(prompt_form), "files": [str(f) for f in written]}
        emit({**result.to_json(), "advice": result.row.advice, **more})
    else:
        use = run_command(context, result.design.id, result.student_model or "")
        _show(result, prompt_form, use, quiet=bool(written))


def _check_place(out: str | None, method: str) -> None:
    """A file that cannot be written, or that is missing, is said before anything is spent."""
    if out is None:
        if method == "dataset":
            raise InputError("method 'dataset' writes files; give --out FILE.jsonl")
        return
    if Path(out).is_dir():
        raise InputError(f"--out {out} is a folder; name a file in it")
    if not Path(out).absolute().parent.is_dir():
        raise InputError(f"--out {out}: its folder does not exist; make it first")


def _show(result: Distillation, form: str, use: str, *, quiet: bool) -> None:
    """The prompt (unless it was written to a file), the rows, what they say, and the command that answers."""
    if not quiet:
        say(result.text(form))
    name = result.teacher.name or result.teacher.id
    say(f"{result.method} of {name} ({result.teacher.id}) on {result.task}, answered by {result.model}")
    if len(result.drafts) > 1:
        _print_drafts(result)
    for row in (result.val, result.test):
        if row is not None:
            _print_row(row)
    for note in result.notes:
        say(f"note: {note}")
    advised = "" if result.row.against_step.high < 0 else f": {result.row.advice}"
    say(result.verdict + advised)
    spend = result.spend
    say(f"spent {spend}, {spend.seconds:.0f} s; run {result.run}")
    say(f"use it: {use}")


def _print_drafts(result: Distillation) -> None:
    forecasts = any(tried.forecast is not None for tried in result.drafts)
    table = new_table("draft", *(["gain kept: forecast"] if forecasts else []), "val", "tokens an item", "id")
    for tried in result.drafts:
        chosen = " (chosen)" if tried.design.id == result.design.id else ""
        tokens = f"{tried.val.tokens_per_item:.0f}"
        forecast = ["" if tried.forecast is None else f"{tried.forecast:.0%}"] if forecasts else []
        table.add_row(tried.how + chosen, *forecast, f"{tried.val.score:.3f}", tokens, tried.design.id)
    print_table(table)


def _print_row(row: Row) -> None:
    what = "chosen by" if row.split == "val" else "one look at"
    say(f"{what} {row.split} ({row.student.items} items; costs are an item's)")
    columns = ("95 % interval", f"{row.what.removeprefix('the ')} minus it", "tokens", "calls", "seconds")
    table = new_table("", "USD for 1000", row.split, *columns)
    rows: list[tuple[str, Evaluation, Difference | None]] = [
        (row.what, row.student, None),
        ("the design", row.teacher, row.against_teacher),
        (row.plain, row.step_by_step, row.against_step),
        (f"vote of {row.k}", row.matched, row.against_matched),
    ]
    for name, run, minus in rows if row.matched != row.step_by_step else rows[:3]:
        difference = f"{minus.mean:+.3f} ({minus.low:+.2f} to {minus.high:+.2f})" if minus else ""
        cost = known_usd(run.usd_per_item, run.tokens_per_item, run.model)
        usd = "unknown" if cost is None else f"{1000 * cost:.3f}" if cost else "0 (offline)"
        costs = (f"{run.tokens_per_item:.0f}", f"{run.calls_per_item:.1f}", f"{run.seconds_per_item:.2f}")
        interval = f"{run.low:.2f} to {run.high:.2f}"
        table.add_row(name, usd, f"{run.score:.3f}", interval, difference, *costs)
    print_table(table)
    if row.retention is not None:
        kept = row.retention
        say(
            f"score kept: {kept.value:.0%} of the design's "
            f"(95 % interval {kept.low:.0%} to {kept.high:.0%}), at {row.cost_ratio or 0.0:.0%} of its tokens"
        )
    if row.gain_kept is not None:
        gain = row.gain_kept
        interval = f"{gain.low:.0%} to {gain.high:.0%}"
        say(f"gain kept: {gain.value:.0%} of what the design gains over {row.plain} ({interval})")
    if row.fresh is not None and row.fresh.tokens < row.student.tokens_per_item:
        usd = "" if row.fresh.usd is None else f", {1000 * row.fresh.usd:.3f} USD for 1000 items"
        say(
            f"with the shared beginning of prompts cached by the provider: {row.fresh.tokens:.0f} new tokens "
            f"an item, of {row.student.tokens_per_item:.0f}{usd}"
        )
