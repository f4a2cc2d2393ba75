"""Faults planted on purpose: each is a mistake that somebody may make, and a run must find it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from attrs import evolve

from careline.clinic import Reply, Verdict
from careline_appointments import store
from careline_appointments.booking import hospital, settling, steps
from careline_appointments.model import BookingState


def plant(name: str) -> None:
    """Plant the fault of that name; empty: none."""
    if name:
        BUGS[name]()


def _silence_is_booked() -> None:
    """No answer is told as booked."""
    hospital.LOST = Reply(verdict=Verdict.BOOKED)


def _silence_is_cancelled() -> None:
    """No answer to a cancel is told as cancelled."""
    booked = hospital.Hospital.cancel

    async def cancel(self: Any, *args: Any) -> Reply:
        reply = await booked(self, *args)
        unknown = reply.verdict is Verdict.UNKNOWN
        return Reply(verdict=Verdict.CANCELLED) if unknown else reply

    hospital.Hospital.cancel = cancel  # type: ignore[method-assign]


def _silence_is_no() -> None:
    """No answer is told as "not available", and nobody looks again."""
    hospital.LOST = Reply(verdict=Verdict.UNAVAILABLE)


def _no_last_look() -> None:
    """What was given up is not looked at again."""
    settling.Settler._look_for_stray = _forget  # type: ignore[method-assign]


async def _forget(self: Any, booking: Any) -> Any:
    await self._core.db.run(store.look_later, booking, None, 0)
    return booking


def _no_compare() -> None:
    """A state is set without looking which one it is, while another process gives it up."""
    steps.HOLD = timedelta(0)

    def change(tx: Any, booking: Any, state: BookingState, now: Any, **values: Any) -> Any:
        held = {} if state in store.ACTIVE else {"holds": None}
        row = {"state": state, "changed": now, **values, **held}
        tx.execute(store.booking_table.update().where(store.c.id == booking.id).values(row))
        return evolve(booking, state=state, changed=now, **values)

    store.change = change


def _keyless() -> None:
    """Whoever asks again asks about another order."""
    order = hospital.Hospital.order

    async def another(self: Any, *args: Any) -> Any:
        return evolve(await order(self, *args), key=uuid4().hex)

    hospital.Hospital.order = another  # type: ignore[method-assign]


BUGS: dict[str, Callable[[], None]] = {
    "silence is booked": _silence_is_booked,
    "silence is cancelled": _silence_is_cancelled,
    "silence is no": _silence_is_no,
    "no last look": _no_last_look,
    "no compare": _no_compare,
    "keyless": _keyless,
}
