"""``--plugin``: a user's own blocks, strategies, scorers and models, in every command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from masdesign.registry import SHIPPED

KEPT = "plugins"
"""Where a command's context keeps what was given (in ``meta``)."""


def with_plugins(command: click.Command) -> click.Command:
    """The command with the option ``--plugin``, whose files and modules are loaded before all else."""
    if not any(parameter.name == KEPT for parameter in command.params):
        option = click.Option(
            ["--plugin", KEPT],
            multiple=True,
            is_eager=True,
            expose_value=False,
            callback=_load,
            metavar="FILE.py|MODULE",
            help="Your own blocks, strategies, scorers and models; several times.",
        )
        command.params.append(option)
    return command


def _load(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> None:
    context.meta[KEPT] = given
    if given:
        from masdesign.plugins import load_plugins

        load_plugins(given)


def from_where(row: Mapping[str, Any]) -> str:
    """What a list says of a thing that did not come with the package; empty for all others."""
    origin = row["origin"]
    return "" if origin in (SHIPPED, "promoted") else f" [{origin}]"
