"""Bookings in the database: written as HOLDING, changed only from the state that was seen.

Functions marked ``read_committed`` are kept right by the row of the patient that they lock first
(:func:`lock_patient`), by unique keys, and by :func:`change`, which compares before it sets.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from attrs import asdict, evolve, fields
from sqlalchemy import (
    Column,
    Date,
    Index,
    Integer,
    Numeric,
    Select,
    String,
    Table,
    Text,
    Time,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from careline.clinic import ClinicKind
from careline.errors import Conflict, NotFound
from careline.storage import AnyRow, BigId, EnumValue, Tx, UTCDateTime, metadata, read_committed
from careline_appointments.model import (
    ACTIVE,
    NEXT,
    Booking,
    BookingState,
    Criteria,
    Found,
    Source,
)

booking_table = Table(
    "appointments_booking",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("key", String(40), nullable=False, unique=True),
    Column("campus", String(32), nullable=False),
    Column("department", String(64), nullable=False),
    Column("doctor", String(64), nullable=False),
    Column("clinic", String(120), nullable=False),
    Column("slot", String(120), nullable=False),
    Column("day", Date, nullable=False),
    Column("start", Time, nullable=False),
    Column("end", Time),
    Column("kind", EnumValue(ClinicKind), nullable=False),
    Column("fee", Numeric(10, 2)),
    Column("place", Text, nullable=False),
    Column("patient", BigId, nullable=False),
    Column("phone", String(64), nullable=False),
    Column("state", EnumValue(BookingState), nullable=False),
    Column("reference", String(120), nullable=False),
    Column("number", String(64), nullable=False),
    Column("outpatient_number", String(64), nullable=False),
    Column("source", EnumValue(Source), nullable=False),
    Column("by", String(64), nullable=False),
    Column("call", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("created", UTCDateTime, nullable=False),
    Column("changed", UTCDateTime, nullable=False),
    Column("confirmed", UTCDateTime),
    Column("cancelled_by", String(64), nullable=False),
    Column("moved_from", BigId, nullable=False),
    Column("check_at", UTCDateTime),
    Column("tries", Integer, nullable=False),
    Column("department_name", String(200), nullable=False),
    Column("doctor_name", String(200), nullable=False),
    # What an active booking keeps others out of: campus, slot and patient. NULL otherwise.
    Column("holds", String(400), unique=True),
    Index(None, "patient", "day"),
    Index(None, "campus", "clinic"),
    Index(None, "campus", "reference"),
    Index(None, "day", "state"),
    Index(None, "check_at"),
)
c = booking_table.c
UNSETTLED = (BookingState.HOLDING, BookingState.UNSURE, BookingState.CANCELLING)
WHEN = ("day", "start", "clinic", "slot")
NAMES = tuple(attribute.name for attribute in fields(Booking))


def add_booking(tx: Tx, booking: Booking) -> Booking:
    """Store a new booking; Conflict when the patient has this slot already."""
    row = {**_plain(booking), "holds": _holds(booking)}
    row.pop("id")
    try:
        with tx.savepoint():
            new_id = tx.scalar(insert(booking_table).returning(c.id), row)
    except IntegrityError as error:
        raise Conflict(
            "appointments.twice", "This patient has a booking for that time already."
        ) from error
    return evolve(booking, id=int(new_id))


def change(
    tx: Tx, booking: Booking, state: BookingState, now: datetime, **values: Any
) -> Booking | None:
    """Bring ``booking`` into another ``state``, if it still stands as it was read; else None.

    So of two processes that act on the same booking one does, and no late answer brings back what
    is final.
    """
    if state not in NEXT[booking.state]:
        return None
    changed = evolve(booking, state=state, changed=now, **values)
    stays = {"holds": None} if state not in ACTIVE else {}
    done = tx.execute(
        update(booking_table)
        .where(c.id == booking.id, c.state == booking.state)
        .values({"state": state, "changed": now, **values, **stays})
    )
    return changed if done.rowcount else None


def put_time(tx: Tx, before: Booking, after: Booking) -> bool:
    """Write another time and place of a booking; False when it is not as it was read.

    Raises Conflict when the patient has that slot by another booking.
    """
    same = [c[name] == getattr(before, name) for name in ("id", "state", *WHEN)]
    values = {name: getattr(after, name) for name in ("end", "changed", *WHEN)}
    written = update(booking_table).where(*same).values({**values, "holds": _holds(after)})
    try:
        with tx.savepoint():
            return bool(tx.execute(written).rowcount)
    except IntegrityError as error:
        raise Conflict(
            "appointments.twice", "This patient has a booking for that time already."
        ) from error


def look_later(tx: Tx, booking: Booking, at: datetime | None, tries: int) -> None:
    """Set when the HIS is asked about it again; None: no more."""
    tx.execute(update(booking_table).where(c.id == booking.id).values(check_at=at, tries=tries))


def get_booking(tx: Tx, booking_id: int) -> Booking:
    """The booking with that id, else NotFound."""
    row = tx.one(select(booking_table).where(c.id == booking_id))
    if row is None:
        raise NotFound("appointments.unknown", "there is no booking {id}", id=booking_id)
    return booking_of(row)


def by_key(tx: Tx, key: str) -> Booking | None:
    """The booking of an order's key."""
    row = tx.one(select(booking_table).where(c.key == key))
    return booking_of(row) if row else None


def by_reference(tx: Tx, campus: str, reference: str) -> Booking | None:
    """The newest booking that a campus's HIS calls so."""
    found = select(booking_table).where(c.campus == campus, c.reference == reference)
    rows = tx.all(found.order_by(c.id.desc()).limit(1)) if reference else []
    return booking_of(rows[0]) if rows else None


def known(tx: Tx, campus: str, reference: str, key: str) -> Booking | None:
    """The booking that a campus's HIS means by an order's key, or by its own reference."""
    found = by_key(tx, key) if key else None
    return found or by_reference(tx, campus, reference)


def active_of(tx: Tx, patients: Collection[int], first: date | None = None) -> list[Booking]:
    """Active bookings of these patients from ``first`` on, in order of time."""
    found = select(booking_table).where(c.patient.in_(patients), c.state.in_(ACTIVE))
    if first is not None:
        found = found.where(c.day >= first)
    return [booking_of(row) for row in tx.all(found.order_by(c.day, c.start, c.id))]


def of_patient(tx: Tx, patient: int, most: int) -> list[Booking]:
    """All bookings of a patient, the latest day first."""
    found = select(booking_table).where(c.patient == patient)
    return [
        booking_of(row) for row in tx.all(found.order_by(c.day.desc(), c.id.desc()).limit(most))
    ]


def last_of_call(tx: Tx, patients: Collection[int], call: str) -> Booking | None:
    """The booking of these patients that was made last in a call."""
    found = select(booking_table).where(c.patient.in_(patients), c.call == call)
    rows = tx.all(found.order_by(c.id.desc()).limit(1)) if call else []
    return booking_of(rows[0]) if rows else None


def last_visited(tx: Tx, patients: Collection[int]) -> Booking | None:
    """The latest booking with a doctor's name that came about: the doctor of last time."""
    states = (BookingState.VISITED, BookingState.BOOKED)
    found = select(booking_table).where(
        c.patient.in_(patients), c.state.in_(states), c.doctor != ""
    )
    rows = tx.all(found.order_by(c.day.desc(), c.id.desc()).limit(1))
    return booking_of(rows[0]) if rows else None


def of_clinic(tx: Tx, campus: str, clinic: str) -> list[Booking]:
    """Active bookings of one clinic in order of time."""
    found = select(booking_table).where(c.campus == campus, c.clinic == clinic, c.state.in_(ACTIVE))
    return [booking_of(row) for row in tx.all(found.order_by(c.start, c.id))]


def search(tx: Tx, criteria: Criteria, offset: int, most: int) -> Found:
    """A page of bookings that meet all criteria, by day and time."""
    count = tx.scalar(_meeting(select(func.count()).select_from(booking_table), criteria))
    wanted = _meeting(select(booking_table), criteria).order_by(c.day, c.start, c.id)
    rows = tx.all(wanted.offset(offset).limit(most))
    return Found(bookings=tuple(map(booking_of, rows)), count=int(count))


def _meeting(found: Select[Any], criteria: Criteria) -> Select[Any]:
    for name in ("campus", "department", "doctor", "clinic", "patient", "source"):
        if value := getattr(criteria, name):
            found = found.where(c[name] == value)
    if criteria.first:
        found = found.where(c.day >= criteria.first)
    if criteria.last:
        found = found.where(c.day <= criteria.last)
    if criteria.states:
        found = found.where(c.state.in_(criteria.states))
    return found


@read_committed
def due(tx: Tx, now: datetime, until: datetime, most: int) -> list[Booking]:
    """Bookings about which the HIS is to be asked now; nobody else gets them before ``until``."""
    wanted = (
        select(c.id)
        .where(c.check_at <= now)
        .order_by(c.check_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    ids = tx.scalars(wanted)
    if not ids:
        return []
    taken = update(booking_table).where(c.id.in_(ids)).values(check_at=until)
    return [booking_of(row) for row in tx.all(taken.returning(booking_table))]


def count_waiting(tx: Tx) -> int:
    """How many bookings are to be asked about some time."""
    found = select(func.count()).select_from(booking_table)
    return int(tx.scalar(found.where(c.check_at.is_not(None))))


def look_at_all(tx: Tx, now: datetime) -> int:
    """Have the HIS asked now about all that wait for it; gives how many."""
    waiting = update(booking_table).where(c.check_at > now, c.state.in_(UNSETTLED))
    return int(tx.execute(waiting.values(check_at=now)).rowcount)


def past_booked(tx: Tx, first: date, before: date, after: int, most: int) -> list[Booking]:
    """Bookings of the days from ``first`` until ``before`` of which nobody knows who came.

    In order of their ids, those ``after`` one.
    """
    found = select(booking_table).where(
        c.state == BookingState.BOOKED, c.day >= first, c.day < before, c.id > after
    )
    return [booking_of(row) for row in tx.all(found.order_by(c.id).limit(most))]


def count_unsettled(tx: Tx, before: datetime) -> int:
    """How many bookings are unknown or half cancelled since before then."""
    found = select(func.count()).select_from(booking_table)
    waits = c.check_at.is_not(None)  # all of them do, and this has an index
    return int(tx.scalar(found.where(waits, c.state.in_(UNSETTLED), c.changed < before)))


def missed_of(tx: Tx, patient: int, first: date) -> int:
    """How many visits a patient missed since ``first``."""
    found = select(func.count()).select_from(booking_table)
    missed = found.where(c.patient == patient, c.day >= first, c.state == BookingState.MISSED)
    return int(tx.scalar(missed))


def _plain(booking: Booking) -> dict[str, Any]:
    return asdict(booking, recurse=False)


def _holds(booking: Booking) -> str | None:
    held = f"{booking.campus} {booking.clinic} {booking.slot} {booking.patient}"
    return held if booking.active else None


def booking_of(row: AnyRow) -> Booking:
    """The booking of a row; columns of other tables may stand beside its own."""
    return Booking(**{name: row._mapping[name] for name in NAMES})
