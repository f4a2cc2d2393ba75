"""Stops and their tasks in the database. Tasks are claimed by one conditional update."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from attrs import asdict, evolve, fields
from sqlalchemy import (
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    func,
    insert,
    or_,
    select,
    update,
)

from careline.clinic import HalfDay
from careline.errors import NotFound
from careline.storage import AnyRow, BigId, EnumValue, Tx, UTCDateTime, metadata, read_committed
from careline_appointments.model import Booking
from careline_appointments.stops.model import (
    AFFECTED,
    HELD,
    OPEN,
    Counts,
    Origin,
    Stop,
    StoppedClinic,
    Struck,
    Substitute,
    Task,
    TaskState,
    Word,
)
from careline_appointments.store import booking_table

stop_table = Table(
    "appointments_stop",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("campus", String(32), nullable=False),
    Column("department", String(64), nullable=False),
    Column("doctor", String(64), nullable=False),
    Column("department_name", String(200), nullable=False),
    Column("doctor_name", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("origin", EnumValue(Origin), nullable=False),
    Column("by", String(64), nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("last", Date, nullable=False),
    Column("sub_campus", String(32), nullable=False),
    Column("sub_department", String(64), nullable=False),
    Column("sub_clinic", String(120), nullable=False),
    Column("sub_day", Date),
    Column("sub_name", String(200), nullable=False),
    Column("undone", UTCDateTime),
    Column("undone_by", String(64), nullable=False),
    Index(None, "last"),
)
clinic_table = Table(
    "appointments_stop_clinic",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("stop", ForeignKey("appointments_stop.id", ondelete="CASCADE"), nullable=False),
    Column("clinic", String(120), nullable=False),
    Column("day", Date, nullable=False),
    Column("half", EnumValue(HalfDay), nullable=False),
    Column("word", EnumValue(Word), nullable=False),
    Column("words", Text, nullable=False),
    # Campus and clinic while the stop counts: a clinic is stopped once. NULL when it was undone.
    Column("holds", String(200), unique=True),
    Index(None, "stop"),
)
task_table = Table(
    "appointments_stop_task",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("stop", ForeignKey("appointments_stop.id", ondelete="CASCADE"), nullable=False),
    Column("booking", BigId, nullable=False),
    Column("state", EnumValue(TaskState), nullable=False),
    Column("agent", String(64), nullable=False),
    Column("taken", UTCDateTime),
    Column("tries", Integer, nullable=False),
    Column("due", UTCDateTime, nullable=False),
    Column("note", Text, nullable=False),
    Column("moved_to", BigId, nullable=False),
    Column("changed", UTCDateTime, nullable=False),
    Column("by", String(64), nullable=False),
    UniqueConstraint("stop", "booking"),
    Index(None, "booking"),
    Index(None, "state", "due"),
)
s, k, t, b = stop_table.c, clinic_table.c, task_table.c, booking_table.c
TASK = tuple(attribute.name for attribute in fields(Task))
BOOKING = tuple(attribute.name for attribute in fields(Booking))
PLAIN = (
    *("campus", "department", "doctor", "department_name", "doctor_name", "reason", "origin"),
    *("by", "at", "undone", "undone_by"),
)


def _hold(campus: str, clinic: str) -> str:
    return f"{campus} {clinic}"


# Stops


def add_stop(tx: Tx, stop: Stop) -> Stop:
    """Store a stop with its clinics; IntegrityError when one of them is stopped already."""
    row = {name: getattr(stop, name) for name in PLAIN}
    new_id = tx.scalar(insert(stop_table).returning(s.id), {**row, **_sub(stop), "last": stop.last})
    tx.execute(
        insert(clinic_table),
        [
            {"stop": new_id, "holds": _hold(stop.campus, one.clinic), **asdict(one)}
            for one in stop.clinics
        ],
    )
    return evolve(stop, id=int(new_id))


def _sub(stop: Stop) -> dict[str, Any]:
    sub = stop.substitute
    return {
        "sub_campus": sub.campus if sub else "",
        "sub_department": sub.department if sub else "",
        "sub_clinic": sub.clinic if sub else "",
        "sub_day": sub.day if sub else None,
        "sub_name": sub.name if sub else "",
    }


def get_stop(tx: Tx, stop_id: int) -> Stop:
    """The stop with that id, else NotFound."""
    found = _stops(tx, select(stop_table).where(s.id == stop_id))
    if not found:
        raise NotFound("stop.unknown", "there is no stopped clinic {id}", id=stop_id)
    return found[0]


def list_stops(tx: Tx, since: date | None, offset: int, most: int) -> list[Stop]:
    """Stops that were not undone and end at ``since`` or later, or all; the latest day first."""
    wanted = select(stop_table).order_by(s.last.desc(), s.id.desc()).offset(offset).limit(most)
    if since is not None:
        wanted = wanted.where(s.last >= since, s.undone.is_(None))
    return _stops(tx, wanted)


def stopped(tx: Tx, campus: str, clinics: Collection[str]) -> list[Stop]:
    """The stops that count for any of these clinics."""
    holds = [_hold(campus, one) for one in clinics]
    ids = select(k.stop).where(k.holds.in_(holds))
    return _stops(tx, select(stop_table).where(s.id.in_(ids)).order_by(s.id))


def is_stopped(tx: Tx, campus: str, clinic: str) -> bool:
    """Whether a clinic is stopped; asked where a booking is about to be held."""
    return bool(tx.scalars(select(k.id).where(k.holds == _hold(campus, clinic))))


def reason_for(tx: Tx, booking: int) -> str:
    """Why a visit's clinic is stopped, as somebody here wrote it for patients; empty without.

    The hospital's own words (nobody has stopped it here) are not for patients.
    """
    joined = stop_table.join(task_table, t.stop == s.id)
    wanted = select(s.reason).select_from(joined)
    wanted = wanted.where(t.booking == booking, s.undone.is_(None), s.by != "")
    found = tx.scalars(wanted.order_by(s.id.desc()).limit(1))
    return str(next(iter(found), ""))


def put_substitute(tx: Tx, stop: Stop) -> None:
    """Keep which clinic is offered instead."""
    tx.execute(update(stop_table).where(s.id == stop.id).values(_sub(stop)))


def put_reason(tx: Tx, stop_id: int, reason: str, by: str) -> None:
    """Give a reason to a stop that the hospital made."""
    tx.execute(update(stop_table).where(s.id == stop_id).values(reason=reason, by=by))


def put_word(tx: Tx, stop_id: int, clinic: str, word: Word, words: str) -> None:
    """Keep what the HIS said to the stop of a clinic."""
    changed = update(clinic_table).where(k.stop == stop_id, k.clinic == clinic)
    tx.execute(changed.values(word=word, words=words))


def undo(tx: Tx, stop_id: int, by: str, now: datetime) -> None:
    """Take a stop back; its clinics may be stopped again."""
    tx.execute(update(stop_table).where(s.id == stop_id).values(undone=now, undone_by=by))
    tx.execute(update(clinic_table).where(k.stop == stop_id).values(holds=None))


def _stops(tx: Tx, wanted: Select[Any]) -> list[Stop]:
    rows = tx.all(wanted)
    ids = [row.id for row in rows]
    clinics: dict[int, list[StoppedClinic]] = {}
    ordered = select(clinic_table).where(k.stop.in_(ids)).order_by(k.day, k.id)
    for row in tx.all(ordered) if ids else ():
        one = StoppedClinic(
            clinic=row.clinic, day=row.day, half=row.half, word=row.word, words=row.words
        )
        clinics.setdefault(row.stop, []).append(one)
    return [_stop(row, clinics[row.id]) for row in rows]


def _stop(row: AnyRow, clinics: Sequence[StoppedClinic]) -> Stop:
    substitute = None
    if row.sub_clinic:
        substitute = Substitute(
            campus=row.sub_campus,
            department=row.sub_department,
            clinic=row.sub_clinic,
            day=row.sub_day,
            name=row.sub_name,
        )
    plain = {name: row._mapping[name] for name in PLAIN}
    return Stop(id=row.id, clinics=tuple(clinics), substitute=substitute, **plain)


# Whom it strikes


def affected(tx: Tx, campus: str, clinics: Collection[str]) -> list[Booking]:
    """Visits of these clinics that are booked or may be, in order of time."""
    wanted = select(booking_table).where(
        b.campus == campus, b.clinic.in_(clinics), b.state.in_(AFFECTED)
    )
    return [_booking(row) for row in tx.all(wanted.order_by(b.day, b.start, b.id))]


def booked_clinics(tx: Tx, campus: str, department: str, doctor: str, first: date) -> list[Booking]:
    """Visits of a doctor, or of a department's general clinics, from a day on."""
    wanted = select(booking_table).where(
        b.campus == campus,
        b.department == department,
        b.doctor == doctor,
        b.day >= first,
        b.state.in_(AFFECTED),
    )
    return [_booking(row) for row in tx.all(wanted.order_by(b.day, b.start, b.id))]


def add_tasks(tx: Tx, stop_id: int, bookings: Sequence[int], now: datetime) -> list[int]:
    """A task for each of these visits that has none of this stop; gives those that are new."""
    known = set(tx.scalars(select(t.booking).where(t.stop == stop_id)))
    fresh = [one for one in bookings if one not in known]
    rows = [
        asdict(Task(stop=stop_id, booking=one, due=now, changed=now), recurse=False)
        for one in fresh
    ]
    for row in rows:
        row.pop("id")
    if rows:
        tx.execute(insert(task_table), rows)
    return fresh


# Tasks


def get_task(tx: Tx, task_id: int) -> Task:
    """The task with that id, else NotFound."""
    row = tx.one(select(task_table).where(t.id == task_id))
    if row is None:
        raise NotFound("stop.task", "there is no such task")
    return task_of(row)


def struck(tx: Tx, stop_id: int) -> list[Struck]:
    """All tasks of a stop with their visits, in order of time."""
    return _struck(tx, _joined().where(t.stop == stop_id).order_by(b.day, b.start, t.id))


def open_struck(tx: Tx) -> list[Struck]:
    """Tasks of all stops that count which wait for somebody, or were cancelled and may come back.

    Read by the job that takes up what was settled elsewhere.
    """
    waits = or_(t.state.in_(OPEN), and_(t.state == TaskState.CANCELLED, b.state.in_(AFFECTED)))
    undone = select(s.id).where(s.undone.is_not(None))
    return _struck(tx, _joined().where(waits, t.stop.not_in(undone)).order_by(t.id))


def held_by(tx: Tx, agent: str, now: datetime) -> Struck | None:
    """The task that an agent has taken and not settled."""
    mine = _mine(agent, now).order_by(t.taken, t.id).limit(1)
    return next(iter(_struck(tx, mine)), None)


def _mine(agent: str, now: datetime) -> Select[Any]:
    return _joined().where(
        t.state == TaskState.CALLING, t.agent == agent, t.taken > now - HELD, t.moved_to == 0
    )


def _joined() -> Select[Any]:
    columns = [*(t[name].label(f"task_{name}") for name in TASK), *booking_table.c]
    return select(*columns).select_from(task_table).join(booking_table, t.booking == b.id)


def _struck(tx: Tx, wanted: Select[Any]) -> list[Struck]:
    return [
        Struck(
            task=Task(**{name: row._mapping[f"task_{name}"] for name in TASK}),
            booking=_booking(row),
        )
        for row in tx.all(wanted)
    ]


def counts(tx: Tx, stops: Collection[int]) -> dict[int, Counts]:
    """How far each of these stops is."""
    found: dict[int, dict[TaskState, int]] = {one: {} for one in stops}
    wanted = select(t.stop, t.state, func.count()).where(t.stop.in_(stops))
    for stop, state, count in tx.all(wanted.group_by(t.stop, t.state)):
        found[stop][state] = count
    return {stop: Counts(by_state) for stop, by_state in found.items()}


@read_committed
def take_next(
    tx: Tx, agent: str, campuses: Collection[str], now: datetime, stop: int = 0
) -> int | None:
    """The agent's own task, else the next that waits and nobody else is about to take."""
    mine = held_by(tx, agent, now)
    if mine is not None:
        return mine.task.id
    counting = select(s.id).where(s.undone.is_(None), s.campus.in_(campuses))
    if stop:
        counting = counting.where(s.id == stop)
    left = and_(t.state == TaskState.CALLING, t.taken <= now - HELD, t.moved_to == 0)
    wanted = (
        select(t.id)
        .where(t.stop.in_(counting), or_(t.state == TaskState.NOTICE, left))
        .order_by(t.due, t.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    for task_id in tx.scalars(wanted):
        if take(tx, task_id, agent, now):
            return int(task_id)
    return None


@read_committed
def take(tx: Tx, task_id: int, agent: str, now: datetime) -> bool:
    """Claim one task; False when another agent has it, or it is settled."""
    left = and_(
        t.state == TaskState.CALLING,
        t.moved_to == 0,
        or_(t.agent == agent, t.taken.is_(None), t.taken <= now - HELD),
    )
    free = or_(t.state.in_([TaskState.NOTICE, TaskState.UNREACHED]), left)
    done = tx.execute(
        update(task_table)
        .where(t.id == task_id, free)
        .values(state=TaskState.CALLING, agent=agent, taken=now, changed=now)
    )
    return done.rowcount == 1


@read_committed
def change(tx: Tx, task: Task, now: datetime, **values: Any) -> bool:
    """Change a task that still stands as it was read (state and agent), else False."""
    done = tx.execute(
        update(task_table)
        .where(t.id == task.id, t.state == task.state, t.agent == task.agent)
        .values({"changed": now, **values})
    )
    return done.rowcount == 1


def successor(tx: Tx, booking: int) -> Booking | None:
    """The visit that another one was moved to, if that stands."""
    wanted = select(booking_table).where(b.moved_from == booking, b.state.in_(AFFECTED))
    found = [_booking(row) for row in tx.all(wanted.order_by(b.id.desc()).limit(1))]
    return found[0] if found else None


def _booking(row: AnyRow) -> Booking:
    return Booking(**{name: row._mapping[name] for name in BOOKING})


def task_of(row: AnyRow) -> Task:
    """The task of a row."""
    return Task(**{name: row._mapping[name] for name in TASK})


def bookings(tx: Tx, ids: Collection[int]) -> dict[int, Booking]:
    """Visits by id."""
    rows = tx.all(select(booking_table).where(b.id.in_(ids))) if ids else ()
    return {row.id: _booking(row) for row in rows}
