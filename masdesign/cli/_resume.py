"""Commands to type next: the one that goes on with a run, and the one that answers with a design."""

from __future__ import annotations

import shlex
from difflib import get_close_matches
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

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
    """What to type to go on: every option that was given, and ``--run`` where the run has to be named.

    A password in an address is shown as ``***``: it has to be put in again.
    """
    words = context.command_path.split()
    for parameter in context.command.params:
        given = context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
        if not given or parameter.name in ("run", "new", "as_json", "yes", "verbose"):
            continue
        value = context.params.get(parameter.name or "", context.meta.get(parameter.name))
        if isinstance(value, dict):  # prices by the names of models
            value = tuple(f"{name}={price}" if name else price for name, price in value.items())
        if isinstance(value, bool):  # a switch has no value
            words += parameter.opts[:1] if value else parameter.secondary_opts[:1]
            continue
        values = value if isinstance(value, tuple) else (value,)
        for part in values:
            words += [str(part)] if isinstance(parameter, click.Argument) else [parameter.opts[0], str(part)]
    named = [*words, "--run", run] if run else words
    return shlex.join(public(word) for word in named)


def run_command(context: click.Context, design_id: str, model: str = "") -> str:
    """What to type to answer with a design, which runs on ``model``, else on what it was found with.

    A password in the archive's address is shown as ``***``, as in `resume_command`.
    """
    words = ["masdesign", "run", design_id, *(["--model", model] if model else []), "--question", "…"]
    if context.get_parameter_source("archive") is ParameterSource.COMMANDLINE:
        words += ["--archive", str(context.params["archive"])]
    for plugin in context.meta.get("plugins") or ():
        words += ["--plugin", str(plugin)]
    return shlex.join(public(word) for word in words)
