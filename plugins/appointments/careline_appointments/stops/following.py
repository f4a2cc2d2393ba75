"""Stops follow the visits: what was settled elsewhere is settled here, and nobody is forgotten."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from careline.i18n import DEFAULT, translate
from careline.storage import Tx
from careline_appointments.model import Booking, BookingState
from careline_appointments.services import Services
from careline_appointments.stops import store, task_store
from careline_appointments.stops.model import HELD, Stop, Struck, Task, TaskState
from careline_appointments.stops.service import Stopping
from careline_appointments.store import get_booking

FREE: dict[str, Any] = {"agent": "", "taken": None}
GONE = (BookingState.CANCELLED, BookingState.FAILED)
PAST = (BookingState.VISITED, BookingState.MISSED)
MOST = 500


class Following:
    """One look at all open stops, done every half minute by a job."""

    def __init__(self, services: Services, stopping: Stopping) -> None:
        self._core = services.core
        self._stopping = stopping

    async def look(self) -> None:
        """Put tasks right by their visits, free those left too long, add who was booked since."""
        touched: set[int] = await self._core.db.run(self._look, self._core.clock.now())
        for stop_id in touched:
            self._stopping.tell(stop_id)

    def _look(self, tx: Tx, now: datetime) -> set[int]:
        touched = set()
        for one in task_store.open_struck(tx):
            values = _change(tx, one, now)
            if values and task_store.change(tx, one.task, now, **values):
                touched.add(one.task.stop)
        for stop in store.list_stops(tx, now.date(), 0, MOST):
            if self._add_late(tx, stop, now):
                touched.add(stop.id)
        return touched

    def _add_late(self, tx: Tx, stop: Stop, now: datetime) -> bool:
        """Visits that were under way when the clinic was stopped."""
        codes = [one.clinic for one in stop.clinics]
        struck = [one.id for one in task_store.affected(tx, stop.campus, codes)]
        late = task_store.add_tasks(tx, stop.id, struck, now)
        if late:
            self._core.hub.clinic_stopped(tx, stop_id=stop.id, booking_ids=late)
        return bool(late)


def _change(tx: Tx, one: Struck, now: datetime) -> dict[str, Any]:
    """What is to be changed of a task; nothing when it stands right."""
    task, booking = one.task, one.booking
    if task.state is TaskState.CANCELLED:  # the HIS would not cancel it
        back = booking.state is BookingState.BOOKED
        note = _noted(task, booking.reason)
        return {"state": TaskState.NOTICE, "note": note, **FREE} if back else {}
    if task.moved_to:
        return _moving(task, get_booking(tx, task.moved_to))
    if booking.state in GONE:
        new = task_store.successor(tx, booking.id)
        if new is None:
            return {"state": TaskState.CANCELLED, **FREE}
        pending = new.state is not BookingState.BOOKED
        return {"moved_to": new.id} if pending else _moved(new)
    if booking.state in PAST:
        return {"state": TaskState.UNREACHED, **FREE}
    if task.state is TaskState.CALLING and task.taken and task.taken <= now - HELD:
        return {"state": TaskState.NOTICE, **FREE}
    return {}


def _moving(task: Task, new: Booking) -> dict[str, Any]:
    if new.state is BookingState.BOOKED:
        return _moved(new)
    if new.state in GONE:
        note = _noted(task, new.reason)
        return {"state": TaskState.NOTICE, "moved_to": 0, "note": note, **FREE}
    return {}


def _noted(task: Task, why: str) -> str:
    """Why it came back, behind what agents wrote."""
    return "；".join(one for one in (task.note, translate(why, DEFAULT)) if one)


def _moved(new: Booking) -> dict[str, Any]:
    return {"state": TaskState.MOVED, "moved_to": new.id, **FREE}
