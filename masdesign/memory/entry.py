"""`MemoryEntry`: one thing that was learnt, when it applies, and how it has done since."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

Kind = Literal["lesson", "case", "strategy"]

MOST_USES = 4
"""Problems that an entry remembers having helped with, and as many with which it did not."""
LONGEST = 600
"""Characters that each text of an entry may have."""
LONGEST_SOURCE = 6_000
"""Characters of a strategy's workflow."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where an entry comes from; every field may be empty."""

    task: str = ""
    model: str = ""
    run: str = ""
    item: str = ""
    """The item after which it was written."""
    design: str = ""
    """The id of the design whose answer it was drawn from."""
    writer: str = ""
    """How it was written: ``reflect``, ``contrast``, ``merge``, ``case``, a person's name."""


@dataclass(frozen=True, slots=True)
class MemoryEntry:
    """A *lesson* (in such a case, do that), a *case* (this problem had that answer), or a *strategy*.

    A strategy is a workflow's source under ``what``, with how it did on problems like the one in ``when``.

    >>> entry = MemoryEntry("the customer is Bolt", "double the price, then add 3")
    >>> entry.used("What does Bolt pay?", helped=True).evidence
    (1, 0)
    """

    when: str
    """When it applies: a condition in words; of a case, its problem."""
    what: str
    """What to do then; of a case, the answer."""
    title: str = ""
    """A short name for lists; empty: the beginning of ``when`` (`name`)."""
    example: str = ""
    """A worked example in one or a few lines; of a case, how its answer was found."""
    kind: Kind = "lesson"
    helped: int = 0
    """Times that it was used and the answer was right, or that it was confirmed."""
    hurt: int = 0
    """Times that it was used and the answer was wrong."""
    helped_with: tuple[str, ...] = ()
    """The last problems of the first sort, at most `MOST_USES`; questions only, never answers."""
    hurt_with: tuple[str, ...] = ()
    """The last problems of the second sort."""
    tokens: int = 0
    """Of a strategy: tokens that all its uses took."""
    provenance: Provenance = Provenance()
    id: str = ""
    """Stays while the entry is refined; by default of the first ``kind``, ``when``, ``what``, item."""

    def __post_init__(self) -> None:
        for name in ("when", "what", "title", "example"):
            most = LONGEST_SOURCE if (self.kind, name) == ("strategy", "what") else LONGEST
            object.__setattr__(self, name, getattr(self, name).strip()[:most])
        if not self.id:
            first = "\0".join((self.kind, self.when, self.what, self.provenance.item))
            digest = hashlib.sha256(first.encode("utf-8", "surrogatepass")).hexdigest()
            object.__setattr__(self, "id", digest[:12])

    @property
    def name(self) -> str:
        """The title, else the beginning of ``when``."""
        return self.title or self.when.partition("\n")[0][:60]

    @property
    def evidence(self) -> tuple[int, int]:
        """Uses that helped, and uses that did not."""
        return self.helped, self.hurt

    @property
    def trust(self) -> float:
        """The chance that it helps, as Laplace's rule of succession has it: (helped + 1) / (uses + 2)."""
        return (self.helped + 1) / (self.helped + self.hurt + 2)

    def used(self, question: str, *, helped: bool) -> MemoryEntry:
        """The entry after one more use, on a problem with this question."""
        question = question.strip()[:LONGEST]
        if helped:
            return replace(
                self, helped=self.helped + 1, helped_with=(*self.helped_with, question)[-MOST_USES:]
            )
        return replace(self, hurt=self.hurt + 1, hurt_with=(*self.hurt_with, question)[-MOST_USES:])

    def to_json(self) -> dict[str, Any]:
        """What is not at its default, as JSON values.

        >>> sorted(MemoryEntry("it rains", "stay in").to_json())
        ['id', 'what', 'when']
        """
        return {
            field.name: _plain(value)
            for field in fields(self)
            if (value := getattr(self, field.name)) != field.default
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> MemoryEntry:
        """The entry that `to_json` wrote; what is unknown is left out.

        Raises:
            ValueError: a field has a wrong type, or ``when`` or ``what`` is missing.
        """
        given: dict[str, Any] = {}
        for field in fields(cls):
            if field.name in values:
                given[field.name] = _checked(field.name, values[field.name])
        if not {"when", "what"} <= given.keys():
            raise ValueError("an entry of a memory lacks `when` or `what`")
        return cls(**given)


def _plain(value: Any) -> Any:
    if isinstance(value, Provenance):
        return {field.name: text for field in fields(value) if (text := getattr(value, field.name))}
    return list(value) if isinstance(value, tuple) else value


def _checked(name: str, value: Any) -> Any:
    if name == "provenance" and isinstance(value, Mapping):
        known = {field.name for field in fields(Provenance)}
        return Provenance(**{key: str(text) for key, text in value.items() if key in known})
    if (
        name in ("helped", "hurt", "tokens")
        and isinstance(value, int)
        and not isinstance(value, bool)
        and value >= 0
    ):
        return value
    if name in ("helped_with", "hurt_with") and isinstance(value, list):
        return tuple(str(text)[:LONGEST] for text in value[-MOST_USES:])
    if name == "kind" and value in get_args(Kind):
        return value
    if name in ("when", "what", "title", "example", "id") and isinstance(value, str):
        return value
    raise ValueError(f"an entry of a memory has a wrong {name}: {value!r:.80}")
