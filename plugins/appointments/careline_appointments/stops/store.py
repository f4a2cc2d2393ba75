"""Stops and their clinics in the database: a clinic is stopped once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from attrs import asdict, evolve
from sqlalchemy import Select, insert, select, update

from careline.errors import NotFound
from careline.storage import AnyRow, Tx
from careline_appointments.stops.model import Stop, StoppedClinic, Substitute, Word
from careline_appointments.stops.tables import clinic_table, stop_table, task_table

s, k, t = stop_table.c, clinic_table.c, task_table.c
PLAIN = (
    *("campus", "department", "doctor", "department_name", "doctor_name", "reason", "origin"),
    *("by", "at", "undone", "undone_by"),
)


def _hold(campus: str, clinic: str) -> str:
    return f"{campus} {clinic}"


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
