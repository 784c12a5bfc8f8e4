"""Several models in one run: names, prices, the unit of cost, and whether mixtures beat single models."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from masdesign.archive.view import Entry
from masdesign.evaluation import Evaluation
from masdesign.experiments.curve import Advantage, Curve, Unit, above_line
from masdesign.lm import LM, Repertoire, repertoire_of
from masdesign.lm.protocol import price_of
from masdesign.statistics.envelope import reference
from masdesign.types import Usage
from masdesign.workflow import Design

_CALL = Usage(150, 150)
"""A call as it is guessed, to compare prices."""


def other_models(models: Mapping[str, LM]) -> tuple[str, ...]:
    """A name for each model beside the default: the cheapest first where prices are known, else as given."""
    names: dict[int, str] = {}
    for name, lm in models.items():
        if name and lm is not models[""]:
            names.setdefault(id(lm), name)
    return tuple(sorted(names.values(), key=lambda name: call_price(models[name])))


def call_price(lm: LM) -> float:
    """What a call is guessed to cost, in USD; 0 where no price is known."""
    price = price_of(lm)
    return price.usd(_CALL) if price else 0.0


def costliest(models: Mapping[str, LM]) -> LM:
    """Return the model with the most expensive call; the default where none costs more."""
    return max(models[""], *models.values(), key=call_price)


def repertoires(models: Mapping[str, LM]) -> dict[str, Repertoire]:
    """What those models answer that do not answer everything, by name; the default's name is empty."""
    names = ("", *other_models(models))
    return {name: repertoire for name in names if (repertoire := repertoire_of(models[name])) is not None}


def cost_unit(models: Mapping[str, LM]) -> Unit:
    """In what designs are compared: tokens, but USD where several models answer and all have a price.

    A token of one model is not a token of another; of one model, tokens and USD say the same.
    """
    several = len({id(lm) for lm in models.values()}) > 1
    priced = all(price_of(lm) is not None for lm in models.values())
    return "usd" if several and priced and call_price(costliest(models)) else "tokens"


def prices(models: Mapping[str, LM]) -> str:
    """The prices by name where designs are compared in USD, as ``default=1/1 large=2/8``; otherwise empty."""
    if cost_unit(models) == "tokens":
        return ""
    priced = ((name, price_of(models[name])) for name in ("", *other_models(models)))
    return " ".join(
        f"{name or 'default'}={price.prompt:g}/{price.completion:g}" for name, price in priced if price
    )


def alone(name: str) -> Design:
    """Step by step by the model ``name`` alone: what a mixture with it has to be compared with.

    >>> alone("large").name
    'step_by_step on large'
    """
    call = f"chain_of_thought(task, model={json.dumps(name)})"
    source = f"async def workflow(task):\n    return await {call}\n"
    return Design(source, name=f"step_by_step on {name}", origin="baseline")


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
            f"(95 % interval {above.low:+.3f} to {above.high:+.3f}, {above.items} items). The line is what "
            "asking one of two single models at random scores at the same cost"
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
