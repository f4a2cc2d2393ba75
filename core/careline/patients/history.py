"""A patient's calls, and all that is known of a patient in one order of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import field, frozen
from sqlalchemy import delete, select

from careline.calls.model import Direction, Outcome
from careline.calls.store import call_patient_table, call_table
from careline.hooks.values import TimelineEntry
from careline.patients import store
from careline.storage import Tx

MOST_CALLS = 100


@frozen(kw_only=True)
class PatientCall:
    """A call with the patient, as a line of its history; ``sure`` when nobody else fits it."""

    id: str
    at: datetime
    direction: Direction
    outcome: Outcome
    agent: str
    queue: str
    disposition: str
    note: str
    talk_s: float
    sure: bool


@frozen(kw_only=True)
class Timeline:
    """Calls and what plugins know, newest first; ``missing`` says of each silent plugin why."""

    lines: tuple[PatientCall | TimelineEntry, ...] = ()
    missing: Mapping[str, str] = field(factory=dict)


def calls_of(
    tx: Tx, patient_id: int, most: int = MOST_CALLS, before: datetime | None = None
) -> list[PatientCall]:
    """The patient's calls, newest first, those of merged records too."""
    calls, links = call_table.c, call_patient_table.c
    query = select(call_table, links.sure).join(call_patient_table, links.call_id == calls.id)
    query = query.where(links.patient.in_(store.all_ids(tx, patient_id)))
    if before is not None:
        query = query.where(calls.started < before)
    found = {
        row.id: PatientCall(
            id=row.id,
            at=row.started,
            direction=row.direction,
            outcome=row.outcome,
            agent=row.agent,
            queue=row.queue,
            disposition=row.disposition,
            note=row.note,
            talk_s=row.talk_ms / 1000,
            sure=row.sure,
        )
        for row in tx.all(query.order_by(calls.started.desc()).limit(most))
    }
    return list(found.values())


def last_calls(tx: Tx, ids: Sequence[int]) -> dict[int, datetime]:
    """When each of these patients was last on the phone."""
    calls, links = call_table.c, call_patient_table.c
    query = (
        select(links.patient, calls.started)
        .join(call_table, calls.id == links.call_id)
        .where(links.patient.in_(ids), links.sure.is_(True))
        .order_by(calls.started)
    )
    return {row.patient: row.started for row in tx.all(query)}


def in_order(
    calls: Sequence[PatientCall], entries: Sequence[TimelineEntry]
) -> tuple[PatientCall | TimelineEntry, ...]:
    """All in one order, newest first."""
    return tuple(sorted([*calls, *entries], key=lambda line: line.at, reverse=True))


def forget_links(tx: Tx, ids: Sequence[int]) -> None:
    """Calls remain for the figures; that these patients were in them is forgotten."""
    tx.execute(delete(call_patient_table).where(call_patient_table.c.patient.in_(ids)))
