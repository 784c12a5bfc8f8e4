"""Options that several commands share, and the one way to print a JSON document."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from masdesign.cli._config import configured_task
from masdesign.cli._say import say
from masdesign.errors import InputError

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_ARCHIVE = ".masdesign/archive.db"
DEFAULT_MODEL = "abacus"


def archive_option(function: F) -> F:
    """``--archive PATH|URL`` as ``archive``: where discoveries are kept."""
    return click.option(
        "--archive",
        envvar="MASDESIGN_ARCHIVE",
        default=DEFAULT_ARCHIVE,
        show_default=True,
        callback=_named,
        metavar="PATH|URL",
        help="Where discoveries are kept; made when missing.",
    )(function)


def _named(context: click.Context, option: click.Parameter, given: str) -> str:
    """An empty name, as of a variable that is not set, is neither the default nor a file."""
    if not given:
        raise InputError("--archive is empty; name a file, or leave it out")
    return given


def json_option(function: F) -> F:
    """``--json`` as ``as_json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document, and nothing else.")(
        function
    )


def model_options(function: F) -> F:
    """``--model`` (several times), ``--price``, ``--base-url``, ``--concurrency`` and ``--seed``."""
    for decorate in reversed(
        (
            click.option(
                "--model",
                "models",
                multiple=True,
                metavar="NAME",
                help="abacus (default), any LiteLLM name, recorded:FILE#COLUMN; or named, as in "
                "--model small=NAME --model large=NAME.",
            ),
            click.option(
                "--price",
                multiple=True,
                callback=_prices,
                metavar="[NAME=]IN/OUT",
                help="USD per million prompt/completion tokens, where not known; several times, as --model.",
            ),
            click.option("--base-url", metavar="URL", help="An OpenAI-compatible server."),
            click.option(
                "--concurrency", type=click.IntRange(1), default=64, show_default=True, help="Calls at once."
            ),
            click.option("--seed", type=click.IntRange(0), default=0, show_default=True),
        )
    ):
        function = decorate(function)
    return function


def executor_option(function: F) -> F:
    """``--executor local|ray|ray://HOST:PORT``: where items run."""
    return click.option(
        "--executor",
        default="local",
        show_default=True,
        metavar="E",
        help="Where items run: local, ray (this machine, or $RAY_ADDRESS), ray://HOST:PORT.",
    )(function)


def meta_model_options(use: str) -> Callable[[F], F]:
    """``--meta-model``, ``--meta-price`` and ``--meta-base-url``; ``use`` is what the model is for."""

    def decorate(function: F) -> F:
        for option in (
            click.option("--meta-base-url", metavar="URL", help="Its OpenAI-compatible server."),
            click.option(
                "--meta-price", metavar="IN/OUT", help="Its price, USD per million tokens, where not known."
            ),
            click.option("--meta-model", metavar="M", help=use),
        ):
            function = option(function)
        return function

    return decorate


def _prices(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """``--price`` as a table by the names of models; ``""`` for all that it does not name."""
    table: dict[str, str] = {}
    for entry in given:
        name, sign, price = entry.rpartition("=")
        if name in table or (sign and not name):
            raise InputError(f"--price {entry!r}: give one price a model, as in --price large=2/8")
        table[name] = price
    return table


def task_options(function: F) -> F:
    """The options of TASK; pass them on as ``load_task(task, **task_arguments(kwargs))``."""
    for decorate in reversed(
        (
            click.option("--metric", help="exact, numeric, choice, f1, module:function; else inferred."),
            click.option("--description", help="What the task asks for, in a sentence."),
            click.option("--columns", metavar="question=…,target=…", help="Names of a .jsonl file's fields."),
            click.option("--train", metavar="FILE", help="Items for demonstrations."),
            click.option("--val", metavar="FILE", help="Items to choose by."),
            click.option("--test", metavar="FILE", help="Items for the one closing look."),
            click.option(
                "--tools", metavar="LIST", help="Tools that designs may use: python, calculator, retrieval."
            ),
            click.option("--items", type=click.IntRange(1), help="How many val items."),
            click.option("--test-items", type=click.IntRange(1), help="How many test items."),
            click.option(
                "--difficulty", type=click.IntRange(0), help="Of a generated task; each has its default."
            ),
        )
    ):
        function = decorate(function)
    return function


TASK_ARGUMENTS = (
    "metric", "description", "columns", "train", "val", "test", "tools", "items", "test_items", "difficulty"
)  # fmt: skip


def task_arguments(given: dict[str, Any]) -> dict[str, Any]:
    """Take the options of `task_options` out of a command's keyword arguments, ready for ``load_task``."""
    picked = {name: given.pop(name) for name in TASK_ARGUMENTS}
    picked["tools"] = tuple(t.strip() for t in picked["tools"].split(",")) if picked["tools"] else ()
    picked["columns"] = _pairs(picked["columns"]) if picked["columns"] else None
    for name, value in configured_task().items():
        if name not in picked:
            raise InputError(f"[task] {name} of masdesign.toml: this command takes no such option")
        picked[name] = picked[name] or value
    return {name: value for name, value in picked.items() if value is not None}


def _pairs(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.split(",")]
    if not all(sign and value for _, sign, value in pairs):
        raise InputError(f"--columns {text!r} is not of the form question=NAME,target=NAME")
    return {name.strip(): value.strip() for name, _, value in pairs}


def model_table(models: tuple[str, ...]) -> dict[str, str]:
    """The names that designs may ask for, and the models behind them; ``""`` is the default model.

    >>> model_table(("small=a", "large=b"))
    {'small': 'a', 'large': 'b', '': 'a'}
    """
    table: dict[str, str] = {}
    for entry in models or (DEFAULT_MODEL,):
        name, sign, value = entry.partition("=")
        key, model = (name, value) if sign else ("", entry)
        if key in table:
            raise InputError(f"--model {entry!r} names {key or 'the default model'!r} twice; name each once")
        if not model:
            raise InputError(f"--model {entry!r} names no model; write NAME or small=NAME")
        table[key] = model
    table.setdefault("", next(iter(table.values())))
    return table


def runtime_arguments(given: dict[str, Any]) -> dict[str, Any]:
    """Take the options of `model_options` out of a command's keyword arguments; for ``open_runtime``."""
    picked = {name: given.pop(name) for name in ("concurrency", "price", "base_url")}
    return {"models": model_table(given.pop("models")), "world": given.pop("seed"), **picked}


def cache_path(archive: str) -> Path | str:
    """Where recorded calls lie: beside a file archive, else in the working folder."""
    from masdesign.archive.calls import calls_beside

    return calls_beside(archive) or Path("calls.db")


def emit(document: Any) -> None:
    """Print one JSON document on standard output; dataclasses become objects."""
    say(json.dumps(document, default=_plain, ensure_ascii=False, indent=2, allow_nan=False))


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, frozenset | set):
        return sorted(value)
    return str(value)
