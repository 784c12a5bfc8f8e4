"""`Expression`: what a design is grown from, a block or a combinator with its slots and its parts.

Expressions are frozen values. Each has a text: ``vote(keep(repeat(direct(temperature=0.8)), verify()))``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any, Literal, get_args, get_origin, get_type_hints

from masdesign.search.grammar.combinator import SOLVER, Combinator, Kind, kind_of
from masdesign.search.grammar.wording import shipped
from masdesign.types import SAMPLING_TEMPERATURE
from masdesign.workflow import Block
from masdesign.workflow.promoted import Promoted

Slot = str | int | float | bool
Path = tuple[int, ...]
"""The way to an expression within another: the number of the part, of that one's part, and so on."""


@dataclass(frozen=True)
class Form:
    """What an expression may be made with: a block, a combinator, a discovered block."""

    name: str
    version: str
    """Of a block; the same name may stand for another one elsewhere."""
    origin: Block[..., Any] | Combinator | Promoted = field(compare=False, repr=False)
    kind: Kind = field(compare=False, repr=False)
    inputs: tuple[str, ...] = field(default=("task",), compare=False, repr=False)
    """Names of what it is given."""
    parts: Mapping[str, Kind] = field(default_factory=dict, compare=False, repr=False)
    slots: Mapping[str, tuple[Slot, ...]] = field(default_factory=dict, compare=False, repr=False)
    """The values that each slot may have, the usual one first."""


@dataclass(frozen=True)
class Expression:
    """A form with its parts, and with those slots that are not as usual."""

    form: Form
    parts: tuple[Expression, ...] = ()
    slots: tuple[tuple[str, Slot], ...] = ()

    @cached_property
    def _hash(self) -> int:
        """Kept, since the hash of a tree takes a walk through it, and trees are looked up all the time."""
        return hash((self.form, self.parts, self.slots))

    def __hash__(self) -> int:
        return self._hash

    @property
    def name(self) -> str:
        """The form's name."""
        return self.form.name

    @property
    def model(self) -> str:
        """The model that it asks itself; empty for the default, and where it asks none."""
        return str(self.value("model") or "")

    @property
    def draws(self) -> bool:
        """Whether it may answer otherwise when it is asked again."""
        return float(self.value("temperature") or 0) > 0 or any(part.draws for part in self.parts)

    def value(self, slot: str) -> Any:
        """What the slot is set to; its usual value where nothing else was; ``None`` where there is none."""
        usual = self.form.slots.get(slot, (None,))[0]
        return dict(self.slots).get(slot, usual)

    def set(self, slot: str, value: Slot) -> Expression:
        """The expression with another value in one of its slots."""
        values = {name: self.value(name) for name in self.form.slots} | {slot: value}
        return replace(self, slots=tuple((k, v) for k, v in values.items() if v != self.form.slots[k][0]))

    def walk(self) -> Iterator[Expression]:
        """This expression and all below it."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def places(self, path: Path = ()) -> Iterator[tuple[Path, Expression]]:
        """The same, each with its path."""
        yield path, self
        for number, part in enumerate(self.parts):
            yield from part.places((*path, number))

    def put(self, path: Path, new: Expression) -> Expression:
        """The expression with the one at ``path`` exchanged for ``new``, which must be of the same kind."""
        if not path:
            return new
        parts = list(self.parts)
        parts[path[0]] = parts[path[0]].put(path[1:], new)
        return replace(self, parts=tuple(parts))

    @property
    def depth(self) -> int:
        """1 for a block alone, one more for each level of parts."""
        return 1 + max((part.depth for part in self.parts), default=0)

    def __str__(self) -> str:
        values = [str(part) for part in self.parts] + [f"{k}={v!r}" for k, v in self.slots]
        return f"{self.name}({', '.join(values)})"

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        origin = self.form.origin
        if isinstance(origin, Combinator):
            parts = dict(zip(self.form.parts, (part.title for part in self.parts), strict=True))
            return origin.title.format(**parts, **{slot: self.value(slot) for slot in self.form.slots})
        told = {"temperature": "at", "model": "on"}
        shown = [f"{told.get(k, k)} {v}" for k, v in self.slots if k != "role"]
        role = ["in a role"] if self.value("role") else []
        return " ".join([self.name.replace("_", " "), *shown, *role])


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
