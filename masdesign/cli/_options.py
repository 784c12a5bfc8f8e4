"""Options that several commands share, and the one way to print a JSON document."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from masdesign.cli._config import config_of, configured_task
from masdesign.cli._say import say
from masdesign.errors import InputError
from masdesign.lm.spec import ModelSpec, parse_option

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
        callback=_check_name,
        metavar="PATH|URL",
        help="Where discoveries are kept; made when missing.",
    )(function)


def _check_name(context: click.Context, option: click.Parameter, given: str) -> str:
    """An empty name, as of a variable that is not set, is neither the default nor a file."""
    if not given:
        raise InputError("--archive is empty; name a file, or leave it out")
    return given


def names(context: click.Context, option: click.Parameter, given: str | None) -> tuple[str, ...]:
    """Names with commas between them."""
    return tuple(name.strip() for name in (given or "").split(",") if name.strip())


def json_option(function: F) -> F:
    """``--json`` as ``as_json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document, and nothing else.")(
        function
    )


def model_options(function: F) -> F:
    """The options of models, ``--concurrency`` and ``--seed``; pass them on through `runtime_arguments`."""
    for decorate in reversed(
        (
            click.option(
                "--model",
                "models",
                multiple=True,
                metavar="[NAME=]MODEL",
                help="abacus (default), any LiteLLM name, recorded:FILE#COLUMN; or named, as in --model "
                "small=M --model large=M; meta, judge, user and embedding are roles.",
            ),
            click.option(
                "--base-url",
                multiple=True,
                callback=_parse_urls,
                metavar="[NAME=]URL",
                help="An OpenAI-compatible server; several times, as --model.",
            ),
            click.option(
                "--price",
                multiple=True,
                callback=_parse_prices,
                metavar="[NAME=]IN/OUT",
                help="USD per million prompt/completion tokens, where not known; several times, as --model.",
            ),
            click.option(
                "--model-option",
                "model_option",
                multiple=True,
                metavar="[NAME.]KEY=VALUE",
                help="max_tokens, temperature, effort, key_env, rpm, timeout … of a model; several times.",
            ),
            click.option(
                "--concurrency", type=click.IntRange(1), default=64, show_default=True, help="Calls at once."
            ),
            click.option("--seed", type=click.IntRange(0), default=0, show_default=True),
            click.option(
                "--keep-going", is_flag=True, help="Go on where most replies are cut, unreadable or refused."
            ),
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


def memory_option(function: F) -> F:
    """``--memory NAME[@VERSION]``: what was learnt before, which designs read and nothing changes."""
    return click.option(
        "--memory",
        default="",
        metavar="M",
        help="A memory of the archive that designs read: NAME or NAME@VERSION (masdesign memory list).",
    )(function)


def meta_model_options(use: str) -> Callable[[F], F]:
    """``--meta-model``, short for ``--model meta=``; ``use`` is what the model is for."""

    def decorate(function: F) -> F:
        for option in (
            click.option("--meta-base-url", metavar="URL", hidden=True, help="As --base-url meta=URL."),
            click.option("--meta-price", metavar="IN/OUT", hidden=True, help="As --price meta=IN/OUT."),
            click.option("--meta-model", metavar="M", help=f"{use} Short for --model meta=M."),
        ):
            function = option(function)
        return function

    return decorate


def _parse_urls(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """``--base-url`` as a table by the names of models; a URL may hold ``=`` itself."""
    pairs = (
        ("", "", url) if "=" not in url or "://" in url.partition("=")[0] else url.partition("=")
        for url in given
    )
    return _table_of("--base-url", "large=http://127.0.0.1:8000/v1", pairs)


def _parse_prices(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """``--price`` as a table by the names of models."""
    return _table_of("--price", "large=2/8", (price.rpartition("=") for price in given))


def _table_of(option: str, example: str, pairs: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    table: dict[str, str] = {}
    for name, sign, value in pairs:
        if name in table or (sign and not name):
            what = option.strip("-").replace("-", " ")
            raise InputError(f"{option} {name}{sign}{value}: give one {what} a model, as {option} {example}")
        table[name] = value
    return table


def task_options(function: F) -> F:
    """The options of TASK; pass them on as ``load_task(task, **task_arguments(kwargs))``."""
    for decorate in reversed(
        (
            click.option(
                "--scorer",
                "--metric",
                "metric",
                metavar="NAME",
                help="Of masdesign scorers, or module:function; inferred only where certain.",
            ),
            click.option(
                "--answer", metavar="FORM", help="How an answer is asked for and read: line, choice …"
            ),
            click.option("--instruction", metavar="TEXT", help="What is to be done; every prompt says it."),
            click.option("--labels", metavar="A,B,…", help="The answers there are."),
            click.option("--keep-all", is_flag=True, help="Keep duplicates and contradictions."),
            click.option("--description", help="What the task asks for, in a sentence."),
            click.option("--columns", metavar="question=…,target=…", help="Where they stand in a row."),
            click.option("--train", metavar="FILE", help="Items for demonstrations."),
            click.option("--val", metavar="FILE", help="Items to choose by."),
            click.option("--test", metavar="FILE", help="Items for the one closing look."),
            click.option(
                "--tools",
                multiple=True,
                metavar="LIST|FILE.py:function",
                help="What designs may use: python, calculator, retrieval, your own functions, and what "
                "masdesign tools lists; several times.",
            ),
            click.option(
                "--mcp",
                multiple=True,
                metavar="NAME=COMMAND|URL",
                help="An MCP server's tools; NAME:pure= where they change nothing; several times.",
            ),
            click.option(
                "--corpus", multiple=True, metavar="FILE", help="Documents to search and read; several times."
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
    "metric", "answer", "instruction", "labels", "description", "columns", "train", "val", "test", "tools",
    "mcp", "corpus", "items", "test_items", "difficulty", "keep_all",
)  # fmt: skip


def task_arguments(given: dict[str, Any]) -> dict[str, Any]:
    """Take the options of `task_options` out of a command's keyword arguments, ready for ``load_task``."""
    picked = {name: given.pop(name) for name in TASK_ARGUMENTS}
    picked["tools"] = tuple(t.strip() for given in picked["tools"] for t in given.split(",") if t.strip())
    picked["columns"] = _pairs(picked["columns"]) if picked["columns"] else None
    picked["labels"] = tuple(t.strip() for t in picked["labels"].split(",")) if picked["labels"] else None
    picked |= {name: picked[name] or None for name in ("keep_all", "mcp", "corpus")}
    for name, value in configured_task().items():
        name = "metric" if name == "scorer" else name
        if name not in picked:
            raise InputError(f"[task] {name} of masdesign.toml: this command takes no such option")
        picked[name] = picked[name] or value
    return {name: value for name, value in picked.items() if value is not None}


_NEXT_COLUMN = re.compile(r",(?=\s*\w+\s*=)")
"""A comma before the next column: others belong to a template."""


def _pairs(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in _NEXT_COLUMN.split(text)]
    if not all(sign and value for _, sign, value in pairs):
        raise InputError(f"--columns {text!r} is not of the form question=NAME,target=NAME")
    return {name.strip(): value.strip() for name, _, value in pairs}


def named_models(models: tuple[str, ...]) -> dict[str, str]:
    """``--model`` as a table by names and roles.

    >>> named_models(("small=a", "large=b"))
    {'small': 'a', 'large': 'b'}
    """
    table: dict[str, str] = {}
    for entry in models:
        name, sign, value = entry.partition("=")
        key, model = (name, value) if sign else ("", entry)
        if key in table:
            raise InputError(f"--model {entry!r} names {key or 'the default model'!r} twice; name each once")
        if not model:
            raise InputError(f"--model {entry!r} names no model; write NAME or small=NAME")
        table[key] = model
    return table


@dataclass(frozen=True)
class ModelFlags:
    """What the command line says of models; `table` adds what the configuration or a design says."""

    rows: Mapping[str, Any]
    base_url: Mapping[str, str]
    price: Mapping[str, str]
    options: Mapping[str, Mapping[str, Any]]

    @classmethod
    def take(cls, given: dict[str, Any]) -> ModelFlags:
        """Take the options of models out of a command's keyword arguments."""
        rows: dict[str, Any] = dict(named_models(given.pop("models")))
        prices, urls = dict(given.pop("price")), dict(given.pop("base_url"))
        for shorthand, table in (("meta_model", rows), ("meta_price", prices), ("meta_base_url", urls)):
            value = given.pop(shorthand, None)
            if value is not None:
                table["meta"] = value
        options: dict[str, dict[str, Any]] = {}
        for text in given.pop("model_option"):
            name, key, value = parse_option(text)
            options.setdefault(name, {})[key] = value
        return cls(rows, urls, prices, options)

    @property
    def model(self) -> str | None:
        """The default model, where the command line names one."""
        from masdesign.lm.table import ROLES

        return next((str(model) for name, model in self.rows.items() if name not in ROLES), None)

    def table(self, own: Mapping[str, Any] | None = None) -> dict[str, ModelSpec]:
        """Specs by name and role.

        Where the command line names no model that answers, those of ``own`` are taken (the models that a
        design was chosen with), else those of the configuration, else abacus.
        """
        from masdesign.lm.table import ROLES, model_table

        configured = config_of().models
        roles = {name: row for name, row in configured.items() if name in ROLES}
        if self.model is not None:
            rows = {**(roles if "" in self.rows else configured), **self.rows}
        else:
            rows = {**(own or configured), **self.rows}
        if all(name in ROLES for name in rows):
            rows[""] = DEFAULT_MODEL
        table = model_table(rows, base_url=self.base_url, price=self.price, options=self.options)
        return {name: spec for name, spec in table.items() if isinstance(spec, ModelSpec)}


def chosen_models(given: dict[str, Any]) -> dict[str, ModelSpec]:
    """Take the options of models out of a command's keyword arguments: a table of specs by name and role."""
    return ModelFlags.take(given).table()


def resources(given: dict[str, Any]) -> dict[str, Any]:
    """Take what a session is opened with out of a command's keyword arguments."""
    place = given.pop("archive")
    settings = {"archive": place, "cache": cache_path(place), "concurrency": given.pop("concurrency")}
    settings["keep_going"] = given.pop("keep_going", False)
    return settings | {name: given.pop(name) for name in ("executor", "memory") if name in given}


def cache_path(archive: str) -> Path | str:
    """Where recorded calls lie: beside a file archive, else in the working folder."""
    from masdesign.archive.calls import calls_beside

    return calls_beside(archive) or Path("calls.db")


def emit(document: Any, indent: int | None = 2) -> None:
    """Print a JSON document on standard output; dataclasses become objects. Without ``indent``: one line."""
    say(json.dumps(document, default=_plain, ensure_ascii=False, indent=indent, allow_nan=False))


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, frozenset | set):
        return sorted(value)
    return str(value)
