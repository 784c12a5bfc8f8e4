"""masdesign export: a design as a script that needs only LiteLLM, or as a picture of its calls."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import masdesign as md
from masdesign.cli import _options as opt
from masdesign.cli._models import ModelFlags, model_options
from masdesign.cli._say import note, say
from masdesign.errors import InputError
from masdesign.files import writing

if TYPE_CHECKING:
    from masdesign.archive.found_on import Belongings
    from masdesign.lm.spec import ModelSpec

_FORMS = {".py": "python", ".mmd": "mermaid", ".mermaid": "mermaid", ".graphml": "graphml"}


@click.command()
@click.argument("design")
@opt.option(
    "--out=FILE", "FILE.py, FILE.mmd or FILE.graphml; else it is printed.", default="-", show_default=False
)
@opt.option("--form", "By default as FILE's name ends.", of=("python", "mermaid", "graphml"))
@opt.together(opt.design_task_option, opt.tools_options)
@opt.flag("--no-examples", "Leave the task's examples out of the script.")
@opt.together(opt.archive_option, model_options)
def command(
    design: str,
    out: str,
    form: str | None,
    task: str | None,
    tools: tuple[str, ...],
    mcp: tuple[str, ...],
    no_examples: bool,
    archive: str,
    **options: Any,
) -> None:
    """Write DESIGN as one readable file that runs on its own: `python FILE.py "question"`.

    The script needs only LiteLLM, and gives the answers that the design gives here. It may be exported only
    where all of its code is known to be harmless outside the sandbox; else the line is named that is
    not. Of the tools it takes retrieval along (by words), your own functions, which are copied, and MCP
    servers, whose commands it holds; a step that uses the calculator, runs programs or acts in another
    environment cannot be exported. A picture shows which answer goes into which call, as a rehearsal
    without a model finds it.

    \b
    masdesign export best --out vote.py --model openai/gpt-4o-mini
    masdesign export best --form mermaid
    """
    from masdesign.archive.found_on import belongings
    from masdesign.environments import parse_tools
    from masdesign.export.script import DEFAULT_MODEL
    from masdesign.session.resolve import opened_if_there, resolve_design

    flags = ModelFlags.take(options)
    resolved = resolve_design(design, archive=archive, task=task, model=flags.model)
    form = form or _FORMS.get(Path(out).suffix, "python" if out == "-" else "")
    if not form:
        raise InputError(f"--out {out}: name a .py, .mmd or .graphml file, or say --form")
    shown = form == "python" and not no_examples
    more = parse_tools(tools, mcp=mcp)
    with opened_if_there(archive) as store:
        own = belongings(store, resolved, task=task, examples=shown, environment=more.environment)
    own = replace(own, tools=more.built_in) if tools else own
    models = _models(flags, archive, resolved) if form == "python" else None
    if models is not None:
        text = _script(resolved, own, models, Path(out).name)
    else:
        text = _picture(resolved, form, own.tools)
    if out == "-":
        say(text.rstrip("\n"))
        return
    with writing(out) as opened:
        opened.write(text.encode())
    say(f"{resolved.name or resolved.id} written to {out} ({len(text.splitlines())} lines)", err=True)
    if models == {}:
        note(f"it asks {DEFAULT_MODEL}: LiteLLM cannot ask the design's own model; --model names another")


def _models(flags: ModelFlags, archive: str, design: md.Design) -> dict[str, ModelSpec]:
    """The models that the script asks; where none is named and LiteLLM cannot ask the design's, none."""
    from masdesign.lm.load import is_ours
    from masdesign.lm.table import designs_see
    from masdesign.session.resolve import models_chosen_with

    table = flags.table(models_chosen_with(archive, design))
    models = {name: table[name] for name in designs_see(table)}
    return {} if flags.model is None and any(is_ours(spec.model) for spec in models.values()) else models


def _script(design: md.Design, own: Belongings, models: dict[str, ModelSpec], file: str) -> str:
    from masdesign.export import export_script

    if own.note:
        note(own.note)
    return export_script(
        design,
        tools=own.tools,
        train=own.train(),
        asking=own.asking,
        models=models,
        file="workflow.py" if file == "-" else file,
        environment=own.environment,
    )


def _picture(design: md.Design, form: str, tools: frozenset[str]) -> str:
    from masdesign.aio import run_sync
    from masdesign.export import graphml, mermaid, rehearse

    trace = run_sync(rehearse, design, tools=tools)
    return (mermaid if form == "mermaid" else graphml)(trace) + "\n"
