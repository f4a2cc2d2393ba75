"""The weekly plan of a small hospital, and the clinics made of it day by day.

Clinics once made stay as they are, stopped ones too: a change of the plan counts for days that come
after those already made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from attrs import field, fields, frozen
from attrs.validators import and_, ge, le
from sqlalchemy import Table, delete, exists, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from careline.clinic import ClinicKind, HalfDay
from careline.storage import AnyRow, Tx
from careline_his_webservice.adapters.embedded.tables import (
    clinic_table,
    plan_table,
    slot_table,
    visit_table,
)

#: Clinics of the past are kept for so long; visits stay.
KEEP_DAYS = 62


@frozen(kw_only=True)
class Planned:
    """A half-day of every week: from ``start`` on, ``slots`` of ``minutes`` with ``capacity`` each.

    ``weekday`` is 1 (Monday) to 7; without ``doctor`` it is the department's general clinic.
    """

    department: str
    doctor: str = ""
    weekday: int = field(validator=and_(ge(1), le(7)))
    half: HalfDay
    kind: ClinicKind = ClinicKind.GENERAL
    fee: Decimal | None = None
    place: str = ""
    start: time
    minutes: int = field(default=30, validator=and_(ge(1), le(360)))
    slots: int = field(default=6, validator=and_(ge(1), le(96)))
    capacity: int = field(default=3, validator=and_(ge(1), le(500)))

    def code(self, day: date) -> str:
        """The clinic's code on one day: the same whoever makes it."""
        return f"{self.doctor or self.department}-{day:%Y%m%d}-{self.half.value[0]}"


def put_plan(tx: Tx, campus: str, plan: Iterable[Planned]) -> None:
    """Replace the campus's plan."""
    tx.execute(delete(plan_table).where(plan_table.c.campus == campus))
    rows = [_row(campus, one) for one in plan]
    if rows:
        tx.execute(insert(plan_table), rows)


def read_plan(tx: Tx, campus: str) -> list[Planned]:
    """The campus's plan by department, doctor and weekday."""
    columns = plan_table.c
    ordered = (columns.department, columns.doctor, columns.weekday, columns.start)
    query = select(plan_table).where(columns.campus == campus).order_by(*ordered)
    return [_planned(row) for row in tx.all(query)]


def roll(tx: Tx, campus: str, today: date, days: int) -> int:
    """Make the clinics of the next ``days`` that are not there yet; gives how many were made.

    Safe to repeat, also in two processes at once. Old clinics go.
    """
    _forget(tx, campus, today - timedelta(days=KEEP_DAYS))
    columns = clinic_table.c
    last = today + timedelta(days=days - 1)
    span = (columns.campus == campus, columns.day.between(today, last))
    there = set(tx.scalars(select(columns.code).where(*span)))
    new = [
        (one, day)
        for one, day in _days(read_plan(tx, campus), today, days)
        if one.code(day) not in there
    ]
    _put(tx, clinic_table, [_clinic_row(campus, one, day) for one, day in new])
    _put(tx, slot_table, [row for one, day in new for row in _slot_rows(campus, one, day)])
    return len(new)


def _days(plan: Iterable[Planned], today: date, days: int) -> Iterator[tuple[Planned, date]]:
    plan = list(plan)
    for day in (today + timedelta(days=ahead) for ahead in range(days)):
        yield from ((one, day) for one in plan if one.weekday == day.isoweekday())


def _put(tx: Tx, table: Table, rows: list[dict[str, Any]]) -> None:
    new = sqlite.insert if tx.dialect == "sqlite" else postgresql.insert
    if rows:
        tx.execute(new(table).on_conflict_do_nothing(), rows)


def _forget(tx: Tx, campus: str, before: date) -> None:
    visited = exists().where(
        visit_table.c.campus == clinic_table.c.campus, visit_table.c.clinic == clinic_table.c.code
    )
    old = (clinic_table.c.campus == campus, clinic_table.c.day < before, ~visited)
    codes = tx.scalars(select(clinic_table.c.code).where(*old))
    for table, column in ((slot_table, slot_table.c.clinic), (clinic_table, clinic_table.c.code)):
        tx.execute(delete(table).where(table.c.campus == campus, column.in_(codes)))


def _clinic_row(campus: str, one: Planned, day: date) -> dict[str, Any]:
    return {
        "campus": campus,
        "code": one.code(day),
        "department": one.department,
        "doctor": one.doctor,
        "day": day,
        "half": one.half,
        "kind": one.kind,
        "fee_cents": _cents(one.fee),
        "place": one.place,
        "stopped": False,
        "reason": "",
    }


def _slot_rows(campus: str, one: Planned, day: date) -> Iterator[dict[str, Any]]:
    begin = datetime.combine(day, one.start)
    for at in range(one.slots):
        start = begin + timedelta(minutes=at * one.minutes)
        yield {
            "campus": campus,
            "code": f"{one.code(day)}-{start:%H%M}",
            "clinic": one.code(day),
            "day": day,
            "start": start.time(),
            "end": (start + timedelta(minutes=one.minutes)).time(),
            "first": 1 + at * one.capacity,
            "capacity": one.capacity,
            "taken": 0,
            "open": True,
        }


def _row(campus: str, one: Planned) -> dict[str, Any]:
    values = {a.name: getattr(one, a.name) for a in fields(Planned)}
    return {**values, "campus": campus, "fee_cents": _cents(values.pop("fee"))}


def _planned(row: AnyRow) -> Planned:
    values = dict(row._mapping)
    cents = values.pop("fee_cents")
    values.pop("campus")
    return Planned(**values, fee=None if cents is None else Decimal(cents).scaleb(-2))


def _cents(fee: Decimal | None) -> int | None:
    return None if fee is None else int(fee.scaleb(2))
