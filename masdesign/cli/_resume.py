"""The command that goes on with a run: the one that was given, with the run's name."""

from __future__ import annotations

import shlex

import click
from click.core import ParameterSource

from masdesign.public import public


def resume_command(context: click.Context, run: str = "") -> str:
    """What to type to go on: every option that was given, and ``--run`` where the run has to be named.

    A password in an address is shown as ``***``: it has to be put in again.
    """
    words = context.command_path.split()
    for parameter in context.command.params:
        given = context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
        if not given or parameter.name in ("run", "as_json", "yes", "verbose"):
            continue
        value = context.params.get(parameter.name or "", context.meta.get(parameter.name))
        if isinstance(value, dict):  # prices by the names of models
            value = tuple(f"{name}={price}" if name else price for name, price in value.items())
        if isinstance(value, bool):  # a switch has no value
            words += parameter.opts[:1] if value else parameter.secondary_opts[:1]
            continue
        values = value if isinstance(value, tuple) else (value,)
        for one in values:
            words += [str(one)] if isinstance(parameter, click.Argument) else [parameter.opts[0], str(one)]
    named = [*words, "--run", run] if run else words
    return shlex.join(public(word) for word in named)
