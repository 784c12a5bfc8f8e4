"""The methods there are: every class in `masdesign/distill/methods/`, one a file."""

from __future__ import annotations

from functools import cache

from masdesign.distill.method import Method
from masdesign.errors import InputError
from masdesign.modules import classes_in

DEFAULT_METHOD = "transcribe"


@cache
def methods() -> dict[str, type[Method]]:
    """Every method by its name, sorted.

    >>> "transcribe" in methods()
    True
    """
    kinds = classes_in("masdesign.distill.methods", Method)  # type: ignore[type-abstract]
    return {kind.name: kind for kind in sorted(kinds, key=lambda kind: kind.name)}


def method_named(name: str) -> type[Method]:
    """The method of that name. Raises `InputError` listing what there is."""
    found = methods().get(name)
    if found is None:
        raise InputError(f"method {name!r} does not exist; choose one of {', '.join(methods())}")
    return found
