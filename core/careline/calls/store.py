"""Calls in the database: the facts are the truth, ``call`` and ``call_leg`` follow from them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from attrs import asdict, frozen
from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from twisted.logger import Logger

from careline.calls import facts as f
from careline.calls.fold import apply, begin
from careline.calls.model import CallRecord, Direction, LegKind, Outcome, durations
from careline.storage import BigId, EnumValue, Json, Tx, UTCDateTime, metadata

log = Logger()

call_table = Table(
    "call",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("node", String(16), nullable=False),
    Column("direction", EnumValue(Direction), nullable=False),
    Column("started", UTCDateTime, nullable=False, index=True),
    Column("ended", UTCDateTime),
    Column("open", Boolean, nullable=False),
    Column("told", Boolean, nullable=False),
    Column("campus", String(32), nullable=False),
    Column("trunk", String(64), nullable=False),
    Column("dnis", String(64), nullable=False),
    Column("number", String(64), nullable=False, index=True),
    Column("queue", String(64), nullable=False),
    Column("agent", String(32), nullable=False, index=True),
    Column("outcome", EnumValue(Outcome), nullable=False),
    Column("disposition", String(64), nullable=False),
    Column("note", Text, nullable=False),
    Column("wait_ms", Integer, nullable=False),
    Column("ring_ms", Integer, nullable=False),
    Column("talk_ms", Integer, nullable=False),
    Column("wrap_up_ms", Integer, nullable=False),
    Column("trunk_ms", Integer, nullable=False),
    Index("ix_call_node_open", "node", "open"),
)

leg_table = Table(
    "call_leg",
    metadata,
    Column("call_id", String(64), ForeignKey("call.id", ondelete="CASCADE"), primary_key=True),
    Column("channel", String(64), primary_key=True),
    Column("kind", EnumValue(LegKind), nullable=False),
    Column("endpoint", String(128), nullable=False),
    Column("number", String(64), nullable=False),
    Column("agent", String(32), nullable=False, index=True),
    Column("started", UTCDateTime, nullable=False),
    Column("answered", UTCDateTime),
    Column("ended", UTCDateTime),
    Column("talk_ms", Integer, nullable=False),
)

fact_table = Table(
    "call_fact",
    metadata,
    Column("call_id", String(64), ForeignKey("call.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", UTCDateTime, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("detail", Json, nullable=False),
)

#: Who was, or may have been, on the phone. ``sure`` when nobody else fits the caller's number. The
#: patient's record may be gone, or merged into another one.
call_patient_table = Table(
    "call_patient",
    metadata,
    Column("call_id", String(64), ForeignKey("call.id", ondelete="CASCADE"), primary_key=True),
    Column("patient", BigId, primary_key=True),
    Column("sure", Boolean, nullable=False),
    Index("ix_call_patient_patient", "patient"),
)


@frozen
class Numbered:
    """A fact with its place in the call's order, from 1."""

    seq: int
    fact: f.Fact


@frozen
class StoredCall:
    """A record and the facts that it was folded from."""

    record: CallRecord
    facts: tuple[Numbered, ...]

    @property
    def last_seq(self) -> int:
        """The number of the last fact."""
        return self.facts[-1].seq if self.facts else 0


# Built once: each fact of each call is written by these, and building them took longer than SQLite.
_CALL = call_table.c.id == bindparam("key_call")
_LEG = (leg_table.c.call_id == bindparam("key_call")) & (
    leg_table.c.channel == bindparam("key_channel")
)
_UPDATE_CALL = update(call_table).where(_CALL)
_INSERT_CALL = insert(call_table)
_TELL = update(call_table).where(_CALL, call_table.c.told.is_(False)).values(told=True)
_UPDATE_LEG = update(leg_table).where(_LEG)
_INSERT_LEG = insert(leg_table)
_LAST_SEQ = select(func.max(fact_table.c.seq)).where(fact_table.c.call_id == bindparam("key_call"))
_INSERT_FACT = insert(fact_table)
_WHO = (f.Identified, f.Linked, f.Unlinked)
_DELETE_PATIENTS = delete(call_patient_table).where(
    call_patient_table.c.call_id == bindparam("key_call")
)
_INSERT_PATIENT = insert(call_patient_table)


def save(tx: Tx, call: CallRecord, news: Sequence[Numbered], now: datetime) -> bool:
    """Write the record and its new facts; True the first time that the call is seen ended.

    Safe to repeat with the same facts. ``now`` closes what still lasts in the summary's figures.
    """
    row = _summary(call, now)
    key = {"key_call": call.id}
    if tx.execute(_UPDATE_CALL, row | key).rowcount == 0:
        tx.execute(_INSERT_CALL, {"id": call.id, "told": False, **row})
    _save_legs(tx, call, now)
    _save_facts(tx, call.id, news)
    if any(isinstance(item.fact, _WHO) for item in news):
        _save_patients(tx, call)
    return call.ended is not None and tx.execute(_TELL, key).rowcount == 1


def _summary(call: CallRecord, now: datetime) -> dict[str, Any]:
    figures = durations(call, now)
    return {
        "node": call.id.rpartition("-")[0],
        "direction": call.direction,
        "started": call.started,
        "ended": call.ended,
        "open": call.ended is None or call.wrapping_up,
        "campus": call.campus,
        "trunk": call.trunk,
        "dnis": call.dnis,
        "number": call.number or call.caller,
        "queue": call.stays[-1].queue if call.stays else "",
        "agent": call.served_by,
        "outcome": call.outcome,
        "disposition": call.disposition,
        "note": call.note,
        **asdict(figures),
    }


def _save_legs(tx: Tx, call: CallRecord, now: datetime) -> None:
    for leg in call.legs:
        row = {
            "kind": leg.kind,
            "endpoint": leg.endpoint,
            "number": leg.number,
            "agent": leg.agent,
            "started": leg.started,
            "answered": leg.answered,
            "ended": leg.ended,
            "talk_ms": sum(round(talk.length(now).total_seconds() * 1000) for talk in leg.talks),
        }
        key = {"key_call": call.id, "key_channel": leg.channel}
        if tx.execute(_UPDATE_LEG, row | key).rowcount == 0:
            tx.execute(_INSERT_LEG, {"call_id": call.id, "channel": leg.channel, **row})


def _save_patients(tx: Tx, call: CallRecord) -> None:
    tx.execute(_DELETE_PATIENTS, {"key_call": call.id})
    sure = len(call.patients) == 1
    rows = [{"call_id": call.id, "patient": one, "sure": sure} for one in call.patients]
    if rows:
        tx.execute(_INSERT_PATIENT, rows)


def _save_facts(tx: Tx, call_id: str, news: Sequence[Numbered]) -> None:
    last = tx.scalar(_LAST_SEQ, {"key_call": call_id}) or 0
    rows = [_fact_row(call_id, item) for item in news if item.seq > last]
    if rows:
        tx.execute(_INSERT_FACT, rows)


def _fact_row(call_id: str, item: Numbered) -> dict[str, Any]:
    detail = asdict(item.fact)
    at, channel = detail.pop("at"), detail.pop("channel")
    return {
        "call_id": call_id,
        "seq": item.seq,
        "at": at,
        "kind": type(item.fact).__name__,
        "channel": channel,
        "detail": detail,
    }


def _fact(row: Row[Any]) -> f.Fact:
    detail = {
        key: tuple(value) if isinstance(value, list) else value for key, value in row.detail.items()
    }
    return f.FACTS[row.kind](at=row.at, channel=row.channel, **detail)


def load(tx: Tx, call_id: str) -> StoredCall | None:
    """The call with that id, folded anew from its facts; None when there is none."""
    return next(iter(_load(tx, [call_id])), None)


def load_open(tx: Tx, node: str) -> list[StoredCall]:
    """Calls of this node that were not finished when they were last written."""
    open_ids = select(call_table.c.id).where(call_table.c.node == node, call_table.c.open.is_(True))
    return _load(tx, tx.scalars(open_ids))


def _load(tx: Tx, ids: Collection[str]) -> list[StoredCall]:
    rows = tx.all(
        select(fact_table)
        .where(fact_table.c.call_id.in_(ids))
        .order_by(fact_table.c.call_id, fact_table.c.seq)
    )
    grouped: dict[str, list[Numbered]] = {}
    for row in rows:
        grouped.setdefault(row.call_id, []).append(Numbered(row.seq, _fact(row)))
    folded = (_folded(call_id, items) for call_id, items in grouped.items())
    return [call for call in folded if call is not None]


def _folded(call_id: str, items: Sequence[Numbered]) -> StoredCall | None:
    first = items[0].fact
    if not isinstance(first, f.ChannelUp):  # one broken record keeps no core from starting
        log.error("the beginning of call {call} is not stored", call=call_id)
        return None
    record = begin(first, call_id)
    for item in items[1:]:
        record = apply(record, item.fact)
    return StoredCall(record, tuple(items))


def shown(stored: StoredCall, now: datetime) -> dict[str, Any]:
    """A call as JSON: its record, its durations in ms, its timeline."""
    call = stored.record
    return {
        "id": call.id,
        "direction": call.direction.value,
        "started": call.started.isoformat(),
        "ended": call.ended.isoformat() if call.ended else None,
        "campus": call.campus,
        "trunk": call.trunk,
        "dnis": call.dnis,
        "number": call.number or call.caller,
        "outcome": call.outcome.value,
        "agents": list(call.agents),
        "queues": [stay.queue for stay in call.stays],
        "disposition": call.disposition,
        "note": call.note,
        "durations": {
            **asdict(durations(call, now)),
            "handling_ms": durations(call, now).handling_ms,
        },
        "timeline": [shown_fact(call.id, item.fact) for item in stored.facts],
    }


def shown_fact(call_id: str, fact: f.Fact) -> dict[str, Any]:
    """One line of a timeline as JSON."""
    detail = asdict(fact)
    at, channel = detail.pop("at"), detail.pop("channel")
    what = type(fact).__name__
    return {"call": call_id, "at": at.isoformat(), "what": what, "channel": channel, **detail}


def finished_since(tx: Tx, node: str, since: datetime) -> list[str]:
    """Calls of this node that ended at or after ``since`` and are complete, the latest last."""
    return tx.scalars(
        select(call_table.c.id)
        .where(call_table.c.node == node, call_table.c.open.is_(False), call_table.c.ended >= since)
        .order_by(call_table.c.ended)
    )


def last_fact(tx: Tx, node: str) -> datetime | None:
    """When the last stored fact of this node's calls happened."""
    newest = (
        select(func.max(fact_table.c.at))
        .join(call_table, call_table.c.id == fact_table.c.call_id)
        .where(call_table.c.node == node)
    )
    found: datetime | None = tx.scalar(newest)
    return found


def recent(tx: Tx, limit: int = 20) -> list[str]:
    """Ids of the latest calls, newest first."""
    return tx.scalars(select(call_table.c.id).order_by(call_table.c.started.desc()).limit(limit))


def last_agent(tx: Tx, number: str, since: datetime) -> str:
    """The agent who last talked with ``number`` (熟悉坐席), or empty."""
    found = tx.scalar(
        select(call_table.c.agent)
        .where(
            call_table.c.number == number, call_table.c.agent != "", call_table.c.started >= since
        )
        .order_by(call_table.c.started.desc())
        .limit(1)
    )
    return found or ""
