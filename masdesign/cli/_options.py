"""Options that several commands share, and what is made of their values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, TypeVar

import click

from masdesign.cli._config import config_of, configured_task
from masdesign.cli._watch import items_progress
from masdesign.errors import InputError
from masdesign.lm.spec import ModelSpec, parse_option

F = TypeVar("F", bound=Callable[..., Any])
Decorator = Callable[[F], F]

DEFAULT_ARCHIVE = ".masdesign/archive.db"
DEFAULT_MODEL = "abacus"


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


def meta_model_options(use: str) -> Decorator[Any]:
    """``--meta-model``, short for ``--model meta=``; ``use`` is what the model is for."""
    return together(
        option("--meta-model=M", f"{use} Short for --model meta=M."),
        option("--meta-price=IN/OUT", "As --price meta=IN/OUT.", hidden=True),
        option("--meta-base-url=URL", "As --base-url meta=URL.", hidden=True),
    )


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


model_options = together(
    several(
        "--model=[NAME=]MODEL models",
        "abacus (default), any LiteLLM name, recorded:FILE#COLUMN; or named, as in --model small=M --model "
        "large=M; meta, judge, user and embedding are roles.",
    ),
    several(
        "--base-url=[NAME=]URL",
        "An OpenAI-compatible server; several times, as --model.",
        callback=_parse_urls,
    ),
    several(
        "--price=[NAME=]IN/OUT",
        "USD per million prompt/completion tokens, where not known; several times, as --model.",
        callback=_parse_prices,
    ),
    several(
        "--model-option=[NAME.]KEY=VALUE",
        "max_tokens, temperature, effort, key_env, rpm, timeout … of a model; several times.",
    ),
    option("--concurrency", "Calls at once.", 64, least=1),
    option("--seed", None, 0, least=0),
    flag("--keep-going", "Go on where most replies are cut, unreadable or refused."),
)
"""The options of models, ``--concurrency`` and ``--seed``; `job_arguments` takes them."""
_TASK_OPTIONS = {
    "metric": option(
        "--scorer --metric=NAME metric",
        "Of masdesign scorers, or module:function; inferred only where certain.",
    ),
    "answer": option("--answer=FORM", "How an answer is asked for and read: line, choice …"),
    "instruction": option("--instruction=TEXT", "What is to be done; every prompt says it."),
    "labels": option("--labels=A,B,…", "The answers there are."),
    "keep_all": flag("--keep-all", "Keep duplicates and contradictions."),
    "description": option("--description", "What the task asks for, in a sentence."),
    "columns": option("--columns=question=…,target=…", "Where they stand in a row."),
    "train": option("--train=FILE", "Items for demonstrations."),
    "val": option("--val=FILE", "Items to choose by."),
    "test": option("--test=FILE", "Items for the one closing look."),
    "tools": several(
        "--tools=LIST|FILE.py:function",
        "What designs may use: python, calculator, retrieval, your own functions, and what masdesign tools "
        "lists; several times.",
    ),
    "mcp": several(
        "--mcp=NAME=COMMAND|URL",
        "An MCP server's tools; NAME:pure= where they change nothing; several times.",
    ),
    "corpus": corpus_option,
    "items": option("--items", "How many val items.", least=1),
    "test_items": option("--test-items", "How many test items.", least=1),
    "difficulty": option("--difficulty", "Of a generated task; each has its default.", least=0),
}
"""By the argument of ``load_task`` that an option gives."""
task_options = together(*_TASK_OPTIONS.values())
"""The options of TASK; pass them on as ``load_task(task, **task_arguments(kwargs))``."""
job_options = together(archive_option, model_options, task_options, json_option)
"""What a command takes that answers the items of TASK."""


def task_arguments(given: dict[str, Any]) -> dict[str, Any]:
    """Take the options of `task_options` out of a command's keyword arguments, ready for ``load_task``."""
    picked = {name: given.pop(name) for name in _TASK_OPTIONS}
    picked["tools"] = tuple(tool for listed in picked["tools"] for tool in names(listed))
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


def job_arguments(given: dict[str, Any]) -> dict[str, Any]:
    """Take all that a job's verb is given besides its task out of a command's keyword arguments."""
    models, seed = chosen_models(given), given.pop("seed")
    return {"model": models, "seed": seed, "showing": items_progress, **resources(given)}


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
