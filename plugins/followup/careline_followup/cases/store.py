"""Cases in the database: one row for each discharge or planned operation."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import asdict, evolve
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Date,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    and_,
    insert,
    or_,
    select,
    update,
)

from careline.errors import NotFound
from careline.storage import AnyRow, BigId, EnumValue, Json, Tx, UTCDateTime, metadata
from careline_followup.cases.model import ERASED, Case, CaseKind, CaseState, Relative, Source

case_table = Table(
    "followup_case",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("kind", EnumValue(CaseKind, 16), nullable=False),
    Column("source", EnumValue(Source, 16), nullable=False),
    Column("reference", String(64), nullable=False),
    Column("turn", Integer, nullable=False),
    Column("campus", String(32), nullable=False),
    Column("patient", BigId, nullable=False),
    Column("name", String(100), nullable=False),
    Column("number", String(64), nullable=False),
    Column("id_card", String(32), nullable=False),
    Column("phone", String(32), nullable=False),
    Column("relatives", Json, nullable=False),
    Column("department", String(100), nullable=False),
    Column("ward", String(100), nullable=False),
    Column("bed", String(32), nullable=False),
    Column("doctor", String(100), nullable=False),
    Column("diagnosis", String(400), nullable=False),
    Column("operation", String(400), nullable=False),
    Column("came", UTCDateTime),
    Column("at", UTCDateTime, nullable=False),
    Column("day", Date, nullable=False),
    Column("state", EnumValue(CaseState, 16), nullable=False),
    Column("plan", String(32), nullable=False),
    Column("died", Boolean, nullable=False),
    Column("told", UTCDateTime, nullable=False),
    # However often and from how many sides a discharge is told of, it is one case.
    UniqueConstraint("source", "campus", "reference", "turn"),
    Index("ix_followup_case_day", "day", "campus"),
    Index("ix_followup_case_patient", "patient"),
    Index("ix_followup_case_number", "campus", "number"),
    Index("ix_followup_case_id_card", "id_card"),
)
c = case_table.c
LENGTHS: Mapping[str, int] = {
    column.name: column.type.length
    for column in case_table.columns
    if isinstance(column.type, String) and column.type.length
}
#: What another telling of the same case may add or correct.
WORDS = (
    *("name", "number", "id_card", "phone", "department", "ward", "bed"),
    *("doctor", "diagnosis", "operation"),
)


def add(tx: Tx, case: Case) -> Case:
    """Store a new one and give it with its id."""
    key = tx.execute(insert(case_table).values(_values(case))).inserted_primary_key
    return evolve(case, id=int(key[0]) if key else 0)


def change(tx: Tx, case: Case) -> None:
    """Store a changed one."""
    tx.execute(update(case_table).where(c.id == case.id).values(_values(case)))


def get(tx: Tx, case_id: int) -> Case:
    """One case, else NotFound."""
    row = tx.one(select(case_table).where(c.id == case_id))
    if row is None:
        raise NotFound("followup.no_case", "There is no such discharge.")
    return _case(row)


def several(tx: Tx, ids: Collection[int]) -> dict[int, Case]:
    """Those with these ids."""
    return {row.id: _case(row) for row in tx.all(select(case_table).where(c.id.in_(ids)))}


def known(tx: Tx, case: Case) -> Case | None:
    """What is stored of it by its source's own id, the latest turn."""
    return of_reference(tx, case.source, case.campus, case.reference)


def of_reference(tx: Tx, source: Source, campus: str, reference: str) -> Case | None:
    """The latest turn of what a source tells under this id."""
    mine = (c.source == source, c.campus == campus, c.reference == reference)
    row = tx.one(select(case_table).where(*mine).order_by(c.turn.desc()).limit(1))
    return _case(row) if row else None


def twin(tx: Tx, case: Case) -> Case | None:
    """The same discharge as another source told it: same person, same day or the one beside."""
    near = timedelta(days=1)
    days = c.day.between(case.day - near, case.day + near)
    if case.name and case.phone:
        same = (c.campus == case.campus, c.name == case.name, c.phone == case.phone)
        apart = (c.kind == case.kind, c.source != case.source)
        row = tx.one(select(case_table).where(days, *same, *apart).order_by(c.id).limit(1))
        if row is not None:
            return _case(row)
    # One after the other, each by its own index: what is not theirs is not read.
    for who, value in ((c.number, case.number), (c.id_card, case.id_card)):
        theirs = select(case_table).where(who == value, c.campus == case.campus).order_by(c.id)
        for row in tx.all(theirs) if value else ():
            there = _case(row)
            other = there.source is not case.source and there.kind is case.kind
            if other and case.day - near <= there.day <= case.day + near:
                return there
    return None


def before(tx: Tx, campus: str, patient: int, number: str, id_card: str, at: datetime) -> list[int]:
    """Discharges of a person who was admitted again at ``at``, not withdrawn yet; ids."""
    who = _of(campus, patient, number, id_card)
    if not who:
        return []
    gone = (c.kind == CaseKind.DISCHARGE, c.at < at, c.state != CaseState.WITHDRAWN)
    return tx.scalars(select(c.id).where(or_(*who), *gone))


def ended(tx: Tx, campus: str, patient: int, number: str, id_card: str, at: datetime) -> list[Case]:
    """Discharges of a person before ``at`` that were withdrawn."""
    who = _of(campus, patient, number, id_card)
    gone = (c.kind == CaseKind.DISCHARGE, c.at < at, c.state == CaseState.WITHDRAWN)
    rows = tx.all(select(case_table).where(or_(*who), *gone)) if who else []
    return [_case(row) for row in rows]


def of_person(tx: Tx, case: Case) -> list[Case]:
    """All cases of the person of a case, itself too."""
    who = _of(case.campus, case.patient, case.number, case.id_card)
    rows = select(case_table).where(or_(c.id == case.id, *who)).order_by(c.id)
    return [_case(row) for row in tx.all(rows)]


def places_of(tx: Tx, campus: str) -> tuple[frozenset[str], frozenset[str]]:
    """Departments and wards of the campus that somebody has told of."""
    there = select(c.department, c.ward).where(c.campus == campus).distinct()
    rows = tx.all(there)
    departments = frozenset(row.department for row in rows if row.department)
    return departments, frozenset(row.ward for row in rows if row.ward)


def beside(tx: Tx, case: Case) -> list[Case]:
    """Other discharges of the same person: of one name, and number, card, or phone in these days.

    The name alone tells a newborn from the mother, whose card and number are on both lists.
    """
    if not case.name:
        return []
    near = timedelta(days=2)
    days = c.day.between(case.day - near, case.day + near)
    found: dict[int, Case] = {}
    # One after the other, each by its own index: what is not theirs is not read.
    for who in _of(case.campus, case.patient, case.number, case.id_card):
        found |= {row.id: _case(row) for row in tx.all(select(case_table).where(who))}
    if case.phone:
        theirs = select(case_table).where(days, c.phone == case.phone, c.name == case.name)
        found |= {row.id: _case(row) for row in tx.all(theirs)}
    return [
        one
        for key, one in sorted(found.items())
        if key != case.id and one.kind is case.kind and one.name == case.name != ERASED
    ]


def _of(campus: str, patient: int, number: str, id_card: str) -> list[ColumnElement[bool]]:
    """By any of what says whose a case is; empty when nothing does."""
    who: list[ColumnElement[bool]] = []
    if patient:
        who.append(c.patient == patient)
    if number:
        who.append(and_(c.campus == campus, c.number == number))
    if id_card:
        who.append(c.id_card == id_card)
    return who


def revive(tx: Tx, case_id: int) -> None:
    """The person of a case has not died."""
    ids = [one.id for one in of_person(tx, get(tx, case_id))]
    tx.execute(update(case_table).where(c.id.in_(ids)).values(died=False))


def bare(tx: Tx, since: datetime, after: int, most: int) -> list[Case]:
    """Cases from ``since`` on that fitted no plan, by id."""
    rows = select(case_table).where(c.state == CaseState.BARE, c.at >= since, c.id > after)
    return [_case(row) for row in tx.all(rows.order_by(c.id).limit(most))]


def of_patient(tx: Tx, patient: int, most: int = 100) -> list[Case]:
    """A patient's cases, the newest first."""
    rows = select(case_table).where(c.patient == patient).order_by(c.at.desc()).limit(most)
    return [_case(row) for row in tx.all(rows)]


def unlinked(tx: Tx, after: int, most: int) -> Sequence[Case]:
    """Cases whose patient's record is not known yet, by id."""
    rows = select(case_table).where(c.patient == 0, c.id > after, c.name != "")
    return [_case(row) for row in tx.all(rows.order_by(c.id).limit(most))]


def _values(case: Case) -> dict[str, Any]:
    values = asdict(case, recurse=False)
    del values["id"]
    values["relatives"] = [{"number": one.number, "who": one.who} for one in case.relatives]
    return values


def _case(row: AnyRow) -> Case:
    values = dict(row._mapping)
    values["relatives"] = tuple(Relative(**one) for one in values["relatives"])
    return Case(**values)
