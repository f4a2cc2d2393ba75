"""Erasing a patient, by request or because the time to keep it is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import delete, exists, or_, select

from careline.calls.store import call_patient_table, call_table
from careline.patients import store
from careline.patients.history import forget_links
from careline.patients.tables import merge_table, patient_table
from careline.storage import Tx

STEP = 100


def erase(tx: Tx, patient_id: int, tell: Callable[..., object]) -> list[int]:
    """Remove a record with all that was merged into it; ``tell(tx, patient_id=...)`` for each.

    Calls stay for the figures, without a link to anybody. NotFound when there is no such record.
    """
    ids = store.all_ids(tx, store.get_patient(tx, patient_id).id)
    columns = merge_table.c
    tx.execute(delete(merge_table).where(or_(columns.kept.in_(ids), columns.gone.in_(ids))))
    forget_links(tx, ids)
    store.delete_patients(tx, ids)
    for one in ids:
        tell(tx, patient_id=one)
    return ids


def outdated(tx: Tx, before: datetime, most: int = STEP) -> list[int]:
    """Records that were neither changed nor on the phone since ``before``."""
    columns, links, calls = patient_table.c, call_patient_table.c, call_table.c
    called = exists().where(
        links.patient == columns.id, links.call_id == calls.id, calls.started >= before
    )
    query = select(columns.id).where(
        columns.changed < before, columns.merged_into.is_(None), ~called
    )
    return tx.scalars(query.order_by(columns.changed).limit(most))
