"""Drafts in the database, one for each agent and call."""

from __future__ import annotations

from attrs import asdict, fields
from sqlalchemy import Boolean, Column, String, Table, Text, delete, insert, select, update

from careline.desk.model import Draft
from careline.storage import Tx, UTCDateTime, metadata

draft_table = Table(
    "desk_draft",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("agent", String(8), primary_key=True),
    Column("disposition", String(32), nullable=False),
    Column("note", Text, nullable=False),
    Column("back", Boolean, nullable=False),
    Column("back_when", String(64), nullable=False),
    Column("back_number", String(64), nullable=False),
    Column("saved", UTCDateTime, nullable=False),
)

_NAMES = [attribute.name for attribute in fields(Draft)]


def put_draft(tx: Tx, draft: Draft) -> None:
    """Store a draft as it is now; a blank one is removed."""
    table = draft_table
    mine = (table.c.call == draft.call) & (table.c.agent == draft.agent)
    if draft.blank:
        tx.execute(delete(table).where(mine))
    elif tx.execute(update(table).where(mine).values(asdict(draft))).rowcount == 0:
        tx.execute(insert(table).values(asdict(draft)))


def read_drafts(tx: Tx) -> list[Draft]:
    """All drafts, oldest first."""
    rows = tx.all(select(draft_table).order_by(draft_table.c.saved))
    return [Draft(**{name: row._mapping[name] for name in _NAMES}) for row in rows]
