"""Does it pay? What the search spent, against what its winner gains or saves on every item."""

from dataclasses import asdict, dataclass
from math import ceil
from typing import Any

from masdesign.evaluation import Evaluation
from masdesign.experiments.curve import Curve
from masdesign.spending.budget import UNIT_WORDS, Unit
from masdesign.spending.spend import Spend


@dataclass(frozen=True, slots=True)
class BreakEven:
    """After how many items a search is paid back, in the unit of its budget (tokens where that is time)."""

    unit: str
    """``calls``, ``tokens`` or ``usd``."""
    spent: float
    """By the whole run."""
    against: str
    """The plain way compared with: the cheapest that scores as well, otherwise the best there is."""
    gain: float
    """The winner's test score minus that one's."""
    saving: float
    """What an item costs less than there; below 0, what it costs more."""

    @property
    def items(self) -> int | None:
        """Items after which what was saved equals what was spent; ``None`` where an item costs no less."""
        return ceil(round(self.spent / self.saving, 6)) if self.saving > 0 else None

    @property
    def right_answers(self) -> float | None:
        """More right answers in 1000 items than the plain way gives; ``None`` where it gives as many."""
        return 1000 * self.gain if self.gain > 0 else None

    def __str__(self) -> str:
        unit, plain = UNIT_WORDS[self.unit], self.against.replace("_", " ")
        spent = f"the search spent {_amount(self.spent, self.unit)} {unit}"
        parts = []
        if self.items is not None:
            saved = f"{_amount(self.saving, self.unit)} {unit}"
            parts.append(f"an item costs {saved} less than {plain}: paid back after {self.items:,} items")
        if self.right_answers is not None:
            dearer = -self.saving if self.saving < 0 else 0.0
            more = f" for {_amount(dearer, self.unit)} {unit} more an item" if dearer else ""
            each = self.spent / self.right_answers + dearer * 1000 / self.right_answers
            parts.append(
                f"{self.right_answers:.0f} more right answers in 1000 items than {plain}{more}: over the "
                f"first 1000 items each costs {_amount(each, self.unit)} {unit}, the search's share included"
            )
        none = f"{plain} scores as well and costs no more: it is not paid back"
        return f"{spent}; " + ("; ".join(parts) or none)

    def to_json(self) -> dict[str, Any]:
        """All fields, and ``items`` (null where it is not paid back by saving)."""
        return {**asdict(self), "items": self.items}


def break_even(winner: Evaluation, curve: Curve, spend: Spend, unit: Unit) -> BreakEven:
    """Against the cheapest plain way that scores as well on test; where none does, against the best."""
    paid: Unit = "tokens" if unit == "min" else unit

    def cost(plain: Evaluation) -> float:
        return plain.cost_per_item(paid)

    as_good = [point for point in curve.points if point.evaluation.score >= winner.score]
    against = (
        min(as_good, key=lambda point: cost(point.evaluation))
        if as_good
        else max(curve.points, key=lambda point: (point.evaluation.score, -cost(point.evaluation)))
    )
    spent = {"calls": float(spend.calls), "tokens": float(spend.tokens), "usd": spend.usd}[paid]
    plain = against.evaluation
    return BreakEven(paid, spent, against.name, winner.score - plain.score, cost(plain) - cost(winner))


def _amount(value: float, unit: str) -> str:
    if unit == "usd":
        return f"{value:.3g}"
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
