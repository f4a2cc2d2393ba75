"""Whose talks recordings are, so that a patient's can be exported, and erased with the patient."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Column, Index, String, Table, delete, exists, insert, select

from careline.calls.store import call_patient_table
from careline.patients.store import all_ids
from careline.storage import BigId, Tx, metadata
from careline_recording.store import recording_table

patient_table = Table(
    "recording_patient",
    metadata,
    Column("recording", String(32), primary_key=True),
    Column("patient", BigId, primary_key=True),
    Index("ix_recording_patient_patient", "patient"),
)


def link(tx: Tx, recording: str, patient: int) -> None:
    """It is a talk with this patient."""
    tx.execute(insert(patient_table).values(recording=recording, patient=patient))


def of_patient(tx: Tx, patient: int) -> list[str]:
    """Ids of the recordings of a patient, and of records merged into the patient's."""
    columns, ids = patient_table.c, all_ids(tx, patient)
    return tx.scalars(select(columns.recording).where(columns.patient.in_(ids)).distinct())


def refresh(tx: Tx, since: datetime) -> None:
    """Follow the links of calls begun since then: who was on the phone may be said later."""
    recording, call, mine = recording_table.c, call_patient_table.c, patient_table.c
    young = recording.started >= since
    known = exists().where(mine.recording == recording.id, mine.patient == call.patient)
    missing = (
        select(recording.id.label("recording"), call.patient)
        .join(call_patient_table, call.call_id == recording.call)
        .where(young, call.sure.is_(True), ~known)
    )
    rows = [{"recording": row.recording, "patient": row.patient} for row in tx.all(missing)]
    if rows:
        tx.execute(insert(patient_table), rows)
    _drop_others(tx, since)


def _drop_others(tx: Tx, since: datetime) -> None:
    """Links of calls that are now known to be somebody else's."""
    recording, call, mine = recording_table.c, call_patient_table.c, patient_table.c
    other = (
        select(mine.recording, mine.patient)
        .join(recording_table, recording.id == mine.recording)
        .where(
            recording.started >= since,
            exists().where(call.call_id == recording.call),
            ~exists().where(call.call_id == recording.call, call.patient == mine.patient),
        )
    )
    for row in tx.all(other):
        this = (mine.recording == row.recording) & (mine.patient == row.patient)
        tx.execute(delete(patient_table).where(this))


def unlink(tx: Tx, recordings: Sequence[str]) -> None:
    """Nothing says any more whose they were."""
    tx.execute(delete(patient_table).where(patient_table.c.recording.in_(recordings)))
