"""Recordings in the database; their audio lies in a store of files, under a key of each row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from attrs import frozen
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    delete,
    insert,
    select,
    update,
)

from careline.storage import AnyRow, BigId, EnumValue, Json, Tx, UTCDateTime, metadata
from careline_recording.model import Format, Hold, Mark, Recording, Stretch

recording_table = Table(
    "recording_recording",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("call", String(64), nullable=False, index=True),
    Column("channel", String(64), nullable=False),
    Column("agent", String(32), nullable=False, index=True),
    Column("campus", String(32), nullable=False),
    Column("queue", String(64), nullable=False),
    Column("started", UTCDateTime, nullable=False, index=True),
    Column("length_ms", Integer, nullable=False),
    Column("stretches", Json, nullable=False),
    Column("format", EnumValue(Format), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("peaks", LargeBinary, nullable=False),
    Column("klass", String(32), nullable=False),
    Column("until", UTCDateTime, nullable=False),
    Column("held", Boolean, nullable=False),
    Column("remark", String(200), nullable=False),
    Column("name", String(128), nullable=False),
    Column("master", String(32), nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("taken", UTCDateTime, nullable=False),
    Column("erased", UTCDateTime),
    Column("erased_why", String(64), nullable=False),
    UniqueConstraint("channel"),
    Index("ix_recording_recording_until", "until"),
    Index("ix_recording_recording_master", "master"),
)
mark_table = Table(
    "recording_mark",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("recording", String(32), nullable=False, index=True),
    Column("at_ms", Integer, nullable=False),
    Column("text", String(200), nullable=False),
    Column("by", String(64), nullable=False),
    Column("made", UTCDateTime, nullable=False),
)
hold_table = Table(
    "recording_hold",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("recording", String(32), nullable=False, index=True),
    Column("why", String(200), nullable=False),
    Column("by", String(64), nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("released", UTCDateTime),
    Column("released_by", String(64), nullable=False),
)


@frozen(kw_only=True)
class Sealed:
    """Where the audio of a recording lies and what opens it; nobody outside needs it."""

    name: str
    master: str
    wrapped: bytes


def add(tx: Tx, recording: Recording, sealed: Sealed, peaks: bytes, taken: datetime) -> None:
    """Store a recording whose audio is in the store."""
    values = {
        name: getattr(recording, name)
        for name in (
            *("id", "call", "channel", "agent", "campus", "queue", "started", "size", "sha256"),
            *("klass", "until", "held", "remark", "erased", "format"),
        )
    }
    values["length_ms"] = round(recording.seconds * 1000)
    values["stretches"] = [
        [one.start.isoformat(), one.offset_ms, one.length_ms] for one in recording.stretches
    ]
    values |= {"name": sealed.name, "master": sealed.master, "wrapped": sealed.wrapped}
    values |= {"peaks": peaks, "taken": taken, "erased_why": ""}
    tx.execute(insert(recording_table).values(values))


def find(tx: Tx, id: str) -> Recording | None:
    """One by its id."""
    row = tx.one(select(recording_table).where(recording_table.c.id == id))
    return recording_of(row) if row else None


def of_channel(tx: Tx, channel: str) -> Recording | None:
    """The recording of a channel, whichever call it is in."""
    row = tx.one(select(recording_table).where(recording_table.c.channel == channel))
    return recording_of(row) if row else None


def of_call(tx: Tx, call: str) -> list[Recording]:
    """All of a call in the order in which they began."""
    columns = recording_table.c
    query = select(recording_table).where(columns.call == call)
    return [recording_of(row) for row in tx.all(query.order_by(columns.started, columns.id))]


def sealed_of(tx: Tx, id: str) -> tuple[Recording, Sealed] | None:
    """One with what opens it."""
    row = tx.one(select(recording_table).where(recording_table.c.id == id))
    return (recording_of(row), _sealed(row)) if row else None


def peaks_of(tx: Tx, id: str) -> bytes | None:
    """The waveform of one."""
    found: bytes | None = tx.scalar(
        select(recording_table.c.peaks).where(recording_table.c.id == id)
    )
    return found


def after(tx: Tx, id: str, many: int = 100) -> list[tuple[Recording, Sealed]]:
    """Those not erased with ids behind ``id``, for going through all of them."""
    columns = recording_table.c
    query = select(recording_table).where(columns.id > id, columns.erased.is_(None))
    rows = tx.all(query.order_by(columns.id).limit(many))
    return [(recording_of(row), _sealed(row)) for row in rows]


def outdated(tx: Tx, now: datetime, many: int = 100) -> list[tuple[Recording, Sealed]]:
    """Those whose time is over and that nothing holds."""
    columns = recording_table.c
    over = (columns.until <= now, columns.held.is_(False), columns.erased.is_(None))
    rows = tx.all(select(recording_table).where(*over).order_by(columns.until).limit(many))
    return [(recording_of(row), _sealed(row)) for row in rows]


def erase(tx: Tx, id: str, now: datetime, why: str) -> bool:
    """Forget key, waveform and remarks of one that is not held; the row stays as proof.

    Its hash, length and times say what it was. False when it is held or was erased before.
    """
    columns = recording_table.c
    mine = (columns.id == id, columns.held.is_(False), columns.erased.is_(None))
    forgotten = {"wrapped": b"", "peaks": b"", "erased": now, "erased_why": why}
    if tx.execute(update(recording_table).where(*mine).values(forgotten)).rowcount == 0:
        return False
    tx.execute(delete(mark_table).where(mark_table.c.recording == id))
    return True


def known_names(tx: Tx, names: Sequence[str]) -> set[str]:
    """Those of some files that belong to a recording which is not erased."""
    columns = recording_table.c
    query = select(columns.name).where(columns.name.in_(names), columns.erased.is_(None))
    return set(tx.scalars(query))


def classify(tx: Tx, id: str, klass: str, until: datetime) -> None:
    """Give it another class of retention."""
    mine = recording_table.c.id == id
    tx.execute(update(recording_table).where(mine).values(klass=klass, until=until))


def until_now(tx: Tx, ids: Iterable[str], now: datetime) -> None:
    """Their time is over."""
    mine = recording_table.c.id.in_(list(ids))
    tx.execute(update(recording_table).where(mine).values(until=now))


def rewrap(tx: Tx, id: str, before: str, master: str, wrapped: bytes) -> None:
    """Put its key under another master key, if it is still under ``before``."""
    mine = (recording_table.c.id == id) & (recording_table.c.master == before)
    tx.execute(update(recording_table).where(mine).values(master=master, wrapped=wrapped))


def under_others(tx: Tx, master: str, many: int = 200) -> list[tuple[Recording, Sealed]]:
    """Those whose keys are not under ``master``; erased ones have none."""
    columns = recording_table.c
    query = select(recording_table).where(columns.master != master, columns.erased.is_(None))
    return [(recording_of(row), _sealed(row)) for row in tx.all(query.limit(many))]


def masters(tx: Tx) -> set[str]:
    """Names of the master keys that recordings are under."""
    columns = recording_table.c
    return set(tx.scalars(select(columns.master).where(columns.erased.is_(None)).distinct()))


# -- marks and holds


def add_mark(tx: Tx, mark: Mark) -> Mark:
    """Put a remark; gives it with its id."""
    values = {name: getattr(mark, name) for name in ("recording", "at_ms", "text", "by", "made")}
    made = tx.execute(insert(mark_table).values(values)).inserted_primary_key
    return Mark(id=made[0] if made else 0, **values)


def marks_of(tx: Tx, id: str) -> list[Mark]:
    """Remarks in the order of their places."""
    columns = mark_table.c
    query = select(mark_table).where(columns.recording == id)
    return [Mark(**row._mapping) for row in tx.all(query.order_by(columns.at_ms, columns.id))]


def remove_mark(tx: Tx, id: str, mark: int) -> bool:
    """Take a remark away; False when there is no such one."""
    mine = (mark_table.c.recording == id) & (mark_table.c.id == mark)
    return tx.execute(delete(mark_table).where(mine)).rowcount == 1


def add_hold(tx: Tx, hold: Hold) -> None:
    """It must not be erased."""
    names = ("recording", "why", "by", "at", "released", "released_by")
    tx.execute(insert(hold_table).values({name: getattr(hold, name) for name in names}))
    mine = recording_table.c.id == hold.recording
    tx.execute(update(recording_table).where(mine).values(held=True))


def release(tx: Tx, id: str, by: str, now: datetime) -> None:
    """Nothing holds it any more."""
    holding = (hold_table.c.recording == id) & hold_table.c.released.is_(None)
    tx.execute(update(hold_table).where(holding).values(released=now, released_by=by))
    mine = recording_table.c.id == id
    tx.execute(update(recording_table).where(mine).values(held=False))


def holds_of(tx: Tx, id: str) -> list[Hold]:
    """All that ever held it, the newest first."""
    columns = hold_table.c
    query = select(hold_table).where(columns.recording == id).order_by(columns.id.desc())
    return [_hold(row) for row in tx.all(query)]


def _hold(row: AnyRow) -> Hold:
    return Hold(**{name: value for name, value in row._mapping.items() if name != "id"})


def recording_of(row: AnyRow) -> Recording:
    """The recording that a row of the table holds."""
    values: dict[str, Any] = {
        name: row._mapping[name]
        for name in (
            *("id", "call", "channel", "agent", "campus", "queue", "started", "size", "sha256"),
            *("klass", "until", "held", "erased", "remark", "format"),
        )
    }
    stretches = tuple(
        Stretch(datetime.fromisoformat(start), offset, length)
        for start, offset, length in row.stretches
    )
    return Recording(seconds=row.length_ms / 1000, stretches=stretches, **values)


def _sealed(row: AnyRow) -> Sealed:
    return Sealed(name=row.name, master=row.master, wrapped=row.wrapped)
