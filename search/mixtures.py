"""Whether a mixture of models scores more than a random choice between single ones at the same cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from masdesign.archive.view import Entry
from masdesign.evaluation import Evaluation
from masdesign.experiments.curve import Curve
from masdesign.experiments.matched import Advantage, above_line
from masdesign.lm import LM
from masdesign.search.models import cost_unit
from masdesign.statistics.envelope import reference
from masdesign.workflow import Design


@dataclass(frozen=True)
class Mixture:
    """The design that was, on val, highest above the line between single models; and how high on test."""

    design_id: str
    name: str
    above: Advantage

    def to_json(self) -> dict[str, Any]:
        """``id``, ``name``, and ``above`` with its 95 % interval."""
        above = {"test": self.above.score, "low": self.above.low, "high": self.above.high}
        return {"id": self.design_id, "name": self.name, "above": {**above, "items": self.above.items}}

    def __str__(self) -> str:
        above = self.above
        verdict = {
            (True, False): "lies above the line between single models",
            (False, True): "lies below the line between single models: no mixture is shown to lie above it",
        }.get((above.low > 0, above.high < 0), "is not shown to lie above the line between single models")
        return (
            f"the best mixture on val, {self.name}, {verdict}: {above.score:+.3f} at its cost on test "
            f"(95 % interval {above.low:+.3f} to {above.high:+.3f}, {above.items} items)"
        )


def best_mixture(entries: Iterable[Entry], models: Mapping[str, LM]) -> Design | None:
    """The design that is highest above the line between the baselines by val score and USD.

    ``None`` where one model answers, where a price is not known, and where only baselines were scored.
    """
    if cost_unit(models) != "usd":
        return None
    scored = [entry for entry in entries if entry.score is not None]
    plain = [(e.cost_per_item, e.score or 0.0) for e in scored if e.design.origin == "baseline"]
    others = [entry for entry in scored if entry.design.origin != "baseline"]
    if not plain or not others:
        return None

    def above(entry: Entry) -> tuple[float, float]:
        height = (entry.score or 0.0) - reference(plain, entry.cost_per_item, mixed=True).score
        return height, -entry.cost_per_item

    return max(others, key=above).design


def mixture_of(design: Design, looked_at: Mapping[str, Evaluation], curve: Curve, seed: int) -> Mixture:
    """What the look at test says of a mixture."""
    above = above_line(looked_at[design.id], curve, seed=seed)
    return Mixture(design.id, design.name or design.id, above)
