"""masdesign distill: one prompt in place of a design, and what is lost by it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from masdesign.cli._options import (
    ModelFlags,
    archive_option,
    cache_path,
    emit,
    json_option,
    meta_model_options,
    model_options,
    task_arguments,
    task_options,
)
from masdesign.cli._say import say

if TYPE_CHECKING:
    from masdesign.distill import Distillation

_FORMS = (
    "text", "markdown", "jinja", "chat", "openai", "anthropic", "mcp", "dspy", "python", "skill",
)  # fmt: skip


@click.command("distill")
@click.argument("design")
@click.argument("task")
@click.option(
    "--method",
    default="auto",
    show_default=True,
    metavar="M",
    help="auto, transcribe, demonstrate, converse, optimise, rewrite, dataset, weights.",
)
@click.option("--out", metavar="FILE", help="Where the prompt is written; else it is printed.")
@click.option("--form", type=click.Choice(_FORMS), help="Of the prompt; else by the ending of --out.")
@meta_model_options("The model that writes prompts, if the method needs one.")
@click.option("--budget", metavar="B", help="20000calls, 2Mtokens, 5usd or 10min; unlimited by default.")
@click.option(
    "--candidates", type=click.IntRange(1), default=4, show_default=True, help="Drafts to choose from on val."
)
@click.option(
    "--tokens",
    type=click.IntRange(0),
    default=0,
    help="The most that worked examples may take; a quarter of the window by default.",
)
@click.option(
    "--steps",
    type=click.IntRange(1),
    default=200,
    show_default=True,
    help="Training steps of weights at most; it may end before.",
)
@click.option(
    "--train-items",
    type=click.IntRange(1),
    metavar="N",
    help="So many train items to learn from, as far as there are; 100, for weights 1000 by default.",
)
@click.option("--run", default="", metavar="NAME", help="Go on with that run; a new one without it.")
@click.option("--new", is_flag=True, help="Begin a run of the name that --run gives.")
@archive_option
@model_options
@task_options
@json_option
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
    from masdesign.archive import Archive
    from masdesign.cli._distill import show
    from masdesign.cli._opened import say_opened
    from masdesign.cli._resume import check_run, resume_command, run_command
    from masdesign.cli._watch import Watcher
    from masdesign.distill.forms import form_of
    from masdesign.distill.verbs import run_distill
    from masdesign.session.resolve import models_chosen_with, resolve_design
    from masdesign.tasks import load_task

    _check_place(out, options["method"])
    problem = load_task(task, **task_arguments(options))
    flags = ModelFlags.take(options)
    place = options.pop("archive")
    found_form = form_of(out, form)
    watcher = Watcher(lambda run: resume_command(context, run), str)
    with Archive(place) as archive, watcher:
        check_run(archive, options["run"], new=options.pop("new"))
        teacher = resolve_design(design, archive=archive, task=problem, model=flags.model)
        result = run_distill(
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
        emit(_document(result, found_form, [str(file) for file in written]))
    else:
        use = run_command(context, result.design.id, result.student_model or "")
        show(result, found_form, use, quiet=bool(written))


def _document(result: Distillation, form: str, files: list[str]) -> dict[str, Any]:
    return {
        **result.to_json(),
        "advice": result.row.advice,
        "form": form,
        "prompt": result.text(form),
        "files": files,
    }


def _check_place(out: str | None, method: str) -> None:
    """A file that cannot be written, or that is missing, is said before anything is spent."""
    from masdesign.errors import InputError

    if out is None:
        if method == "dataset":
            raise InputError("method 'dataset' writes files; give --out FILE.jsonl")
        return
    if Path(out).is_dir():
        raise InputError(f"--out {out} is a folder; name a file in it")
    if not Path(out).absolute().parent.is_dir():
        raise InputError(f"--out {out}: its folder does not exist; make it first")
