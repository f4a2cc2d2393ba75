"""Whom a stop strikes, and the task of each visit; tasks are claimed by one conditional update."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from attrs import asdict, fields
from sqlalchemy import Select, and_, func, insert, or_, select, update

from careline.errors import NotFound
from careline.storage import AnyRow, Tx, read_committed
from careline_appointments.model import Booking
from careline_appointments.stops.model import AFFECTED, HELD, OPEN, Counts, Struck, Task, TaskState
from careline_appointments.stops.tables import stop_table, task_table
from careline_appointments.store import booking_of, booking_table

s, t, b = stop_table.c, task_table.c, booking_table.c
TASK = tuple(attribute.name for attribute in fields(Task))


# Whom it strikes


def affected(tx: Tx, campus: str, clinics: Collection[str]) -> list[Booking]:
    """Visits of these clinics that are booked or may be, in order of time."""
    wanted = select(booking_table).where(
        b.campus == campus, b.clinic.in_(clinics), b.state.in_(AFFECTED)
    )
    return [booking_of(row) for row in tx.all(wanted.order_by(b.day, b.start, b.id))]


def booked_clinics(tx: Tx, campus: str, department: str, doctor: str, first: date) -> list[Booking]:
    """Visits of a doctor, or of a department's general clinics, from a day on."""
    wanted = select(booking_table).where(
        b.campus == campus,
        b.department == department,
        b.doctor == doctor,
        b.day >= first,
        b.state.in_(AFFECTED),
    )
    return [booking_of(row) for row in tx.all(wanted.order_by(b.day, b.start, b.id))]


def bookings(tx: Tx, ids: Collection[int]) -> dict[int, Booking]:
    """Visits by id."""
    rows = tx.all(select(booking_table).where(b.id.in_(ids))) if ids else ()
    return {row.id: booking_of(row) for row in rows}


# Tasks


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
            booking=booking_of(row),
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
    found = [booking_of(row) for row in tx.all(wanted.order_by(b.id.desc()).limit(1))]
    return found[0] if found else None


def task_of(row: AnyRow) -> Task:
    """The task of a row."""
    return Task(**{name: row._mapping[name] for name in TASK})
