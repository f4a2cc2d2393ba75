"""What agents wrote of a stop's patients: kept, given out, and forgotten with the patient."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update

from careline.storage import Tx
from careline_appointments.stops.model import Task
from careline_appointments.stops.tables import task_table
from careline_appointments.stops.task_store import task_of

t = task_table.c


def put_note(tx: Tx, task_id: int, note: str, now: datetime) -> None:
    """Keep what an agent wrote of a task."""
    tx.execute(update(task_table).where(t.id == task_id).values(note=note, changed=now))


def erase_notes(tx: Tx, bookings: Collection[int]) -> None:
    """Forget what was written of these visits."""
    tx.execute(update(task_table).where(t.booking.in_(bookings)).values(note=""))


def tasks_of(tx: Tx, bookings: Collection[int]) -> list[Task]:
    """All tasks about these visits."""
    rows = tx.all(select(task_table).where(t.booking.in_(bookings)).order_by(t.id))
    return [task_of(row) for row in rows]
