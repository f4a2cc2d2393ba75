"""Tasks and attempts in the database."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from attrs import asdict, evolve, frozen
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Date,
    Index,
    Integer,
    Select,
    String,
    Table,
    UniqueConstraint,
    func,
    insert,
    or_,
    select,
    update,
)

from careline.errors import NotFound
from careline.storage import AnyRow, BigId, EnumValue, Tx, UTCDateTime, metadata
from careline_followup.cases.store import case_table
from careline_followup.flags.store import flag_table
from careline_followup.plans.model import Way
from careline_followup.storable import storable
from careline_followup.tasks.model import OPEN, Attempt, Entry, State, Task, Wanted, Why

task_table = Table(
    "followup_task",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("case", BigId, nullable=False),
    Column("plan", String(32), nullable=False),
    Column("step", Integer, nullable=False),
    Column("campus", String(32), nullable=False),
    Column("department", String(100), nullable=False),
    Column("ward", String(100), nullable=False),
    Column("patient", BigId, nullable=False),
    Column("questionnaire", String(32), nullable=False),
    Column("version", Integer, nullable=False),
    Column("due", UTCDateTime, nullable=False),
    Column("deadline", UTCDateTime, nullable=False),
    Column("day", Date, nullable=False),
    Column("state", EnumValue(State, 16), nullable=False),
    Column("way", EnumValue(Way, 16)),
    Column("place", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("agent", String(32), nullable=False),
    Column("answers", Integer, nullable=False),
    Column("warned", Boolean, nullable=False),
    Column("why", EnumValue(Why, 16)),
    Column("note", String(400), nullable=False),
    Column("by", String(64), nullable=False),
    Column("changed", UTCDateTime, nullable=False),
    Column("finished", UTCDateTime),
    # Whoever plans a case, and how often: each contact of each plan is there once.
    UniqueConstraint("case", "plan", "step"),
    Index("ix_followup_task_state", "state", "due"),
    Index("ix_followup_task_day", "day", "campus"),
    Index("ix_followup_task_patient", "patient"),
)
attempt_table = Table(
    "followup_attempt",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("task", BigId, nullable=False),
    Column("key", String(120), nullable=False, unique=True),
    Column("at", UTCDateTime, nullable=False),
    Column("way", EnumValue(Way, 16), nullable=False),
    Column("who", String(100), nullable=False),
    Column("agent", String(32), nullable=False),
    Column("call", String(64), nullable=False),
    Column("outcome", String(32), nullable=False),
    Column("note", String(400), nullable=False),
    Index("ix_followup_attempt_task", "task"),
)
t, a, c, f = task_table.c, attempt_table.c, case_table.c, flag_table.c
LONGEST = 400


@frozen
class Listed:
    """Part of a list, and how many there are in all."""

    entries: tuple[Entry, ...]
    count: int


def add(tx: Tx, task: Task) -> bool:
    """Store a new one; False when that contact of the case is there already."""
    mine = (t.case == task.case, t.plan == task.plan, t.step == task.step)
    if tx.scalar(select(t.id).where(*mine)) is not None:
        return False
    values = asdict(task, recurse=False)
    del values["id"]
    tx.execute(insert(task_table).values(values))
    return True


def put(tx: Tx, task: Task) -> None:
    """Store a changed one."""
    values = asdict(evolve(task, note=storable(task.note, LONGEST)), recurse=False)
    del values["id"]
    tx.execute(update(task_table).where(t.id == task.id).values(values))


def get(tx: Tx, task_id: int) -> Task:
    """One task, else NotFound; on PostgreSQL its row is held until the end of ``tx``."""
    row = tx.one(select(task_table).where(t.id == task_id).with_for_update())
    if row is None:
        raise NotFound("followup.no_task", "There is no such follow-up.")
    return _task(row)


def several(tx: Tx, ids: Collection[int]) -> list[Task]:
    """Those of these tasks that are there."""
    return [_task(row) for row in tx.all(select(task_table).where(t.id.in_(ids)))]


def of_case(tx: Tx, case: int) -> list[Task]:
    """All tasks of a case, by their days."""
    rows = tx.all(select(task_table).where(t.case == case).order_by(t.day, t.id))
    return [_task(row) for row in rows]


def of_patient(tx: Tx, patient: int, most: int = 100) -> list[Task]:
    """A patient's tasks, the newest first."""
    rows = select(task_table).where(t.patient == patient).order_by(t.day.desc(), t.id.desc())
    return [_task(row) for row in tx.all(rows.limit(most))]


def to_begin(tx: Tx, now: datetime, after: int, most: int) -> list[int]:
    """Tasks whose time has come and that nobody has begun: the next ids behind ``after``."""
    ready = (t.state == State.PLANNED, t.due <= now, t.id > after)
    return tx.scalars(select(t.id).where(*ready).order_by(t.id).limit(most))


def newly_overdue(tx: Tx, now: datetime, most: int) -> list[Task]:
    """Open tasks whose deadline is over, of which nobody has been warned."""
    late = (t.state.in_(OPEN), t.deadline < now, t.warned.is_(False))
    rows = tx.all(select(task_table).where(*late).order_by(t.deadline, t.id).limit(most))
    return [_task(row) for row in rows]


def count_overdue(tx: Tx, now: datetime, campuses: Collection[str]) -> int:
    """Open tasks whose deadline is over."""
    late = [t.state.in_(OPEN), t.deadline < now]
    if campuses:
        late.append(t.campus.in_(campuses))
    return int(tx.scalar(select(func.count()).select_from(task_table).where(*late)))


def count_stuck(tx: Tx, before: datetime) -> int:
    """Tasks that should have begun before, and have not."""
    stuck = (t.state == State.PLANNED, t.due < before)
    return int(tx.scalar(select(func.count()).select_from(task_table).where(*stuck)))


# Attempts


def add_attempt(tx: Tx, attempt: Attempt) -> bool:
    """Note a try; False when it is known already."""
    if tx.scalar(select(a.id).where(a.key == attempt.key)) is not None:
        return False
    values = asdict(evolve(attempt, note=storable(attempt.note, LONGEST)), recurse=False)
    del values["id"]
    tx.execute(insert(attempt_table).values(values))
    return True


def attempts(tx: Tx, task_id: int) -> list[Attempt]:
    """All tries of a task, the first one first."""
    rows = tx.all(select(attempt_table).where(a.task == task_id).order_by(a.at, a.id))
    return [Attempt(**row._mapping) for row in rows]


# Lists


def listed(tx: Tx, wanted: Wanted, now: datetime, most: int, offset: int) -> Listed:
    """Tasks with their cases, those that are due first."""
    where = _where(wanted, now)
    joined = task_table.join(case_table, c.id == t.case)
    count = tx.scalar(select(func.count()).select_from(joined).where(*where))
    rows = _entries().where(*where).order_by(t.due, t.id).limit(most).offset(offset)
    return Listed(tuple(map(_entry, tx.all(rows))), int(count))


def entry(tx: Tx, task_id: int) -> Entry:
    """One task with its case, else NotFound."""
    row = tx.one(_entries().where(t.id == task_id))
    if row is None:
        raise NotFound("followup.no_task", "There is no such follow-up.")
    return _entry(row)


def _entries() -> Select[Any]:
    flags = select(func.count()).where(f.task == t.id).scalar_subquery()
    shown = (c.name, c.doctor, c.diagnosis, c.at.label("left"), flags.label("flags"))
    return select(task_table, *shown).join(case_table, c.id == t.case)


def _where(wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
    one_of = {
        t.state: wanted.states,
        t.campus: wanted.campuses,
        t.department: wanted.departments,
        t.ward: wanted.wards,
    }
    same: dict[Column[Any], Any] = {t.plan: wanted.plan, t.agent: wanted.agent}
    same |= {t.patient: wanted.patient, t.case: wanted.case}
    where: list[ColumnElement[bool]] = [key.in_(some) for key, some in one_of.items() if some]
    where += [key == value for key, value in same.items() if value]
    if wanted.first:
        where.append(t.day >= wanted.first)
    if wanted.last:
        where.append(t.day <= wanted.last)
    if wanted.why:
        where.append(t.why == wanted.why)
    if wanted.overdue:
        where += [t.state.in_(OPEN), t.deadline < now]
    if wanted.text.strip():
        text = wanted.text.strip()
        where.append(or_(c.name.contains(text, autoescape=True), c.number == text))
    return where


def _task(row: AnyRow) -> Task:
    return Task(**{name: row._mapping[name] for name in NAMES})


def _entry(row: AnyRow) -> Entry:
    shown = {name: row._mapping[name] for name in ("name", "doctor", "diagnosis", "left", "flags")}
    return Entry(task=_task(row), **shown)


def ids_of(tasks: Iterable[Task]) -> list[int]:
    """Their ids."""
    return [one.id for one in tasks]


NAMES = [column.name for column in task_table.columns]


def give(tx: Tx, case: int, patient: int) -> None:
    """The tasks of a case, and their flags, are this patient's."""
    tx.execute(update(task_table).where(t.case == case).values(patient=patient))
    tx.execute(update(flag_table).where(f.case == case).values(patient=patient))
