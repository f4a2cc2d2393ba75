"""Messages in the database; one per call."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from attrs import asdict, fields
from sqlalchemy import Column, Float, String, Table, insert, select, update

from careline.errors import NotFound
from careline.storage import EnumValue, Tx, UTCDateTime, metadata
from careline.voicemail.model import Message, MessageState

voicemail_table = Table(
    "voicemail",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("box", String(64), nullable=False),
    Column("number", String(64), nullable=False),
    Column("file", String(200), nullable=False),
    Column("seconds", Float, nullable=False),
    Column("left", UTCDateTime, nullable=False),
    Column("state", EnumValue(MessageState), nullable=False),
    Column("agent", String(8), nullable=False),
    Column("handled", UTCDateTime),
)


def add_message(tx: Tx, message: Message) -> bool:
    """Store a message; False when the call's is stored already."""
    known = select(voicemail_table.c.call).where(voicemail_table.c.call == message.call)
    if tx.scalar(known):
        return False
    tx.execute(insert(voicemail_table).values(asdict(message, recurse=False)))
    return True


def list_messages(tx: Tx, box: str = "", *, handled: bool = False) -> list[Message]:
    """Messages of one box or all, oldest first; those still to do unless ``handled``."""
    names = [attribute.name for attribute in fields(Message)]
    query = select(voicemail_table).order_by(voicemail_table.c.left)
    if box:
        query = query.where(voicemail_table.c.box == box)
    if not handled:
        query = query.where(voicemail_table.c.state != MessageState.HANDLED)
    return [Message(**{name: row._mapping[name] for name in names}) for row in tx.all(query)]


def left_in(tx: Tx, calls: Collection[str]) -> set[str]:
    """Those of these calls in which a message was left."""
    column = voicemail_table.c.call
    return set(tx.scalars(select(column).where(column.in_(calls)))) if calls else set()


def assign(tx: Tx, call: str, agent: str) -> None:
    """Give a message to an agent."""
    _change(tx, call, state=MessageState.ASSIGNED, agent=agent)


def mark_handled(tx: Tx, call: str, agent: str, at: datetime) -> None:
    """Mark a message as done by an agent."""
    _change(tx, call, state=MessageState.HANDLED, agent=agent, handled=at)


def _change(tx: Tx, call: str, **values: object) -> None:
    changed = update(voicemail_table).where(voicemail_table.c.call == call).values(values)
    if tx.execute(changed).rowcount == 0:
        raise NotFound("voicemail.unknown", "there is no message of call {call}", call=call)
