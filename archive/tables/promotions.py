"""Designs of the archive that were made blocks: by name, the last promotion counts."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection

from masdesign.archive.tables import schema
from masdesign.archive.tables.designs import get_design
from masdesign.archive.tables.evaluations import Summary, summaries
from masdesign.archive.tables.sealed import content, put, read
from masdesign.errors import InputError
from masdesign.workflow import Block
from masdesign.workflow.promoted import Promoted, plain, promoted


def promote(
    connection: Connection, design_id: str, name: str, blocks: Mapping[str, Block[Any, Any]], created: float
) -> Promoted:
    """Make a design of the archive a block of that name; of an earlier one it takes the name.

    Raises InputError, of which SourceError is one, where the name or the design does not do.
    """
    stored = get_design(connection, design_id)
    assert stored is not None  # it was found by its id
    promotion = promoted(stored.design, name, blocks, _doc(connection, design_id, stored.design.thought))
    if promotions_of(connection).get(name) != design_id:
        row = {"name": name, "design_id": design_id, "created": created}
        put(connection, schema.promotions, row)
    return promotion


def promotions_of(connection: Connection) -> dict[str, str]:
    """The id of the design behind each promoted block's name."""
    return {row["name"]: row["design_id"] for row in all_promotions(connection)}


def all_promotions(connection: Connection) -> list[dict[str, Any]]:
    """``name``, ``design_id``, ``created`` of each promotion that counts, one a name."""
    rows = read(connection, schema.promotions, schema.chosen(schema.promotions))
    return list({row.name: content(row) for row in rows}.values())


def promoted_blocks(
    connection: Connection, blocks: Mapping[str, Block[Any, Any]], ids: Mapping[str, str] | None = None
) -> dict[str, Promoted]:
    """The promoted blocks by name, sorted; ``ids`` gives the versions of an earlier day."""
    promotions = {}
    for name, design_id in sorted((promotions_of(connection) if ids is None else ids).items()):
        stored = get_design(connection, design_id)
        if stored is not None and name not in blocks:  # a later masdesign may have a block of that name
            doc = _doc(connection, design_id, stored.design.thought)
            with suppress(InputError):  # a later masdesign may refuse what an earlier one took
                promotions[name] = promoted(stored.design, name, blocks, doc)
    return promotions


def _doc(connection: Connection, design_id: str, thought: str) -> str:
    """Describe the block and the evidence for it."""
    evaluations = [s for s in summaries(connection, design_id=design_id, split="val") if s.items]
    own, claimed = [s for s in evaluations if not s.foreign], [s for s in evaluations if s.foreign]
    title = "Evidence" if own or not claimed else "Evidence from elsewhere, not measured here"
    evidence = "; ".join(map(_describe_score, (own or claimed)[-3:])) or "not evaluated yet"
    head = plain(thought) or "A discovered design."
    return f"{head}\n\n{title}: {evidence}.\n\nVersion: {design_id}."


def _describe_score(summary: Summary) -> str:
    return plain(
        f"{summary.score:.3f} ({summary.low:.2f} to {summary.high:.2f}) on {summary.items} items of "
        f"{summary.task} val, {summary.tokens_per_item:.0f} tokens an item, by {summary.model}"
    )
