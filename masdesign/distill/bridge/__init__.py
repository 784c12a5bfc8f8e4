"""Designs as DSPy programs, and back; our models as DSPy's. DSPy is imported where it is used.

Names are imported on first use (PEP 562), so that importing this package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from masdesign.distill.bridge.convert import from_dspy, to_dspy
    from masdesign.distill.bridge.engine import dspy_lm

_HOMES = {"dspy_lm": "engine", "from_dspy": "convert", "to_dspy": "convert"}

__all__ = ["dspy_lm", "from_dspy", "to_dspy"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
