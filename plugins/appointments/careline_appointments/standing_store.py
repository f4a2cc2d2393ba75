"""One row for each patient who ever booked: what is locked while limits are counted; blocks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from attrs import evolve
from sqlalchemy import Column, Date, String, Table, Text, select, update
from sqlalchemy.dialects import postgresql, sqlite

from careline.storage import AnyRow, BigId, Tx, UTCDateTime, metadata
from careline_appointments import rules, store
from careline_appointments.config import AppointmentsConfig
from careline_appointments.model import Standing

patient_table = Table(
    "appointments_patient",
    metadata,
    Column("patient", BigId, primary_key=True, autoincrement=False),
    Column("until", Date, index=True),
    Column("reason", Text, nullable=False),
    Column("by", String(64), nullable=False),
    Column("lifted", UTCDateTime),
)
p = patient_table.c


def lock_patient(tx: Tx, patient: int) -> Standing:
    """Keep other bookings of this patient out until this transaction ends; gives the standing."""
    insert_new = sqlite.insert if tx.dialect == "sqlite" else postgresql.insert
    row = {"patient": patient, "reason": "", "by": ""}
    tx.execute(insert_new(patient_table).values(row).on_conflict_do_nothing())
    found = tx.one(select(patient_table).where(p.patient == patient).with_for_update())
    assert found is not None  # noqa: S101  it was put there
    return _standing(found)


def get_standing(tx: Tx, patient: int, today: date, config: AppointmentsConfig) -> Standing:
    """The standing of a patient, with the missed visits that count today."""
    row = tx.one(select(patient_table).where(p.patient == patient))
    known = _standing(row) if row else Standing(patient=patient)
    return _counted(tx, known, today, config)


def barred(tx: Tx, today: date, config: AppointmentsConfig) -> list[Standing]:
    """All who cannot book today, the longest first."""
    found = select(patient_table).where(p.until >= today).order_by(p.until.desc(), p.patient)
    return [_counted(tx, _standing(row), today, config) for row in tx.all(found)]


def put_standing(tx: Tx, standing: Standing) -> None:
    """Store it as it is now; its row is locked."""
    values: dict[str, Any] = {
        "until": standing.until,
        "reason": standing.reason,
        "by": standing.by,
        "lifted": standing.lifted,
    }
    tx.execute(update(patient_table).where(p.patient == standing.patient).values(values))


def bar_if_missed(tx: Tx, patient: int, today: date, config: AppointmentsConfig) -> Standing:
    """After a missed visit: block the patient when it is one too many."""
    standing = _counted(tx, lock_patient(tx, patient), today, config)
    after = rules.barred_until(config, standing.missed, today, standing)
    if after != standing:
        put_standing(tx, after)
    return after


def lift_if_not_missed(tx: Tx, patient: int, today: date, config: AppointmentsConfig) -> None:
    """After a mark was corrected: a block that nobody set by hand ends with its reason."""
    standing = _counted(tx, lock_patient(tx, patient), today, config)
    if standing.until and not standing.by and standing.missed < config.missed:
        put_standing(tx, evolve(standing, until=None))


def carry(tx: Tx, kept: int, gone: int) -> bool:
    """Block ``kept`` as long as ``gone``, which became part of it; False when it is already."""
    row = tx.one(select(patient_table).where(p.patient == gone))
    if row is None or row.until is None:
        return False
    standing = lock_patient(tx, kept)
    if standing.until is not None and standing.until >= row.until:
        return False
    put_standing(tx, evolve(standing, until=row.until, reason=row.reason, by=row.by))
    return True


def give_back(tx: Tx, kept: int, gone: int) -> None:
    """Undo :func:`carry` where the block has not changed since."""
    row = tx.one(select(patient_table).where(p.patient == gone))
    standing = lock_patient(tx, kept)
    if row is not None and (standing.until, standing.by) == (row.until, row.by):
        put_standing(tx, evolve(standing, until=None, reason="", by=""))


def lift(tx: Tx, patient: int, by: str, now: datetime) -> Standing:
    """Let a patient book again; visits missed until now count no more."""
    standing = evolve(lock_patient(tx, patient), until=None, reason="", by=by, lifted=now)
    put_standing(tx, standing)
    return standing


def bar(tx: Tx, patient: int, until: date, reason: str, by: str) -> Standing:
    """Let a patient book no more up to a day."""
    standing = evolve(lock_patient(tx, patient), until=until, reason=reason, by=by)
    put_standing(tx, standing)
    return standing


def _counted(tx: Tx, standing: Standing, today: date, config: AppointmentsConfig) -> Standing:
    first = rules.counted_from(config, standing, today)
    return evolve(standing, missed=store.missed_of(tx, standing.patient, first))


def _standing(row: AnyRow) -> Standing:
    return Standing(
        patient=row.patient, until=row.until, reason=row.reason, by=row.by, lifted=row.lifted
    )


__all__ = [
    "bar",
    "bar_if_missed",
    "barred",
    "carry",
    "get_standing",
    "give_back",
    "lift",
    "lift_if_not_missed",
    "lock_patient",
    "put_standing",
]
