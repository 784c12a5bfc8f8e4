"""The models of a run, by name and role."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from masdesign.errors import InputError
from masdesign.lm.protocol import LM
from masdesign.lm.spec import ModelSpec
from masdesign.spending.price import Price

ROLES = ("meta", "judge", "user", "embedding")
"""Roles that designs do not see: the model that writes designs, the one that scores, the simulated user,
and the one that ranks passages."""

Model = ModelSpec | str | Mapping[str, Any] | LM
"""How a model may be given: a spec, a name, a table of a configuration file, or an open model."""
Models = Model | Mapping[str, Model]
"""A model, or a table of them: ``""`` is the default, other keys are names that designs may use, or roles."""


def model_table(
    models: Models,
    *,
    base_url: str | Mapping[str, str] | None = None,
    price: str | Mapping[str, str] | None = None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, ModelSpec | LM]:
    """The table of a run's models; where no default is named, the first that is no role is it.

    Parameters:
        models: see `Models`.
        base_url, price: for all models, or by name; ``""`` is for those that the table does not name (a
            price then for models that answer, not for roles). The same model in several rows has one price.
        options: by name, as `ModelSpec.with_options` takes them; ``""`` is for every model.

    Raises:
        InputError: there is no model, or a name is not in the table.

    >>> table = model_table({"small": "a/b", "meta": "c/d"}, price={"small": "1/2"})
    >>> {name: spec.model for name, spec in table.items()}
    {'': 'a/b', 'small': 'a/b', 'meta': 'c/d'}
    """
    table = _rows(models)
    urls, prices = _by_name("base URL", base_url, table), _by_name("price", price, table)
    given = _by_name("model option", options, table)
    default = _first(models)
    for name, value in table.items():
        if isinstance(value, ModelSpec):
            table[name] = _with(value, name or default, urls, given)
    entries = dict(table)
    for name, value in entries.items():
        if isinstance(value, ModelSpec) and value.price is None:
            table[name] = _add_price(value, name, entries, prices)
    return table


def default_of(models: Models) -> str:
    """The name of the default model, as its user gave it.

    >>> default_of({"small": "openai/a", "large": "openai/b"})
    'openai/a'
    """
    model = _rows(models)[""]
    return model.model


def name_in_role(models: Models, role: str) -> str | None:
    """The name of the model in a role, ``None`` where there is none."""
    model = _rows(models).get(role)
    return None if model is None else model.model


def designs_see(table: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of a table that designs may use, ``""`` among them."""
    return tuple(name for name in table if name not in ROLES)


def stored(models: Models) -> dict[str, Any]:
    """The table as an archive notes it: names where a name says all, else `ModelSpec.public`."""
    rows: dict[str, Any] = {}
    for name, value in _rows(models).items():
        shown = value.public() if isinstance(value, ModelSpec) else {"model": value.model}
        rows[name] = shown["model"] if len(shown) == 1 else shown
    return rows


def _rows(models: Models) -> dict[str, ModelSpec | LM]:
    if isinstance(models, Mapping) and "model" not in models:
        rows = {str(name): _row(value) for name, value in models.items()}
    else:
        rows = {"": _row(models)}
    first = next((name for name in rows if name not in ROLES), None)
    if first is None:
        raise InputError("there is no model that answers; name at least one beside the roles")
    return rows if "" in rows else {"": rows[first], **rows}


def _first(models: Models) -> str:
    """The name whose model is the default; empty where the default is named itself."""
    if not isinstance(models, Mapping) or "model" in models or "" in models:
        return ""
    return next(str(name) for name in models if name not in ROLES)


def _row(value: Model) -> ModelSpec | LM:
    if isinstance(value, ModelSpec | str | Mapping):
        return ModelSpec.of(value)
    if isinstance(value, type):
        raise InputError(f"the class {value.__name__} is no model; give an object of it: {value.__name__}()")
    if isinstance(value, LM):
        return value
    raise InputError(f"a {type(value).__name__} is no model; give a name, a ModelSpec or an LM")


def _by_name(what: str, given: Any, table: Mapping[str, Any]) -> dict[str, Any]:
    rows = {"": given} if isinstance(given, str | Price) else dict(given or {})
    for name in rows:
        if name and name not in table:
            names = ", ".join(key for key in table if key) or "none; leave the name out"
            raise InputError(f"{what} of {name!r}: no model is called so; the names are {names}")
    return rows


def _with(
    spec: ModelSpec, name: str, urls: Mapping[str, str], options: Mapping[str, Mapping[str, Any]]
) -> ModelSpec:
    spec = replace(spec, base_url=spec.base_url or urls.get(name, urls.get("", "")))
    for key in dict.fromkeys(("", name)):
        spec = spec.with_options(options.get(key, {}))
    return spec


def _add_price(
    spec: ModelSpec, name: str, table: Mapping[str, ModelSpec | LM], prices: Mapping[str, str | Price]
) -> ModelSpec:
    """The spec with the price given to any name of its model. A role is not priced by what is for all."""
    same = [other for other, value in table.items() if value == spec]
    named = dict.fromkeys(prices[other] for other in same if other and other in prices)
    if len(named) > 1:
        raise InputError(
            f"model {spec.model!r} is given the prices {' and '.join(map(str, named))}; give one"
        )
    common = None if all(other in ROLES for other in same) else prices.get("")
    price = next(iter(named), common)
    return spec if price is None else spec.with_options({"price": price})
