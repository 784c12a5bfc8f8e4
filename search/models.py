"""Several models in one run: who they are, what they can be asked, and in which unit a design costs."""

from __future__ import annotations

import json
from collections.abc import Mapping

from masdesign.experiments.curve import Unit
from masdesign.lm import LM, Repertoire, repertoire_of
from masdesign.lm.protocol import price_of
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
