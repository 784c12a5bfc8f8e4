"""Options of every command: ``--plugin`` (a user's own blocks, strategies, scorers, models) and ``-v``."""

from __future__ import annotations

import logging
import sys
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
        verbose = click.Option(
            ["-v", "--verbose", "verbose"],
            is_flag=True,
            expose_value=False,
            callback=_log,
            help="Say on standard error what is done, step by step.",
        )
        command.params += [option, verbose]
    return command


def _load(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> None:
    context.meta[KEPT] = given
    if given:
        from masdesign.plugins import load_plugins

        load_plugins(given)


def _log(context: click.Context, option: click.Parameter, given: bool) -> None:
    """Show what masdesign logs; its messages name designs, items and models, never a prompt or a key."""
    if not given:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    logger = logging.getLogger("masdesign")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    context.call_on_close(lambda: logger.setLevel(level))
    context.call_on_close(lambda: logger.removeHandler(handler))


def from_where(row: Mapping[str, Any]) -> str:
    """What a list says of a thing that did not come with the package; empty for all others."""
    origin = row["origin"]
    return "" if origin in (SHIPPED, "promoted") else f" [{origin}]"
