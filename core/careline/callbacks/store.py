"""Callbacks in the database; one per call that owes it."""

from __future__ import annotations

from attrs import asdict, fields
from sqlalchemy import Column, Integer, String, Table, Text, insert, select, update

from careline.callbacks.model import Callback, CallbackState, Why
from careline.storage import EnumValue, Tx, UTCDateTime, metadata

OPEN = (CallbackState.WAITING, CallbackState.CALLING)

callback_table = Table(
    "callback",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("queue", String(32), nullable=False),
    Column("number", String(64), nullable=False),
    Column("trunk", String(64), nullable=False),
    Column("why", EnumValue(Why), nullable=False),
    Column("asked", UTCDateTime, nullable=False),
    Column("due", UTCDateTime, nullable=False),
    Column("state", EnumValue(CallbackState), nullable=False, index=True),
    Column("tries", Integer, nullable=False),
    Column("last_call", String(64), nullable=False),
    Column("agent", String(8), nullable=False),
    Column("note", Text, nullable=False),
)


def put_callback(tx: Tx, callback: Callback) -> None:
    """Store a callback as it is now."""
    row = asdict(callback, recurse=False)
    changed = update(callback_table).where(callback_table.c.call == callback.call).values(row)
    if tx.execute(changed).rowcount == 0:
        tx.execute(insert(callback_table).values(row))


def open_callbacks(tx: Tx) -> list[Callback]:
    """What is still owed, oldest first."""
    names = [attribute.name for attribute in fields(Callback)]
    rows = tx.all(
        select(callback_table)
        .where(callback_table.c.state.in_(OPEN))
        .order_by(callback_table.c.asked)
    )
    return [Callback(**{name: row._mapping[name] for name in names}) for row in rows]
