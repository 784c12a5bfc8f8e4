"""Where a design came from, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from masdesign.archive.tables import schema
from masdesign.archive.tables.designs import is_id, parts


@dataclass(frozen=True, slots=True)
class Relative:
    """A design id and how many generations it is away: parents 1, grandparents 2 …"""

    design_id: str
    generations: int


@dataclass(frozen=True, slots=True)
class Lineage:
    """The family of one design, nearest first; a relative over two ways is listed once, at the nearer."""

    design_id: str
    ancestors: tuple[Relative, ...]
    descendants: tuple[Relative, ...]


def lineage_of(connection: Connection, design_id: str) -> Lineage:
    """The lineage of a design of the archive. Only its family is read, a generation at a time."""
    links, designs = schema.links, schema.designs
    above = select(designs.c.id, designs.c.parents)
    parents: dict[str, list[str]] = {}
    front = seen = {design_id}
    while front:
        steps = [above.where(designs.c.id.in_(part)) for part in parts(front)]
        edges = {row.id: json.loads(row.parents) for query in steps for row in connection.execute(query)}
        parents |= edges
        front = {p for its in edges.values() for p in its if is_id(p)} - seen
        seen = seen | front
    front = seen = {design_id}
    while front:
        queries = [select(links).where(links.c.parent.in_(part)) for part in parts(front)]
        rows = [row for query in queries for row in connection.execute(query)]
        for row in rows:
            parents.setdefault(row.child, []).append(row.parent)
        front = {row.child for row in rows} - seen
        seen = seen | front
    return lineage(design_id, parents)


def lineage(design_id: str, parents: Mapping[str, Iterable[str]]) -> Lineage:
    """The lineage of a design, given the parents of every design.

    Parents that are not in the archive are listed as well. An import may claim anything: a design that
    is its own ancestor does no harm.

    >>> family = lineage("b", {"a": (), "b": ("a",), "c": ("b", "x")})
    >>> family.ancestors, family.descendants
    ((Relative(design_id='a', generations=1),), (Relative(design_id='c', generations=1),))
    """
    children: dict[str, list[str]] = {}
    for child, its in parents.items():
        for parent in its:
            children.setdefault(parent, []).append(child)
    return Lineage(design_id, _walk(design_id, parents), _walk(design_id, children))


def _walk(start: str, edges: Mapping[str, Iterable[str]]) -> tuple[Relative, ...]:
    seen, relatives, generation, front = {start}, list[Relative](), 1, list(edges.get(start, ()))
    while front:
        fresh = sorted(set(front) - seen)
        seen.update(fresh)
        relatives += [Relative(design_id, generation) for design_id in fresh]
        front = [further for design_id in fresh for further in edges.get(design_id, ())]
        generation += 1
    return tuple(relatives)
