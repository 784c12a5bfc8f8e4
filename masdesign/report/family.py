"""The winner's family: its ancestors back to the first, and what was made from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from masdesign.archive.tables.designs import lineage
from masdesign.workflow import Design

MOST_RELATIVES, MOST_A_GENERATION = 20, 5
"""Most relatives drawn, the nearest first; and most of one generation."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A member of the family."""

    design_id: str
    generation: int
    """0 is the winner's; ancestors lie below it, descendants above, and a parent below all its children."""
    parents: tuple[str, ...]
    """Those of its parents that are members, too."""


def family(design_id: str, designs: Mapping[str, Design]) -> tuple[Relation, ...]:
    """The design and its nearest relatives that are in the archive, the oldest generation first.

    >>> father, son = Design("x", parents=()), Design("y", parents=(Design("x").id, "gone"))
    >>> known = {father.id: father, son.id: son}
    >>> [(r.generation, len(r.parents)) for r in family(son.id, known)]
    [(-1, 0), (0, 1)]
    """
    relatives = lineage(design_id, {member: design.parents for member, design in designs.items()})
    away = {relative.design_id: relative.generations for relative in reversed(relatives.descendants)}
    away |= {relative.design_id: -relative.generations for relative in relatives.ancestors}
    near = sorted((abs(n), n > 0, other) for other, n in away.items() if other in designs)
    taken: Counter[int] = Counter()
    members = {design_id: 0}
    for _, _, other in near:
        taken[away[other]] += 1
        if taken[away[other]] <= MOST_A_GENERATION and len(members) <= MOST_RELATIVES:
            members[other] = away[other]
    parents = {
        other: tuple(p for p in dict.fromkeys(designs[other].parents) if p in members) for other in members
    }
    _spread(members, parents)
    return tuple(
        Relation(other, n, parents[other])
        for other, n in sorted(members.items(), key=lambda pair: (pair[1], pair[0]))
    )


def _spread(members: dict[str, int], parents: Mapping[str, tuple[str, ...]]) -> None:
    """Move relatives away from the winner till a parent stands before its children: both may be the winner's.

    An import may claim a design that is its own ancestor: it is moved no more often than there are members.
    """
    for _ in members:
        for child, its in parents.items():
            for parent in its:
                if members[parent] < 0 and members[child] <= 0:
                    members[parent] = min(members[parent], members[child] - 1)
                elif members[parent] >= 0 and members[child] > 0:
                    members[child] = max(members[child], members[parent] + 1)
