"""`Expression`: what a design is grown from, a block or a combinator with its slots and its parts.

Expressions are frozen values. Each has a text: ``vote(keep(repeat(direct(temperature=0.8)), verify()))``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from masdesign.search.grammar.combinator import Combinator
from masdesign.search.grammar.kinds import Kind
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
