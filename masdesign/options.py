"""Keyword options that a function takes as one typed dictionary (``**options: Unpack[…]``)."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any


def with_defaults(function: str, options: Mapping[str, Any], **defaults: Any) -> SimpleNamespace:
    """Return the options as attributes, the defaults for those that are not given.

    Raises:
        TypeError: an option that has no default here, as Python says it of any function.

    >>> with_defaults("load", {"seed": 3}, seed=0, world=0)
    namespace(seed=3, world=0)
    """
    for name in options.keys() - defaults.keys():
        raise TypeError(f"{function}() got an unexpected keyword argument {name!r}")
    return SimpleNamespace(**{**defaults, **options})
