"""What a run's recorded outcome says: values of it, headroom, claims, break-even.

It is JSON that an import may have filled with anything; what is not there is left out: a run of an earlier
version noted less.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from masdesign.spending.budget import UNIT_WORDS


def inside(value: Any, *path: str) -> Any:
    """What lies at the path; ``None`` where nothing does."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def number(value: Any, *path: str) -> float | None:
    """The finite number at the path, else ``None``.

    >>> number({"best": {"val": 0.5, "name": "<b>"}}, "best", "val"), number({"best": 1}, "best", "val")
    (0.5, None)
    """
    entry = inside(value, *path)
    valid = isinstance(entry, int | float) and not isinstance(entry, bool) and math.isfinite(entry)
    return float(entry) if valid else None


def text(value: Any, *path: str) -> str:
    """The text at the path, else nothing."""
    entry = inside(value, *path)
    return entry if isinstance(entry, str) else ""


def texts(value: Any, *path: str) -> tuple[str, ...]:
    """The texts of the list at the path."""
    entry = inside(value, *path)
    return tuple(part for part in entry if isinstance(part, str)) if isinstance(entry, list) else ()


@dataclass(frozen=True, slots=True)
class Noted:
    """A claim that the winner is better than something, tested together with the run's other claims."""

    than: str
    p_holm: float
    """Corrected for all claims of the run (Holm)."""
    holds: bool


def claims(outcome: Mapping[str, Any] | None) -> tuple[Noted, ...]:
    """The run's claims.

    >>> claims({"claims": [{"than": "step_by_step", "p_holm": 0.2, "holds": False}, 7]})
    (Noted(than='step by step', p_holm=0.2, holds=False),)
    """
    rows = inside(outcome, "claims")
    made = []
    for row in rows if isinstance(rows, list) else ():
        than, p_holm = text(row, "than"), number(row, "p_holm")
        if than and p_holm is not None:
            made.append(Noted(than.replace("_", " "), p_holm, inside(row, "holds") is True))
    return tuple(made)


def possible(outcome: Mapping[str, Any] | None) -> str:
    """How much could be gained at all, as it was measured before the search.

    >>> possible({"headroom": {"best": 0.7, "best_name": "self_consistency_9", "ceiling": 0.9, "draws": 9}})
    'self consistency 9 0.70; the best of its 9 draws an item 0.90 (no bound on a design)'
    """
    best, oracle = number(outcome, "headroom", "best"), number(outcome, "headroom", "ceiling")
    name = text(outcome, "headroom", "best_name").replace("_", " ") or "best plain way"
    draws = number(outcome, "headroom", "draws")
    if best is None or oracle is None or not draws:
        return ""
    return f"{name} {best:.2f}; the best of its {draws:.0f} draws an item {oracle:.2f} (no bound on a design)"


def pays(outcome: Mapping[str, Any] | None) -> str:
    """After how many items the search is paid back, against the plain way that scores as well.

    >>> pays({"break_even": {"unit": "calls", "against": "self_consistency_9", "saving": 4, "items": 2000}})
    'An item costs 4 calls less than self consistency 9: the search is paid back after 2,000 items.'
    """
    saving, gain = number(outcome, "break_even", "saving"), number(outcome, "break_even", "gain")
    items = number(outcome, "break_even", "items")
    unit = UNIT_WORDS.get(text(outcome, "break_even", "unit"), "")
    against = text(outcome, "break_even", "against").replace("_", " ")
    if saving is None or not unit or not against:
        return ""
    if items is not None and saving > 0:
        return (
            f"An item costs {saving:.3g} {unit} less than {against}: the search is paid back after "
            f"{items:,.0f} items."
        )
    if gain is not None and gain > 0:
        return f"{1000 * gain:.0f} more right answers in 1000 items than {against}."
    return f"{against.capitalize()} scores as well and costs no more: the search is not paid back."
