"""The waiting list (候补): who waits for what, and which freed slot is offered to whom."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time
from enum import Enum
from typing import Any

from attrs import asdict, evolve, fields, frozen
from sqlalchemy import (
    Column,
    Date,
    Index,
    Integer,
    Numeric,
    String,
    Table,
    Text,
    Time,
    insert,
    or_,
    select,
    update,
)

from careline.clinic import Clinic, ClinicKind, TimeSlot
from careline.errors import Conflict, NotFound
from careline.storage import AnyRow, BigId, EnumValue, Tx, UTCDateTime, metadata, read_committed


class WaiterState(Enum):
    """WAITING for a slot, OFFERED one until a time, TAKEN, or CLOSED without."""

    WAITING = "waiting"
    OFFERED = "offered"
    TAKEN = "taken"
    CLOSED = "closed"


OPEN = (WaiterState.WAITING, WaiterState.OFFERED)


@frozen(kw_only=True)
class Waiter:
    """One patient who waits for a visit from ``first`` to ``last``; ``doctor`` empty: any.

    ``offers`` counts the slots that were offered. ``clinic``, ``slot``, ``day``, ``start``, ``end``
    and ``offer_doctor`` are the one offered until ``until`` (UTC), ``booking`` what came of it. Of
    one who waits ``until`` is when the next offer may be made, after one that was not taken.
    """

    id: int = 0
    patient: int
    campus: str
    department: str
    doctor: str = ""
    first: date
    last: date
    note: str = ""
    by: str = ""
    created: datetime
    state: WaiterState = WaiterState.WAITING
    offers: int = 0
    clinic: str = ""
    slot: str = ""
    offer_doctor: str = ""
    day: date | None = None
    start: time | None = None
    end: time | None = None
    kind: ClinicKind = ClinicKind.GENERAL
    fee: Any = None
    place: str = ""
    until: datetime | None = None
    booking: int = 0


waiting_table = Table(
    "appointments_waiting",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("patient", BigId, nullable=False, index=True),
    Column("campus", String(32), nullable=False),
    Column("department", String(64), nullable=False),
    Column("doctor", String(64), nullable=False),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    Column("note", Text, nullable=False),
    Column("by", String(64), nullable=False),
    Column("created", UTCDateTime, nullable=False),
    Column("state", EnumValue(WaiterState), nullable=False),
    Column("offers", Integer, nullable=False),
    Column("clinic", String(120), nullable=False),
    Column("slot", String(120), nullable=False),
    Column("offer_doctor", String(64), nullable=False),
    Column("day", Date),
    Column("start", Time),
    Column("end", Time),
    Column("kind", EnumValue(ClinicKind), nullable=False),
    Column("fee", Numeric(10, 2)),
    Column("place", Text, nullable=False),
    Column("until", UTCDateTime),
    Column("booking", BigId, nullable=False),
    Index(None, "state", "campus", "department"),
)
w = waiting_table.c
NAMES = tuple(attribute.name for attribute in fields(Waiter))
NO_OFFER: dict[str, Any] = {"clinic": "", "slot": "", "offer_doctor": "", "until": None}


def add_waiter(tx: Tx, waiter: Waiter) -> Waiter:
    """Store a new one; Conflict when the patient waits for the same already."""
    same = select(w.id).where(
        w.patient == waiter.patient,
        w.campus == waiter.campus,
        w.department == waiter.department,
        w.doctor == waiter.doctor,
        w.state.in_(OPEN),
    )
    if tx.all(same):
        raise Conflict("appointments.waits", "This patient is on that waiting list already.")
    row = asdict(waiter, recurse=False)
    row.pop("id")
    return evolve(waiter, id=int(tx.scalar(insert(waiting_table).returning(w.id), row)))


def get_waiter(tx: Tx, waiter_id: int) -> Waiter:
    """The one with that id, else NotFound."""
    row = tx.one(select(waiting_table).where(w.id == waiter_id))
    if row is None:
        raise NotFound("appointments.waiter", "there is no entry {id} here", id=waiter_id)
    return _waiter(row)


def list_waiters(tx: Tx, states: Collection[WaiterState], patient: int = 0) -> list[Waiter]:
    """Those in these states, or those of one patient, in the order in which they are served."""
    found = select(waiting_table).where(w.state.in_(states)).order_by(w.offers, w.id)
    if patient:
        found = found.where(w.patient == patient)
    return [_waiter(row) for row in tx.all(found)]


@read_committed
def change_waiter(tx: Tx, waiter: Waiter, state: WaiterState, **values: Any) -> Waiter | None:
    """Bring it into ``state`` if it still stands as it was read; else None."""
    changed = evolve(waiter, state=state, **values)
    found = update(waiting_table).where(w.id == waiter.id, w.state == waiter.state)
    done = tx.execute(found.values({"state": state, **values}))
    return changed if done.rowcount else None


def take_out(tx: Tx, waiter_id: int, booking: int) -> None:
    """TAKEN by this booking, also when the offer has ended in this moment."""
    found = update(waiting_table).where(w.id == waiter_id, w.state.in_(OPEN))
    tx.execute(found.values(state=WaiterState.TAKEN, booking=booking))


def put_back(tx: Tx, booking: int) -> None:
    """Who took an offer that came to nothing waits on, in the old place."""
    found = update(waiting_table).where(w.booking == booking, w.state == WaiterState.TAKEN)
    waits = {"state": WaiterState.WAITING, "booking": 0, "offers": w.offers + 1}
    tx.execute(found.values({**waits, **NO_OFFER}))


def next_for(tx: Tx, clinic: Clinic, slot: TimeSlot, now: datetime) -> Waiter | None:
    """Who is next for a free slot: nobody when as many as are left were offered already."""
    offered = select(w.id).where(
        w.state == WaiterState.OFFERED, w.campus == clinic.campus, w.slot == slot.code
    )
    if len(tx.all(offered)) >= slot.left:
        return None
    wanted = (
        select(waiting_table)
        .where(
            w.state == WaiterState.WAITING,
            w.campus == clinic.campus,
            w.department == clinic.department,
            w.doctor.in_(["", clinic.doctor]),
            w.first <= clinic.day,
            w.last >= clinic.day,
            or_(w.until.is_(None), w.until <= now),
        )
        .order_by(w.offers, w.id)
        .limit(1)
    )
    rows = tx.all(wanted)
    return _waiter(rows[0]) if rows else None


def ended_offers(tx: Tx, now: datetime) -> list[Waiter]:
    """Offers whose time is over."""
    found = select(waiting_table).where(w.state == WaiterState.OFFERED, w.until <= now)
    return [_waiter(row) for row in tx.all(found)]


def outdated(tx: Tx, today: date) -> list[Waiter]:
    """Those whose last day is past."""
    found = select(waiting_table).where(w.state.in_(OPEN), w.last < today)
    return [_waiter(row) for row in tx.all(found)]


def _waiter(row: AnyRow) -> Waiter:
    return Waiter(**{name: row._mapping[name] for name in NAMES})
