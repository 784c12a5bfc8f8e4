"""The command that goes on with a run: the one that was given, with the run's name."""

from __future__ import annotations

import shlex

import click
from click.core import ParameterSource


def resume_command(context: click.Context, run: str) -> str:
    """What to type to go on with the run: every option that was given, and ``--run``."""
    words = ["masdesign", context.command.name or context.info_name or ""]
    for parameter in context.command.params:
        given = context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
        if not given or parameter.name in ("run", "as_json", "yes"):
            continue
        value = context.params[parameter.name or ""]
        if isinstance(value, dict):  # prices by the names of models
            value = tuple(f"{name}={price}" if name else price for name, price in value.items())
        values = value if isinstance(value, tuple) else (value,)
        for one in values:
            words += [str(one)] if isinstance(parameter, click.Argument) else [parameter.opts[0], str(one)]
    return shlex.join([*words, "--run", run])
