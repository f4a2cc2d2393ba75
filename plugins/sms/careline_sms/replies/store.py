"""Replies in the database; one that a gateway delivers again is the same one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import fields
from sqlalchemy import Column, ColumnElement, String, Table, Text, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from careline.patients.store import all_ids
from careline.storage import AnyRow, BigId, EnumValue, Tx, UTCDateTime, metadata
from careline_sms.model import Heard, Message, Reply, State
from careline_sms.store import m, message_of
from careline_sms.tables import message_table

reply_table = Table(
    "sms_reply",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("same", String(64), nullable=False, unique=True),
    Column("gateway", String(32), nullable=False),
    Column("number", String(32), nullable=False, index=True),
    Column("to", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("at", UTCDateTime, nullable=False, index=True),
    Column("received", UTCDateTime, nullable=False),
    Column("patient", BigId, nullable=False, index=True),
    Column("message", BigId, nullable=False, index=True),
    Column("heard", EnumValue(Heard), nullable=False),
    Column("answer", Text, nullable=False),
)
r = reply_table.c
NAMES = tuple(one.name for one in fields(Reply))
GONE_OUT = (State.LEASED, State.SENT, State.DELIVERED, State.FAILED, State.UNCERTAIN)
"""States of messages that the patient may have before the eyes."""


def add(tx: Tx, values: dict[str, Any]) -> int | None:
    """Store a reply and give its id; None when it is there already."""
    dialect = sqlite.insert if tx.dialect == "sqlite" else postgresql.insert
    row = {"patient": 0, "message": 0, "heard": Heard.NEW, "answer": "", **values}
    made = tx.scalar(
        dialect(reply_table)
        .values(row)
        .on_conflict_do_nothing(index_elements=[r.same])
        .returning(r.id)
    )
    return None if made is None else int(made)


def get(tx: Tx, id: int) -> Reply | None:
    """One reply, None when it is forgotten."""
    row = tx.one(select(reply_table).where(r.id == id))
    return _reply(row) if row else None


def hear(tx: Tx, id: int, heard: Heard, message: Message | None, answer: str) -> None:
    """Store what became of a reply."""
    about = {"message": message.id, "patient": message.patient} if message else {}
    tx.execute(update(reply_table).where(r.id == id).values(heard=heard, answer=answer, **about))


def asked(tx: Tx, number: str, since: datetime, most: int = 5) -> list[Message]:
    """What went out to a number since then and may be answered, the newest first."""
    query = select(message_table).where(
        m.to == number,
        m.changed >= since,
        m.state.in_(GONE_OUT),
        m.purpose != "reply",
    )
    went = func.coalesce(m.sent, m.changed)  # one that is uncertain may have gone too
    newest = query.order_by(went.desc(), m.id.desc()).limit(most)
    return [message_of(row) for row in tx.all(newest)]


def answered(tx: Tx, number: str, since: datetime) -> int:
    """How many replies of a number were answered since then."""
    mine = (r.number == number, r.received >= since, r.answer != "")
    return int(tx.scalar(select(func.count()).select_from(reply_table).where(*mine)))


def listed(tx: Tx, patient: int, number: str, unknown: bool, most: int) -> list[Reply]:
    """Replies, the newest first."""
    where: list[ColumnElement[bool]] = []
    if patient:
        where.append(r.patient.in_(all_ids(tx, patient)))
    if number:
        where.append(r.number.endswith(number, autoescape=True))
    if unknown:
        where.append(r.heard == Heard.UNKNOWN)
    query = select(reply_table).where(*where).order_by(r.at.desc(), r.id.desc()).limit(most)
    return [_reply(row) for row in tx.all(query)]


def of_message(tx: Tx, id: int) -> list[Reply]:
    """Replies to one message, the oldest first."""
    query = select(reply_table).where(r.message == id).order_by(r.id)
    return [_reply(row) for row in tx.all(query)]


def _reply(row: AnyRow) -> Reply:
    return Reply(**{name: row._mapping[name] for name in NAMES})
