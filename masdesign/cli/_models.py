"""Options of models, and the table of models that a command is given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import click

from masdesign.cli._config import config_of
from masdesign.cli._options import Decorator, flag, option, several, together
from masdesign.errors import InputError
from masdesign.lm.spec import ModelSpec, parse_option

DEFAULT_MODEL = "abacus"


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
        named, configured = named_models(given.pop("models")), config_of().models
        rows: dict[str, Any] = {name: configured.get(model, model) for name, model in named.items()}
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

        rows = (row for name, row in self.rows.items() if name not in ROLES)
        return next((str(row["model"] if isinstance(row, Mapping) else row) for row in rows), None)

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
