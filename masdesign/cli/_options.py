"""Options that several commands share, and what is made of their values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any, TypeVar

import click

from masdesign.errors import InputError

F = TypeVar("F", bound=Callable[..., Any])
Decorator = Callable[[F], F]

DEFAULT_ARCHIVE = ".masdesign/archive.db"


def option(
    names: str,
    about: str | None = None,
    default: Any = None,
    *,
    least: int | None = None,
    most: int | None = None,
    of: Iterable[str] | None = None,
    **settings: Any,
) -> Decorator[Any]:
    """An option of a command.

    Parameters:
        names: its flags, and where that differs the name of its parameter, with blanks between them; what
            help calls its value stands behind a flag, as in ``--out=FILE``.
        about: what help says of it.
        default: shown in the help, unless it is empty.
        least, most: the bounds of a whole number.
        of: the texts to choose from.
        settings: click's own (``callback``, ``envvar`` …).
    """
    flags = [name.partition("=") for name in names.split()]
    metavar = next((value for _, sign, value in flags if sign), None)
    if least is not None:
        settings["type"] = click.IntRange(least, most)
    if of is not None:
        settings["type"] = click.Choice(list(of))
    if default is not None:
        settings = {"default": default, "show_default": default != "", **settings}
    declared = (name for name, _, _ in flags)
    return click.option(*declared, help=about, metavar=metavar, **settings)


def several(names: str, about: str, **settings: Any) -> Decorator[Any]:
    """An option that may be given several times."""
    return option(names, about, multiple=True, **settings)


def flag(names: str, about: str, **settings: Any) -> Decorator[Any]:
    """An option without a value."""
    return click.option(*names.split(), is_flag=True, help=about, **settings)


def switch(name: str, about: str) -> Decorator[Any]:
    """``--NAME/--no-NAME``, which is on unless it is switched off."""
    return click.option(f"--{name}/--no-{name}", default=True, show_default=True, help=about)


def together(*decorators: Decorator[Any]) -> Decorator[Any]:
    """Several options as one decorator, in this order in the help."""
    return lambda function: reduce(lambda inner, decorate: decorate(inner), reversed(decorators), function)


def _check_name(context: click.Context, option: click.Parameter, given: str) -> str:
    """An empty name, as of a variable that is not set, is neither the default nor a file."""
    if not given:
        raise InputError("--archive is empty; name a file, or leave it out")
    return given


design_task_option = option("--task=TASK", "The task that `best` refers to and whose examples are shown.")
archive_option = option(
    "--archive=PATH|URL",
    "Where discoveries are kept; made when missing.",
    DEFAULT_ARCHIVE,
    envvar="MASDESIGN_ARCHIVE",
    callback=_check_name,
)
"""``--archive PATH|URL`` as ``archive``: where discoveries are kept."""


def names(given: str | None) -> tuple[str, ...]:
    """Names with commas between them."""
    return tuple(name.strip() for name in (given or "").split(",") if name.strip())


json_option = flag("--json as_json", "Print one JSON document, and nothing else.")
"""``--json`` as ``as_json``."""
executor_option = option(
    "--executor=E", "Where items run: local, ray (this machine, or $RAY_ADDRESS), ray://HOST:PORT.", "local"
)
"""``--executor local|ray|ray://HOST:PORT``: where items run."""
memory_option = option(
    "--memory=M",
    "A memory of the archive that designs read: NAME or NAME@VERSION (masdesign memory list).",
    default="",
)
"""``--memory NAME[@VERSION]``: what was learnt before, which designs read and nothing changes."""
budget_option = option("--budget=B", "20000calls, 2Mtokens, 5usd or 10min; unlimited by default.")
run_options = together(
    option("--run=NAME", "Go on with that run; a new one without it.", ""),
    flag("--new", "Begin a run of the name that --run gives."),
)
"""``--run`` and ``--new``, for `masdesign.cli._resume.check_run`."""
questions_options = together(
    several("--context=TEXT", "A passage that belongs to the question; several times."),
    option("--input=FILE file", "A .jsonl with question, and context and choices if any."),
)
"""Passages of one question, or a file of questions."""
OBJECTIVES = ("score", "pareto", "advantage")
tools_options = together(
    several(
        "--tools=LIST|FILE.py:function",
        "Tools that the design may use; by default those that it was found with; several times.",
    ),
    several("--mcp=NAME=COMMAND|URL", "An MCP server's tools; several times."),
)
"""What a design acts with where it is run, served or exported."""
corpus_option = several("--corpus=FILE", "Documents to search and read; several times.")
