"""The forms that there are: derived from the signatures of blocks and combinators."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from masdesign.search.grammar.combinator import Combinator
from masdesign.search.grammar.expression import Form, Slot
from masdesign.search.grammar.kinds import SOLVER, kind_of
from masdesign.search.wording import shipped
from masdesign.types import SAMPLING_TEMPERATURE
from masdesign.workflow import Block
from masdesign.workflow.promoted import Promoted

TEMPERATURES = (0.0, SAMPLING_TEMPERATURE, 0.5, 1.0)
SHARES = (0.3, 0.5, 0.7, 0.9, 1.0)
"""Values of every other number from 0 to 1: thresholds, weights."""
COUNTS = 9
"""Counts go up to this, or to twice the usual one, where that is less."""
LENGTHS = (20, 30, 40, 50, 70, 100)
"""Counts of words, or of whatever else is usually more than `COUNTS`."""


def form_of(origin: Block[..., Any] | Combinator | Promoted, models: Collection[str] = ()) -> Form:
    """The form of a block, a combinator or a discovered block; ``models`` are those beside the default."""
    if isinstance(origin, Promoted):
        return Form(origin.name, origin.version, origin, SOLVER)
    hints = get_type_hints(origin.function)
    given, parts, slots = dict[str, Any](), dict[str, Any](), dict[str, tuple[Slot, ...]]()
    for name, parameter in inspect.signature(origin.function).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            given[name] = parameter.kind  # no kind of an expression has these
        elif get_origin(hints[name]) is Callable:
            parts[name] = kind_of(hints[name])
        elif parameter.default is parameter.empty:
            given[name] = hints[name]
        elif choices := tuple(_choices(origin.name, name, hints[name], parameter.default, models)):
            slots[name] = choices
    version = origin.version if isinstance(origin, Block) else ""
    return Form(
        origin.name, version, origin, (tuple(given.values()), hints["return"]), tuple(given), parts, slots
    )


def _choices(block: str, name: str, hint: Any, usual: Any, models: Collection[str]) -> Iterator[Slot]:
    """The values of a slot, the usual one first; none where only the usual one makes sense."""
    values: tuple[Slot, ...] = ()
    if get_origin(hint) is Literal:
        values = get_args(hint)
    elif hint is bool:
        values = (False, True)
    elif hint is int:
        values = (
            LENGTHS if usual > 2 * COUNTS else tuple(range(min(2, usual), min(COUNTS, 2 * usual + 1) + 1))
        )
    elif hint is float:
        values = tuple(t for t in TEMPERATURES if t or not usual) if name == "temperature" else SHARES
    elif name == "role":
        values = roles(block)
    elif name == "model" or name.endswith("_model"):
        values = tuple(models)
    if any(value != usual for value in values):
        yield from dict.fromkeys((usual, *values))


@cache
def roles(block: str = "chain_of_thought") -> tuple[str, ...]:
    """The roles that a block may be given: of the wordings that ship for it, or for `chain_of_thought`."""
    wordings = shipped().get(block, shipped()["chain_of_thought"])
    known = tuple(wording.role for wording in wordings if wording.role)
    return known or roles()
