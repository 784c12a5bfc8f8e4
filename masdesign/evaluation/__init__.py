"""How good is a design, and how sure are we?

Names are imported on first use (PEP 562), so that importing this package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from masdesign.evaluation.evaluation import Evaluation as Evaluation
    from masdesign.evaluation.intervals import Interval as Interval
    from masdesign.evaluation.intervals import bootstrap_mean as bootstrap_mean
    from masdesign.evaluation.intervals import wilson as wilson

_HOME = {
    "Evaluation": "evaluation",
    "Interval": "intervals",
    "bootstrap_mean": "intervals",
    "wilson": "intervals",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
