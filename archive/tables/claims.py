"""Claims of other systems about a design: evidence, kept verbatim, never a score."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select

from masdesign.archive.tables import schema
from masdesign.archive.tables.text import clean, dumps


def add_claim(
    connection: Connection, design_id: str, origin: str, claim: Mapping[str, Any], created: float
) -> bool:
    """Store a claim, unless it is empty or stored already; return whether it was stored."""
    if not claim:
        return False
    table, text = schema.claims, dumps(dict(claim))
    same = (table.c.design_id == design_id) & (table.c.origin == clean(origin)) & (table.c.claim == text)
    if connection.execute(select(table.c.seq).where(same)).first():
        return False
    row = {"design_id": design_id, "origin": clean(origin), "claim": text, "created": created}
    connection.execute(insert(table).values(**row))
    return True


def claims_of(connection: Connection, design_id: str | None = None) -> list[dict[str, Any]]:
    """``design_id``, ``origin``, ``claim``, ``created`` of each claim, oldest first."""
    table = schema.claims
    query = select(table).order_by(table.c.seq)
    if design_id is not None:
        query = query.where(table.c.design_id == design_id)
    return [
        {"design_id": r.design_id, "origin": r.origin, "claim": json.loads(r.claim), "created": r.created}
        for r in connection.execute(query)
    ]
