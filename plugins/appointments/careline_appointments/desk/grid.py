"""A week of clinics as a grid: rows are doctors and general clinics, columns the days."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import field, frozen

from careline.clinic import Clinic, ClinicKind, Doctor, HalfDay, TimeSlot
from careline.i18n import Text

if TYPE_CHECKING:
    from careline_appointments.schedules import CampusWeek

DAYS = 7
#: The order in which hospitals print them.
KINDS = (ClinicKind.GENERAL, ClinicKind.SPECIAL, ClinicKind.EXPERT)


@frozen(kw_only=True)
class Cell:
    """All clinics of one row in one half-day; ``code`` is that of the one to be opened.

    ``left`` counts numbers that can be booked; with no ``total`` the time of all is past.
    """

    day: date
    half: HalfDay
    code: str
    left: int = 0
    total: int = 0
    fee: Decimal | None = None
    place: str = ""
    stopped: bool = False

    @property
    def free(self) -> bool:
        """True when somebody can be booked into it."""
        return self.left > 0 and not self.stopped


@frozen(kw_only=True)
class Row:
    """One doctor of a department, or its general clinic (``doctor`` None)."""

    campus: str
    department: str
    doctor: Doctor | None
    kind: ClinicKind
    cells: Mapping[tuple[date, HalfDay], Cell] = field(factory=dict)

    @property
    def fees(self) -> tuple[Decimal, ...]:
        """The fees that its clinics ask, lowest first."""
        return tuple(sorted({cell.fee for cell in self.cells.values() if cell.fee is not None}))

    def at(self, day: date) -> list[Cell]:
        """The half-days of a day, in order."""
        found = (self.cells.get((day, half)) for half in HalfDay)
        return [cell for cell in found if cell is not None]


@frozen(kw_only=True)
class CampusRows:
    """The rows of one campus; ``available`` False says in ``reason`` why there are none."""

    campus: str
    available: bool = True
    reason: Text | None = None
    as_of: datetime | None = None
    rows: tuple[Row, ...] = ()


@frozen(kw_only=True)
class Week:
    """Seven days from ``first`` over all campuses that were asked."""

    first: date
    campuses: tuple[CampusRows, ...] = ()

    @property
    def days(self) -> list[date]:
        """The columns."""
        return [self.first + timedelta(days=step) for step in range(DAYS)]

    def first_free(self) -> Cell | None:
        """Where the cursor begins: the earliest half-day with a free number, topmost first."""
        free = [
            (cell.day, list(HalfDay).index(cell.half), place, cell)
            for place, row in enumerate(row for one in self.campuses for row in one.rows)
            for cell in row.cells.values()
            if cell.free
        ]
        return min(free, key=lambda one: one[:3])[3] if free else None


NameOf = Callable[[str, str], "Doctor | None"]


def week_of(first: date, answers: Iterable[CampusWeek], doctor_of: NameOf) -> Week:
    """The grid of what campuses answered; ``doctor_of(campus, code)`` knows the doctors."""
    return Week(
        first=first,
        campuses=tuple(
            CampusRows(
                campus=one.campus,
                available=one.available,
                reason=one.reason,
                as_of=one.as_of,
                rows=_rows(one, doctor_of),
            )
            for one in answers
        ),
    )


def _rows(answer: CampusWeek, doctor_of: NameOf) -> tuple[Row, ...]:
    slots: dict[str, list[TimeSlot]] = {}
    for slot in answer.slots:
        slots.setdefault(slot.clinic, []).append(slot)
    groups: dict[tuple[str, str, ClinicKind | None], list[Clinic]] = {}
    for clinic in answer.clinics:
        kind = None if clinic.doctor else clinic.kind
        groups.setdefault((clinic.department, clinic.doctor, kind), []).append(clinic)
    rows = [_row(answer.campus, clinics, doctor_of, slots) for clinics in groups.values()]
    return tuple(sorted(rows, key=_order))


def _order(row: Row) -> tuple[object, ...]:
    name = row.doctor.name if row.doctor else ""
    return (bool(row.doctor), row.department, KINDS.index(row.kind), row.fees[:1], name)


def _row(
    campus: str,
    clinics: Sequence[Clinic],
    doctor_of: NameOf,
    slots: Mapping[str, list[TimeSlot]],
) -> Row:
    one = clinics[0]
    doctor = doctor_of(campus, one.doctor) if one.doctor else None
    if one.doctor and doctor is None:  # the directory is older than the schedule
        doctor = Doctor(campus=campus, code=one.doctor, name=one.doctor, department=one.department)
    cells: dict[tuple[date, HalfDay], Cell] = {}
    for clinic in sorted(clinics, key=lambda one: one.code):
        cell = cell_of(clinic, slots.get(clinic.code, ()))
        there = cells.get((clinic.day, clinic.half))
        cells[clinic.day, clinic.half] = _both(there, cell) if there else cell
    return Row(campus=campus, department=one.department, doctor=doctor, kind=one.kind, cells=cells)


def cell_of(clinic: Clinic, slots: Iterable[TimeSlot]) -> Cell:
    """One clinic with what is free of it."""
    known = list(slots)
    return Cell(
        day=clinic.day,
        half=clinic.half,
        code=clinic.code,
        left=0 if clinic.stopped else sum(slot.left for slot in known),
        total=sum(slot.capacity for slot in known),
        fee=clinic.fee,
        place=clinic.place,
        stopped=clinic.stopped,
    )


def _both(one: Cell, other: Cell) -> Cell:
    """Two clinics of a doctor in one half-day: the freer one is opened, figures add up."""
    best = max(one, other, key=lambda cell: cell.left)
    return Cell(
        day=one.day,
        half=one.half,
        code=best.code,
        left=one.left + other.left,
        total=one.total + other.total,
        fee=best.fee,
        place=best.place,
        stopped=one.stopped and other.stopped,
    )
