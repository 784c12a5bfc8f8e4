"""The strategies there are: every class in `masdesign/search/strategies/`, one a file."""

from __future__ import annotations

from functools import cache

from masdesign.errors import InputError
from masdesign.modules import classes_in
from masdesign.search.strategy import Strategy

DEFAULT_STRATEGY = "portfolio"


@cache
def strategies() -> dict[str, type[Strategy]]:
    """Every strategy by its name, sorted.

    >>> {"evolution", DEFAULT_STRATEGY} <= set(strategies())
    True
    """
    kinds = classes_in("masdesign.search.strategies", Strategy)  # type: ignore[type-abstract]
    return {kind.name: kind for kind in sorted(kinds, key=lambda kind: kind.name)}


def strategy_named(name: str) -> type[Strategy]:
    """The strategy of that name, or of ``name:variant`` (`Strategy.variant`).

    Raises `InputError` listing what there is.
    """
    base, colon, variant = name.partition(":")
    found = strategies().get(base)
    if found is None:
        raise InputError(f"strategy {name!r} does not exist; choose one of {', '.join(strategies())}")
    return found.variant(variant) if colon else found


def check_meta_model(strategy: str, given: str | None) -> None:
    """Raises `InputError` where a strategy needs a model that writes designs and has none, or has no use
    for the one ``given``."""
    kind = strategy_named(strategy)
    if kind.needs_meta_model and given is None:
        raise InputError(f"strategy {strategy!r} needs a model that writes designs; give --meta-model")
    if given is not None and not (kind.needs_meta_model or kind.takes_meta_model):
        raise InputError(
            f"strategy {strategy!r} writes designs without a model; leave out --meta-model {given}"
        )
