"""Contacts, refusals and wrong numbers in the database."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from attrs import asdict
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Index,
    Integer,
    Select,
    String,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from careline.hooks import Urgency
from careline.outreach.model import (
    Booked,
    Contact,
    Decision,
    Means,
    Refusal,
    Result,
    Scope,
    Verdict,
)
from careline.storage import AnyRow, BigId, EnumValue, Json, Tx, UTCDateTime, metadata

#: Stands for both ways in the key of a refusal, where NULL could not.
BOTH = "both"
#: What was decided longer ago counts for no rule: a day, wherever its zone, and the longest gap.
RECENT = timedelta(hours=50)
#: A contact whose asker did not come back for so long is not waited for any more.
FORGOTTEN = timedelta(hours=1)

contact_table = Table(
    "outreach_contact",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("key", String(128), nullable=False, unique=True),
    Column("patient", Integer, nullable=False),
    Column("number", String(32), nullable=False),
    Column("means", EnumValue(Means), nullable=False),
    Column("purpose", String(64), nullable=False),
    Column("urgency", EnumValue(Urgency), nullable=False),
    Column("campus", String(32), nullable=False),
    Column("plugin", String(32), nullable=False),
    Column("not_before", UTCDateTime),
    Column("not_after", UTCDateTime),
    Column("title", Text, nullable=False),
    Column("shares", Boolean, nullable=False),
    Column("verdict", EnumValue(Verdict), nullable=False),
    Column("code", String(64), nullable=False),
    Column("until", UTCDateTime),
    Column("joined", String(128), nullable=False, index=True),
    Column("params", Json, nullable=False),
    Column("asked", UTCDateTime, nullable=False),
    Column("decided", UTCDateTime, nullable=False, index=True),
    Column("asks", Integer, nullable=False),
    Column("result", EnumValue(Result)),
    Column("settled", UTCDateTime),
    Column("by", String(64), nullable=False),
    Index("ix_outreach_contact_patient_decided", "patient", "decided"),
    Index("ix_outreach_contact_number_decided", "number", "decided"),
)

refusal_table = Table(
    "outreach_refusal",
    metadata,
    Column("number", String(32), primary_key=True),
    Column("means", String(16), primary_key=True),
    Column("scope", EnumValue(Scope), primary_key=True),
    Column("by", String(64), nullable=False),
    Column("why", String(200), nullable=False),
    Column("since", UTCDateTime, nullable=False),
)

wrong_table = Table(
    "outreach_wrong",
    metadata,
    Column("number", String(32), primary_key=True),
    Column("patient", Integer, primary_key=True),
    Column("by", String(64), nullable=False),
    Column("since", UTCDateTime, nullable=False),
    Column("means", String(16), nullable=False, server_default=BOTH),
)
"""``means``: where it is wrong; a network may know of no messages where a telephone still rings."""


# Contacts. Statements that every decision runs are made once: that takes longer than they do.


def _counting(person: ColumnElement[bool]) -> Select[Any]:
    c = contact_table.c
    went = and_(c.verdict == Verdict.GO, c.decided > bindparam("recent"))
    waits = and_(c.verdict == Verdict.LATER, c.result.is_(None), c.until > bindparam("awaited"))
    found = select(contact_table).where(person, or_(went, waits), c.key != bindparam("wanted"))
    return found.order_by(c.decided, c.id)


_BY_KEY = select(contact_table).where(contact_table.c.key == bindparam("wanted"))
_INSERT = insert(contact_table)
_UPDATE = update(contact_table).where(contact_table.c.key == bindparam("wanted"))
_OF_NUMBER = _counting(contact_table.c.number == bindparam("its_number"))
_OF_PATIENT = _counting(
    or_(
        contact_table.c.patient.in_(bindparam("ids", expanding=True)),
        and_(contact_table.c.number == bindparam("its_number"), contact_table.c.patient == 0),
    )
)
_REFUSED = select(refusal_table).where(refusal_table.c.number == bindparam("its_number"))
_WRONG = select(func.count()).where(
    wrong_table.c.number == bindparam("its_number"),
    wrong_table.c.patient.in_(bindparam("ids", expanding=True)),
    wrong_table.c.means.in_(bindparam("its_means", expanding=True)),
)


def lock_person(tx: Tx, ids: Sequence[int], number: str) -> None:
    """Let decisions about one person follow each other, whatever the transaction's isolation."""
    if tx.dialect == "postgresql":
        name = f"outreach patient {min(ids)}" if ids else f"outreach number {number}"
        tx.execute(select(func.pg_advisory_xact_lock(crc32(name.encode()))))


def get_contact(tx: Tx, key: str) -> Booked | None:
    """A contact by its key."""
    row = tx.one(_BY_KEY, {"wanted": key})
    return _booked(row) if row else None


def put_contact(tx: Tx, booked: Booked, *, known: bool) -> None:
    """Store a contact as it is now; ``known`` when its key is stored already."""
    row = _row(booked)
    if known:
        tx.execute(_UPDATE, {**row, "wanted": booked.contact.key})
    else:
        tx.execute(_INSERT, row)


def others(tx: Tx, contact: Contact, ids: Sequence[int], now: datetime) -> tuple[Booked, ...]:
    """Contacts of the same person that may count now: recent ones, and those that wait.

    Of somebody unknown these are all contacts at the number; of a patient those that were begun
    at this number before anybody knew whose it is, too.
    """
    given = {
        "its_number": contact.number,
        "wanted": contact.key,
        "recent": now - RECENT,
        "awaited": now - FORGOTTEN,
    }
    if ids:
        return tuple(_booked(row) for row in tx.all(_OF_PATIENT, {**given, "ids": list(ids)}))
    return tuple(_booked(row) for row in tx.all(_OF_NUMBER, given))


def carried_by(tx: Tx, key: str) -> list[Booked]:
    """Contacts that another one carries along, in the order they were asked for."""
    c = contact_table.c
    query = select(contact_table).where(
        c.joined == key, c.verdict == Verdict.JOIN, c.result.is_(None)
    )
    return [_booked(row) for row in tx.all(query.order_by(c.id))]


def settle_contact(tx: Tx, key: str, result: Result, now: datetime) -> None:
    """Write down what came of a contact."""
    values = {"result": result, "settled": now}
    tx.execute(update(contact_table).where(contact_table.c.key == key).values(values))


def contacts_of(tx: Tx, ids: Sequence[int], since: datetime, most: int) -> list[Booked]:
    """A patient's contacts, the latest first."""
    c = contact_table.c
    query = select(contact_table).where(c.patient.in_(ids), c.decided >= since)
    return [
        _booked(row) for row in tx.all(query.order_by(c.decided.desc(), c.id.desc()).limit(most))
    ]


def all_contacts(tx: Tx, ids: Sequence[int]) -> list[Booked]:
    """All that is kept of a patient's contacts, the first one first."""
    c = contact_table.c
    query = select(contact_table).where(c.patient.in_(ids)).order_by(c.id)
    return [_booked(row) for row in tx.all(query)]


def forget_patients(tx: Tx, ids: Collection[int]) -> None:
    """Remove all that is about these patients; a refusal is a number's and stays."""
    tx.execute(delete(contact_table).where(contact_table.c.patient.in_(ids)))
    tx.execute(delete(wrong_table).where(wrong_table.c.patient.in_(ids)))


def remove_before(tx: Tx, before: datetime, most: int = 5000) -> int:
    """Remove decisions that are older, at most so many; gives how many went."""
    c = contact_table.c
    old = select(c.id).where(c.decided < before).limit(most)
    return tx.execute(delete(contact_table).where(c.id.in_(old.scalar_subquery()))).rowcount


def _row(booked: Booked) -> dict[str, Any]:
    decision = booked.decision
    return {
        **asdict(booked.contact, recurse=False),
        "verdict": decision.verdict,
        "code": decision.code,
        "until": decision.until,
        "joined": decision.joined,
        "params": dict(decision.params),
        "asked": booked.asked,
        "decided": booked.decided,
        "asks": booked.asks,
        "result": booked.result,
        "settled": booked.settled,
        "by": booked.by,
    }


def _booked(row: AnyRow) -> Booked:
    return Booked(
        contact=Contact(
            key=row.key,
            patient=row.patient,
            number=row.number,
            means=row.means,
            purpose=row.purpose,
            urgency=row.urgency,
            campus=row.campus,
            plugin=row.plugin,
            not_before=row.not_before,
            not_after=row.not_after,
            title=row.title,
            shares=row.shares,
        ),
        decision=Decision(row.verdict, row.code, row.until, row.joined, row.params),
        asked=row.asked,
        decided=row.decided,
        asks=row.asks,
        result=row.result,
        settled=row.settled,
        by=row.by,
    )


# Refusals


def put_refusal(tx: Tx, refusal: Refusal) -> bool:
    """Store a refusal; True when it is new, else the older one stays as it is."""
    row = {
        **asdict(refusal, recurse=False),
        "means": refusal.means.value if refusal.means else BOTH,
        "by": refusal.by[:64],
        "why": refusal.why[:200],
    }
    if tx.one(select(refusal_table.c.number).where(_is_refusal(refusal))):
        return False
    tx.execute(insert(refusal_table).values(row))
    return True


def _is_refusal(refusal: Refusal) -> ColumnElement[bool]:
    c = refusal_table.c
    means = refusal.means.value if refusal.means else BOTH
    return and_(c.number == refusal.number, c.means == means, c.scope == refusal.scope)


def remove_refusals(tx: Tx, number: str, means: Means | None) -> int:
    """Forget refusals of a number, of one way or all; gives how many went."""
    c = refusal_table.c
    query = delete(refusal_table).where(c.number == number)
    if means is not None:
        query = query.where(c.means == means.value)
    return tx.execute(query).rowcount


def refusals_of(tx: Tx, number: str) -> tuple[Refusal, ...]:
    """All refusals of a number, the widest first."""
    found = [_refusal(row) for row in tx.all(_REFUSED, {"its_number": number})]
    return tuple(sorted(found, key=lambda one: (one.means is not None, one.scope is not Scope.ALL)))


def list_refusals(tx: Tx, search: str, most: int, offset: int = 0) -> list[Refusal]:
    """Refusals whose number ends in ``search`` or whose reason holds it, newest first."""
    c = refusal_table.c
    query = select(refusal_table).where(*_fits(search))
    query = query.order_by(c.since.desc(), c.number, c.means, c.scope).offset(offset).limit(most)
    return [_refusal(row) for row in tx.all(query)]


def count_refusals(tx: Tx, search: str) -> int:
    """How many refusals :func:`list_refusals` would give."""
    query = select(func.count()).select_from(refusal_table).where(*_fits(search))
    return int(tx.scalar(query) or 0)


def _fits(search: str) -> list[ColumnElement[bool]]:
    if not search:
        return []
    c = refusal_table.c
    digits = "".join(char for char in search if char.isdigit())
    fits = [c.why.contains(search, autoescape=True)]
    if len(digits) >= 2:
        fits.append(c.number.endswith(digits, autoescape=True))
    return [or_(*fits)]


def _refusal(row: AnyRow) -> Refusal:
    means = None if row.means == BOTH else Means(row.means)
    return Refusal(number=row.number, means=means, scope=row.scope, by=row.by, why=row.why,
                   since=row.since)  # fmt: skip


# Wrong numbers


def put_wrong(
    tx: Tx, number: str, patient: int, means: Means | None, by: str, now: datetime
) -> None:
    """Remember a wrong number, for one way or both (None); repeating it changes nothing."""
    if is_wrong(tx, number, [patient], means):
        return
    c = wrong_table.c
    mine = (c.number == number, c.patient == patient)
    known = update(wrong_table).where(*mine).values(means=BOTH, by=by[:64], since=now)
    if not tx.execute(known).rowcount:
        way = means.value if means else BOTH
        row = {"number": number, "patient": patient, "means": way, "by": by[:64], "since": now}
        tx.execute(insert(wrong_table).values(row))


def is_wrong(tx: Tx, number: str, ids: Sequence[int], means: Means | None) -> bool:
    """True when the number is known not to be these patients' (0: of nobody known).

    By ``means``, or (None) by both.
    """
    ways = [BOTH, means.value] if means else [BOTH]
    given = {"its_number": number, "ids": list(ids), "its_means": ways}
    return bool(tx.scalar(_WRONG, given))


def remove_wrong(tx: Tx, number: str) -> int:
    """Trust a number again, whosever it is; gives how many entries went."""
    return tx.execute(delete(wrong_table).where(wrong_table.c.number == number)).rowcount


# Decisions of a day


def decided_between(
    tx: Tx, first: datetime, last: datetime, code: str, most: int, offset: int
) -> list[Booked]:
    """Contacts last decided in a span, of one code or all, the latest first."""
    c = contact_table.c
    query = select(contact_table).where(c.decided >= first, c.decided < last)
    if code:
        query = query.where(c.code == code)
    query = query.order_by(c.decided.desc(), c.id.desc()).offset(offset).limit(most)
    return [_booked(row) for row in tx.all(query)]


def count_reasons(tx: Tx, first: datetime, last: datetime) -> list[tuple[Verdict, str, int]]:
    """How many contacts of a span there are by verdict and code, the most frequent first."""
    c = contact_table.c
    number = func.count().label("number")
    query = (
        select(c.verdict, c.code, number)
        .where(c.decided >= first, c.decided < last)
        .group_by(c.verdict, c.code)
        .order_by(number.desc(), c.code, c.verdict)
    )
    return [(row.verdict, row.code, row.number) for row in tx.all(query)]
