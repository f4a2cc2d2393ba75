"""What was said of each visit: the reminder that is planned, and what the patient answered."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from attrs import asdict, fields, frozen
from sqlalchemy import Column, Integer, String, Table, insert, select, update

from careline.storage import BigId, EnumValue, Tx, UTCDateTime, metadata
from careline_sms.model import State
from careline_sms.store import m


class Word(Enum):
    """What the patient has answered."""

    NONE = ""
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


@frozen(kw_only=True)
class Told:
    """One visit, by its booking; nothing here says whose it is.

    ``start`` (UTC) is the time that the patient was told of last. ``reminder`` is the key of the
    message that is planned, ``round`` how many were. ``stop`` is the stop that the patient was
    told of, ``moved_to`` the booking that took its place.
    """

    booking: int
    start: datetime | None = None
    reminder: str = ""
    round: int = 0
    stop: int = 0
    moved_to: int = 0
    word: Word = Word.NONE
    answered: datetime | None = None


visit_table = Table(
    "sms_visit",
    metadata,
    Column("booking", BigId, primary_key=True, autoincrement=False),
    Column("start", UTCDateTime),
    Column("reminder", String(120), nullable=False),
    Column("round", Integer, nullable=False),
    Column("stop", BigId, nullable=False),
    Column("moved_to", BigId, nullable=False),
    Column("word", EnumValue(Word), nullable=False),
    Column("answered", UTCDateTime),
)
v = visit_table.c
NAMES = tuple(one.name for one in fields(Told))


def told_of(tx: Tx, booking: int) -> Told:
    """What was said so far; an empty one for a visit of which nothing was."""
    row = tx.one(select(visit_table).where(v.booking == booking))
    return Told(**{name: getattr(row, name) for name in NAMES}) if row else Told(booking=booking)


def notices_of(tx: Tx, stop: int) -> list[tuple[str, State, datetime]]:
    """The notices of a stop that were not taken back: key, state, since when."""
    mine = (m["key"].startswith(f"stop:{stop}:", autoescape=True), m.state != State.WITHDRAWN)
    return [
        (row.key, row.state, row.changed)
        for row in tx.all(select(m["key"], m.state, m.changed).where(*mine))
    ]


def put_told(tx: Tx, told: Told) -> None:
    """Store it."""
    values = asdict(told, recurse=False)
    changed = tx.execute(update(visit_table).where(v.booking == told.booking).values(values))
    if changed.rowcount == 0:
        tx.execute(insert(visit_table).values(values))
