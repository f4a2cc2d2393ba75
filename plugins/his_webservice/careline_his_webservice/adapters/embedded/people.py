"""Outpatients in the database: found again by what identifies them, else given a new number."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from careline.clinic import Person
from careline.storage import Tx
from careline_his_webservice.adapters.embedded.tables import person_table

persons = person_table.c
#: Numbers made here are ten digits and begin with 8; other sources number from below.
FIRST = 8_000_000_000
MOST = 50


def identity_of(person: Person) -> str:
    """The id card, else name, telephone and birth date together; empty: nobody like them."""
    if person.id_card:
        return person.id_card
    if not person.name or not (person.phone or person.birth_date):
        return ""
    return f"{person.name}|{person.phone}|{person.birth_date or ''}"


def number_of(tx: Tx, campus: str, person: Person) -> str:
    """The person's outpatient number: the one told, else the one known, else a new one.

    Two transactions that bring the same new person make one: the identity is unique.
    """
    if person.number and _known(tx, campus, persons.number == person.number):
        return person.number
    identity = identity_of(person)
    if identity and (known := _known(tx, campus, persons.identity == identity)):
        return known
    new = sqlite.insert if tx.dialect == "sqlite" else postgresql.insert
    stmt = new(person_table).values(_row(campus, person)).on_conflict_do_nothing()
    made = tx.scalar(stmt.returning(persons.id))
    if made is None:
        return _known(tx, campus, persons.identity == identity) or person.number
    if person.number:
        return person.number
    number = str(FIRST + made)
    tx.execute(update(person_table).where(persons.id == made).values(number=number))
    return number


def find_people(tx: Tx, campus: str, text: str) -> list[Person]:
    """Who has exactly this outpatient number, id card or telephone number; at most 50."""
    text = text.strip()
    if not text:
        return []
    same = or_(
        persons.number == text,
        persons.id_card == text.upper(),
        persons.phone.in_([text, f"+86{text.removeprefix('0')}"]),
    )
    query = select(person_table).where(persons.campus == campus, same, persons.number.is_not(None))
    return [
        Person(
            id=row.patient,
            name=row.name,
            sex=row.sex,
            birth_date=row.birth_date,
            id_card=row.id_card,
            phone=row.phone,
            number=row.number,
        )
        for row in tx.all(query.order_by(persons.number).limit(MOST))
    ]


def add_people(tx: Tx, campus: str, people: Iterable[Person]) -> None:
    """Store people who have numbers already, all at once."""
    rows = [_row(campus, one) for one in people]
    if rows:
        tx.execute(insert(person_table), rows)


def kept_of(tx: Tx, patient: int) -> list[dict[str, str]]:
    """The records of a patient of careline, as text."""
    query = select(person_table).where(persons.patient == patient).order_by(persons.campus)
    wanted = ("campus", "number", "name", "sex", "birth_date", "id_card", "phone")
    return [{name: str(getattr(row, name) or "") for name in wanted} for row in tx.all(query)]


def forget_people(tx: Tx, patient: int) -> None:
    """Remove what is kept of a patient of careline."""
    tx.execute(delete(person_table).where(persons.patient == patient))


def _known(tx: Tx, campus: str, same: Any) -> str:
    return str(tx.scalar(select(persons.number).where(persons.campus == campus, same)) or "")


def _row(campus: str, person: Person) -> dict[str, Any]:
    return {
        "campus": campus,
        "number": person.number or None,
        "identity": identity_of(person) or None,
        "patient": person.id,
        "name": person.name,
        "sex": person.sex,
        "birth_date": person.birth_date,
        "id_card": person.id_card,
        "phone": person.phone,
    }
