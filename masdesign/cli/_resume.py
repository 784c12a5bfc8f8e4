"""Commands to type next: the one that goes on with a run, and the one that answers with a design."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from difflib import get_close_matches
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from masdesign.environments.mcp import hide_secrets
from masdesign.errors import InputError
from masdesign.public import public

if TYPE_CHECKING:
    from masdesign.archive import Archive


def check_run(archive: Archive, name: str, *, new: bool) -> None:
    """Raise `InputError` where a run of that name is to go on and is not there, or is to begin and is.

    A name that was mistyped must not begin a run that spends a whole budget.
    """
    if new and not name:
        raise InputError("--new begins a run of the name that --run gives; give one, or leave both out")
    names = [run.name for run in archive.runs()] if name else []
    if new and name in names:
        raise InputError(f"run {name!r} is there already; leave out --new to go on with it")
    if name and not new and name not in names:
        near = get_close_matches(name, names, n=1, cutoff=0.4)
        cure = f"did you mean {near[0]!r}?" if near else "there is none of a name like it;"
        raise InputError(f"no run {name!r} to go on with: {cure} leave out --run, or add --new, to begin one")


def resume_command(context: click.Context, run: str = "") -> str:
    """Return the command that goes on: every option that was given, and ``--run`` where it has to be named.

    A password in an address, and a variable of an MCP server, is shown as ``***``: put it in again.
    """
    left_out = {"run", "new", "as_json", "yes", "verbose"}
    words = [*context.command_path.split(), *_given(context, lambda name: name not in left_out)]
    named = [*words, "--run", run] if run else words
    return shlex.join(public(word) for word in named)


def run_command(context: click.Context, design_id: str, model: str = "") -> str:
    """Return the command that answers with a design, on ``model``, else on the model it was chosen with."""
    words = ["masdesign", "run", design_id, *(["--model", model] if model else []), "--question", "…"]
    words += _given(context, {"archive", "mcp", "memory"}.__contains__)
    for plugin in context.meta.get("plugins") or ():
        words += ["--plugin", str(plugin)]
    return shlex.join(public(word) for word in words)


def evaluate_command(context: click.Context, design_id: str) -> str:
    """Return the command that evaluates a design on this command's task, with its models and tools.

    For designs that act in an environment which opens on the items of that task alone.
    """
    from masdesign.cli.evaluate import command

    known = {parameter.name for parameter in command.params}
    kept = known - {"split", "worlds", "items", "test_items", "budget", "as_json", "verbose", "seed"}
    words = ["masdesign", "evaluate", design_id, *_given(context, kept.__contains__)]
    return shlex.join(public(word) for word in words)


def _given(context: click.Context, wanted: Callable[[str], bool]) -> list[str]:
    """The arguments and options of this command that were given and are wanted, by name, as words."""
    words: list[str] = []
    for parameter in context.command.params:
        name = parameter.name or ""
        if context.get_parameter_source(name) is not ParameterSource.COMMANDLINE or not wanted(name):
            continue
        value = context.params.get(name, context.meta.get(name))
        if isinstance(value, dict):  # prices by the names of models
            value = tuple(f"{model}={price}" if model else price for model, price in value.items())
        if isinstance(value, bool):  # a switch has no value
            words += parameter.opts[:1] if value else parameter.secondary_opts[:1]
            continue
        for part in value if isinstance(value, tuple) else (value,):
            text = hide_secrets(str(part)) if name == "mcp" else str(part)
            words += [text] if isinstance(parameter, click.Argument) else [parameter.opts[0], text]
    return words
