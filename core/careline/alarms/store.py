"""Alarms in the database: those that last, and what was."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Row, String, Table, delete, insert, select, update

from careline.alarms.model import Alarm, packed, unpacked
from careline.hooks.values import Level
from careline.storage import EnumValue, Json, Tx, UTCDateTime, metadata

alarm_table = Table(
    "alarm",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("node", String(16), nullable=False),
    Column("source", String(64), nullable=False),
    Column("name", String(160), nullable=False),
    Column("level", EnumValue(Level), nullable=False),
    Column("title", Json, nullable=False),
    Column("detail", Json, nullable=False),
    Column("remedy", Json, nullable=False),
    Column("raised", UTCDateTime, nullable=False),
    Column("cleared", UTCDateTime),
    Column("acked", UTCDateTime),
    Column("acked_by", String(64), nullable=False),
    Index("ix_alarm_node_cleared", "node", "cleared"),
    Index("ix_alarm_raised", "raised"),
)
c = alarm_table.c


def put_alarm(tx: Tx, node: str, alarm: Alarm) -> None:
    """Store an alarm, new or changed."""
    row = {
        "node": node,
        "source": alarm.source,
        "name": alarm.name,
        "level": alarm.level,
        "title": packed(alarm.title),
        "detail": packed(alarm.detail),
        "remedy": packed(alarm.remedy),
        "raised": alarm.raised,
        "cleared": alarm.cleared,
        "acked": alarm.acked,
        "acked_by": alarm.acked_by,
    }
    if tx.execute(update(alarm_table).where(c.id == alarm.id).values(row)).rowcount == 0:
        tx.execute(insert(alarm_table).values(id=alarm.id, **row))


def open_alarms(tx: Tx, node: str) -> list[Alarm]:
    """Alarms of this node that were not cleared."""
    query = select(alarm_table).where(c.node == node, c.cleared.is_(None)).order_by(c.raised)
    return [_alarm(row) for row in tx.all(query)]


def past(tx: Tx, limit: int = 200, before: datetime | None = None) -> list[Alarm]:
    """The latest alarms that are over, newest first, on all nodes."""
    query = select(alarm_table).where(c.cleared.is_not(None))
    if before is not None:
        query = query.where(c.raised < before)
    return [_alarm(row) for row in tx.all(query.order_by(c.raised.desc()).limit(limit))]


def forget(tx: Tx, before: datetime) -> int:
    """Delete those that were over before then; gives how many."""
    return tx.execute(delete(alarm_table).where(c.cleared < before)).rowcount


def _alarm(row: Row[Any]) -> Alarm:
    return Alarm(
        id=row.id,
        source=row.source,
        name=row.name,
        level=row.level,
        title=unpacked(row.title),
        detail=unpacked(row.detail),
        remedy=unpacked(row.remedy),
        raised=row.raised,
        cleared=row.cleared,
        acked=row.acked,
        acked_by=row.acked_by,
    )
