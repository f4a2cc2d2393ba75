"""Rows become departments, doctors, clinics, slots, visits and people; every wrong field is told.

A row is anything that gives a value for a path: an XML element, a line of a view.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from enum import Enum
from typing import TypeVar

from attrs import define, field, frozen

from careline.clinic import (
    Clinic,
    ClinicKind,
    Department,
    Doctor,
    HalfDay,
    Order,
    Person,
    TimeSlot,
    VisitFound,
    VisitState,
)
from careline.errors import CarelineError, Invalid, Unavailable
from careline.i18n import Text
from careline_his_webservice.adapters.mapping.formats import Mismatch, Values
from careline_his_webservice.adapters.mapping.records import CONSTANT, PRIVATE, RECORDS, parts_of

T = TypeVar("T")
E = TypeVar("E", bound=Enum)
Cell = Callable[[str], object]

#: How many wrong fields one complaint lists.
MOST_PROBLEMS = 5
#: More rows than any hospital has; a system that sends more is out of its mind.
MOST_ROWS = 50_000


def bad_answer(
    campus: str,
    what: str,
    problem: str | Text,
    problems: Sequence[CarelineError] = (),
    kind: type[Unavailable] = Unavailable,
) -> Unavailable:
    """The system spoke nonsense: which campus's, asked what, and what was wrong with it."""
    return kind(
        "his.bad_answer",
        "{campus}: the answer to {what} cannot be used: {problem}",
        problems=problems,
        campus=campus,
        what=what,
        problem=problem,
    )


@define
class Row:
    """One row of kind ``kind``; a wrong field is noted in ``wrong`` and gives its spare value."""

    kind: str
    fields: Mapping[str, str]
    cell: Cell
    values: Values
    at: str
    wrong: list[Invalid] = field(factory=list)

    def raw(self, name: str) -> object:
        """What stands there; None when the field is not mapped."""
        spec = self.fields.get(name)
        if spec is None:
            return None
        if spec.startswith(CONSTANT):
            return spec[len(CONSTANT) :]
        parts = parts_of(spec)
        if len(parts) == 1:
            return self.cell(parts[0])
        return "-".join(_plain(self.cell(part)) for part in parts)

    def given(self, name: str) -> bool:
        """True when it is mapped and not empty."""
        return _plain(self.raw(name)) != ""

    def read(self, name: str, convert: Callable[[object], T], spare: T) -> T:
        """The field's value; ``spare`` when it is empty and not needed, or wrong."""
        value = self.raw(name)
        needed = name in RECORDS[self.kind].needs if self.kind in RECORDS else False
        try:
            if _plain(value) == "":
                if needed:
                    raise Mismatch(Text("given"))
                return spare
            return convert(value)
        except Mismatch as mismatch:
            self._note(name, value, mismatch.right)
            return spare

    def text(self, name: str) -> str:
        """A text."""
        return self.read(name, self.values.text, "")

    def word(self, name: str, kind: type[E], spare: E) -> E:
        """One of an enumeration."""
        return self.read(name, lambda value: self.values.word(name, value, kind), spare)

    def flag(self, name: str) -> bool:
        """Yes or no."""
        return self.read(name, lambda value: self.values.flag(name, value), False)

    def _note(self, name: str, value: object, right: Text) -> None:
        shown = "…" if self.kind in PRIVATE else str(value or "")[:40]
        self.wrong.append(
            Invalid(
                "his.field",
                "{where}: must be {right}, not “{value}”",
                where=f"{self.at}.{name}",
                right=right,
                value=shown,
            )
        )


def _plain(value: object) -> str:
    return "" if value is None else str(value).strip()


@frozen
class Rows:
    """Builds what one campus's rows of one kind say."""

    campus: str
    kind: str
    fields: Mapping[str, str]
    values: Values

    def build(self, cells: Sequence[Cell], make: Callable[[Row], T]) -> list[T]:
        """One value for each row; Unavailable ``his.bad_answer`` lists what is wrong with them."""
        if len(cells) > MOST_ROWS:
            raise bad_answer(
                self.campus, self.kind, Text("more than {most} rows", {"most": MOST_ROWS})
            )
        made: list[T] = []
        wrong: list[Invalid] = []
        for index, cell in enumerate(cells, 1):
            row = Row(self.kind, self.fields, cell, self.values, f"{self.kind}[{index}]", wrong)
            made.append(make(row))
            if len(wrong) >= MOST_PROBLEMS:
                break
        if wrong:
            what = Text("fields of {count} rows and more are wrong", {"count": len(made)})
            raise bad_answer(self.campus, self.kind, what, wrong[:MOST_PROBLEMS])
        return made

    def department(self, row: Row) -> Department:
        """A department."""
        return Department(
            campus=self.campus,
            code=row.text("code"),
            name=row.text("name"),
            name_en=row.text("name_en"),
            intro=row.text("intro"),
            intro_en=row.text("intro_en"),
            place=row.text("place"),
            diseases=row.read("diseases", row.values.words, ()),
            order=row.read("order", row.values.count, 100),
        )

    def doctor(self, row: Row) -> Doctor:
        """A doctor."""
        return Doctor(
            campus=self.campus,
            code=row.text("code"),
            name=row.text("name"),
            department=row.text("department"),
            name_en=row.text("name_en"),
            title=row.text("title"),
            expert=row.flag("expert"),
            specialty=row.text("specialty"),
            diseases=row.read("diseases", row.values.words, ()),
            intro=row.text("intro"),
            intro_en=row.text("intro_en"),
            number=row.text("number"),
        )

    def clinic(self, row: Row) -> Clinic:
        """A clinic."""
        return Clinic(
            campus=self.campus,
            code=row.text("code"),
            department=row.text("department"),
            doctor=row.text("doctor"),
            day=row.read("day", row.values.day, date.min),
            half=row.word("half", HalfDay, HalfDay.MORNING),
            kind=row.word("kind", ClinicKind, ClinicKind.GENERAL),
            fee=row.read("fee", row.values.money, None),
            place=row.text("place"),
            stopped=row.flag("stopped"),
        )

    def slot(self, row: Row, clinic: str = "") -> TimeSlot:
        """A time slot, of ``clinic`` where its row does not say."""
        start = row.read("start", row.values.start, time.min)
        left = row.read("left", row.values.count, 0)
        return TimeSlot(
            campus=self.campus,
            code=row.text("code"),
            clinic=clinic or row.text("clinic"),
            start=start,
            end=row.read("end", row.values.end, start),
            capacity=max(left, row.read("capacity", row.values.count, left)),
            left=left,
        )

    def person(self, row: Row) -> Person:
        """A patient; no id of ours is known here, so it is 0."""
        return Person(
            id=0,
            name=row.text("name"),
            sex=row.read("sex", row.values.sex, ""),
            birth_date=row.read("birth_date", row.values.day, None),
            id_card=row.text("id_card").upper(),
            phone=row.read("phone", row.values.phone, ""),
            number=row.text("number"),
        )

    def visit(self, row: Row, order: Order, reference: str) -> VisitFound | None:
        """What a row says of an order, or None when it is about another visit."""
        state = row.word("state", VisitState, VisitState.ABSENT)
        if not _is_of(row, order, reference):
            return None
        return VisitFound(
            state=state,
            reference=row.text("reference"),
            number=row.text("number"),
            outpatient_number=row.text("outpatient_number"),
        )


def _is_of(row: Row, order: Order, reference: str) -> bool:
    """Told by our key, else by their reference, else by clinic, slot, day and time together."""
    if row.given("key"):
        return row.text("key") == order.key
    if reference and row.given("reference"):
        return row.text("reference") == reference
    same = [
        row.text(name) == wanted
        for name, wanted in (("clinic", order.clinic), ("slot", order.slot))
        if row.given(name)
    ]
    if row.given("day"):
        same.append(row.read("day", row.values.day, date.min) == order.day)
    if row.given("start"):
        same.append(row.read("start", row.values.start, time.min) == order.start)
    return bool(same) and all(same)


_STRENGTH = (
    VisitState.VISITED,
    VisitState.BOOKED,
    VisitState.MISSED,
    VisitState.CANCELLED,
    VisitState.ABSENT,
)


def strongest(found: Sequence[VisitFound]) -> VisitFound:
    """Of several rows about one visit (booked, cancelled, booked again) the one that holds."""
    absent = VisitFound(state=VisitState.ABSENT)
    return min(found, key=lambda one: _STRENGTH.index(one.state), default=absent)
