"""What each finished call added to the figures, a row for each campus, queue and agent of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from attrs import frozen
from sqlalchemy import Column, Date, ForeignKey, Index, Integer, String, Table, func, insert, select

from careline.agents.store import state_table
from careline.calls import store as calls_store
from careline.calls.model import CallRecord
from careline.calls.store import call_table
from careline.figures.model import NAMES, Key, Kind, Tally, counts
from careline.figures.times import Spell
from careline.storage import EnumValue, Tx, UTCDateTime, metadata

figure_table = Table(
    "call_figure",
    metadata,
    Column("call_id", String(64), ForeignKey("call.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", EnumValue(Kind), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("node", String(16), nullable=False),
    Column("day", Date, nullable=False),
    Column("started", UTCDateTime, nullable=False),
    *(Column(name, Integer, nullable=False) for name in NAMES),
    Index("ix_call_figure_node_day", "node", "day"),
)
c = figure_table.c


@frozen
class Counted:
    """A finished call's parts; ``day`` is the local one on which it began."""

    call_id: str
    day: date
    started: datetime
    parts: dict[Key, Tally]


def put_counted(tx: Tx, counted: Counted) -> None:
    """Store what a call added; one that is stored already stays as it is."""
    known = select(c.call_id).where(c.call_id == counted.call_id).limit(1)
    if tx.scalar(known) is not None:
        return
    about = {
        "call_id": counted.call_id,
        "node": counted.call_id.rpartition("-")[0],
        "day": counted.day,
        "started": counted.started,
    }
    rows = [
        {**about, "kind": key.kind, "name": key.name, **counts(tally)}
        for key, tally in counted.parts.items()
    ]
    tx.execute(insert(figure_table), rows)


def sums(
    tx: Tx, node: str, days: Iterable[date], before: datetime | None = None
) -> dict[date, dict[Key, Tally]]:
    """What was added on each of these days, by calls that began before a moment if one is given."""
    found: dict[date, dict[Key, Tally]] = {day: {} for day in days}
    query = (
        select(c.day, c.kind, c.name, *(func.sum(c[name]).label(name) for name in NAMES))
        .where(c.node == node, c.day.in_(list(found)))
        .group_by(c.day, c.kind, c.name)
    )
    if before is not None:
        query = query.where(c.started < before)
    for row in tx.all(query):
        values = {name: int(row._mapping[name]) for name in NAMES}
        found[row.day][Key(row.kind, row.name)] = Tally(**values)
    return found


def uncounted(tx: Tx, node: str, since: datetime) -> list[CallRecord]:
    """Finished calls since then of which nothing is stored here, as a core's sudden end leaves."""
    query = (
        select(call_table.c.id)
        .outerjoin(figure_table, figure_table.c.call_id == call_table.c.id)
        .where(
            call_table.c.node == node,
            call_table.c.started >= since,
            call_table.c.open.is_(False),
            c.call_id.is_(None),
        )
    )
    return _records(tx, tx.scalars(query))


def finished(tx: Tx, node: str, since: datetime, until: datetime) -> list[CallRecord]:
    """Finished calls that began in a span, folded anew from their facts."""
    t = call_table.c
    in_span = (t.started >= since) & (t.started < until)
    found = select(t.id).where(t.node == node, t.open.is_(False), in_span)
    return _records(tx, tx.scalars(found))


def _records(tx: Tx, ids: Iterable[str]) -> list[CallRecord]:
    stored = (calls_store.load(tx, call_id) for call_id in ids)
    return [one.record for one in stored if one is not None]


def spells(tx: Tx, since: datetime) -> list[Spell]:
    """All agents' states that ended after a moment or last, oldest first."""
    s = state_table.c
    rows = tx.all(
        select(s.agent_id, s.state, s.since, s.ended)
        .where(s.ended.is_(None) | (s.ended > since))
        .order_by(s.id)
    )
    return [Spell(row.agent_id, row.state, row.since, row.ended) for row in rows]
