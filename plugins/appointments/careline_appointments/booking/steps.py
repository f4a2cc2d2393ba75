"""The saga's transactions: each leaves the booking in a state that the next process understands.

``Ledger`` has what they share. All change a booking only from the state that was read, so that of
two answers, or two processes, one decides.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from attrs import evolve, frozen

from careline.clinic import Reply, Verdict
from careline.errors import Conflict, Refused, Unavailable
from careline.i18n import Text
from careline.jobs import Job
from careline.storage import Tx, read_committed
from careline_appointments import rules, store
from careline_appointments.config import AppointmentsConfig
from careline_appointments.model import Booking, BookingState, Moved, Source, Wish
from careline_appointments.standing_store import bar_if_missed, lift_if_not_missed, lock_patient
from careline_appointments.stops.store import is_stopped
from careline_appointments.waiting_store import put_back

HOLD = timedelta(seconds=60)
"""How long a booking may be under way: longer than every hook's time-out together."""
STRAY = timedelta(minutes=10)
"""When the HIS is looked at once more for an order that was given up unanswered."""
FIRST_LOOK = timedelta(seconds=2)
SETTLE = "appointments.settle"
NUMBER = "appointments.number"
OFFER = "appointments.offer"
NOT_CONFIRMED = Text("the hospital did not confirm it")
MOVED = Text("moved to another time")


@frozen
class Ledger:
    """What the transactions need beside the booking."""

    config: AppointmentsConfig
    hub: Any
    outbox: Any
    tell: Callable[[int], object]
    """Called after the commit with the id of a booking that has changed."""


@read_committed
def hold(tx: Tx, ledger: Ledger, wish: Wish, fresh: Booking, local: datetime) -> Booking:
    """Write the booking that is about to be asked for, if the rules let it be.

    The same key gives the booking that is there. Raises Refused or Conflict.
    """
    standing = lock_patient(tx, wish.patient)
    known = store.by_key(tx, fresh.key)  # after the lock: it may be written at this moment
    if known is not None:
        return known
    if wish.source is not Source.STOP:  # the hospital moves whom it has stopped
        rules.check_standing(standing, local.date())
    if is_stopped(tx, wish.campus, wish.clinic):
        raise Refused("appointments.stopped", "This clinic is stopped; choose another one.")
    active = store.active_of(tx, [wish.patient], local.date())
    if wish.moved_from:
        _check_moved(tx, wish, active)
    rules.check_limits(ledger.config, wish, active)
    booking = store.add_booking(tx, fresh)
    tx.after_commit(lambda: ledger.tell(booking.id))
    return booking


def _check_moved(tx: Tx, wish: Wish, active: list[Booking]) -> None:
    rules.check_open(store.get_booking(tx, wish.moved_from))
    if any(one.moved_from == wish.moved_from for one in active):
        raise Conflict("appointments.moving", "This visit is being moved already.")


@read_committed
def answered(tx: Tx, ledger: Ledger, booking: Booking, reply: Reply, now: datetime) -> Booking:
    """Write what the HIS said to the order; gives the booking as it stands after.

    When somebody else has settled it meanwhile that stands; a visit that the HIS nevertheless
    booked is then cancelled there by the next look.
    """
    if reply.verdict is Verdict.BOOKED:
        return confirm(tx, ledger, booking, reply, now)
    if reply.verdict in (Verdict.UNKNOWN, Verdict.CANCELLED):
        return _unsure(tx, ledger, booking, now)
    return fail(tx, ledger, booking, reply.reason, now, look=None)


def confirm(tx: Tx, ledger: Ledger, booking: Booking, reply: Reply, now: datetime) -> Booking:
    """BOOKED, and everybody is told; the visit it replaces is to be cancelled from now on."""
    known = {
        "reference": _fitting("reference", reply.reference) or booking.reference,
        "number": _fitting("number", reply.number) or booking.number,
        "outpatient_number": _fitting("outpatient_number", reply.outpatient_number)
        or booking.outpatient_number,
        "place": reply.place or booking.place,
    }
    done = store.change(
        tx, booking, BookingState.BOOKED, now, confirmed=now, check_at=None, tries=0, **known
    )
    if done is None:
        return _stray(tx, booking, now)
    ledger.hub.appointment_booked(tx, booking_id=done.id)
    if done.moved_from:
        begin_cancel(tx, ledger, done.moved_from, MOVED.msgid, done.by, now)
    if done.outpatient_number:
        ledger.outbox.put(tx, Job(NUMBER, {"booking": done.id}))
    tx.after_commit(lambda: ledger.tell(done.id))
    return done


def _fitting(column: str, text: str) -> str:
    """What the HIS calls the visit; empty when it is absurdly long, for the key finds it too."""
    longest: int = getattr(store.c[column].type, "length", 0)
    return text if len(text) <= longest else ""


@read_committed
def fail(
    tx: Tx, ledger: Ledger, booking: Booking, reason: str, now: datetime, look: datetime | None
) -> Booking:
    """FAILED: it was never booked; ``look`` when the HIS may still bring it about."""
    done = store.change(
        tx, booking, BookingState.FAILED, now, reason=reason, check_at=look, tries=0
    )
    if done is None:
        return store.get_booking(tx, booking.id)
    if booking.state is BookingState.UNSURE:  # the patient waits to hear of it
        ledger.hub.appointment_failed(tx, booking_id=done.id)
        put_back(tx, done.id)
    tx.after_commit(lambda: ledger.tell(done.id))
    return done


def _unsure(tx: Tx, ledger: Ledger, booking: Booking, now: datetime) -> Booking:
    at = now + FIRST_LOOK
    done = store.change(tx, booking, BookingState.UNSURE, now, check_at=at)
    if done is None:
        return store.get_booking(tx, booking.id)
    ledger.outbox.put(tx, Job(SETTLE, {"booking": done.id}, run_at=at))
    tx.after_commit(lambda: ledger.tell(done.id))
    return done


def _stray(tx: Tx, booking: Booking, now: datetime) -> Booking:
    """The HIS has it, but here it was given up and said so: have it cancelled there."""
    current = store.get_booking(tx, booking.id)
    if current.state in (BookingState.FAILED, BookingState.CANCELLED):
        store.look_later(tx, current, now, 0)
    return current


@read_committed
def begin_cancel(
    tx: Tx, ledger: Ledger, booking_id: int, reason: str, by: str, now: datetime
) -> Booking:
    """CANCELLING, from where the settle job goes on if this process does not."""
    booking = store.get_booking(tx, booking_id)
    values = {"reason": reason, "cancelled_by": by, "check_at": now + HOLD, "tries": 0}
    done = store.change(tx, booking, BookingState.CANCELLING, now, **values)
    if done is None:
        return booking
    tx.after_commit(lambda: ledger.tell(done.id))
    return done


@read_committed
def cancelled(tx: Tx, ledger: Ledger, booking: Booking, now: datetime) -> Booking:
    """CANCELLED for good; who was told of the visit is told of this, and its slot is offered.

    One that was never confirmed is looked for once more: its order may be under way still.
    """
    look = None if booking.confirmed else now + STRAY
    done = store.change(tx, booking, BookingState.CANCELLED, now, check_at=look, tries=0)
    if done is None:
        return store.get_booking(tx, booking.id)
    if done.confirmed:
        ledger.hub.appointment_cancelled(tx, booking_id=done.id)
    ledger.outbox.put(tx, Job(OFFER, {"booking": done.id}))
    tx.after_commit(lambda: ledger.tell(done.id))
    return done


@read_committed
def kept(
    tx: Tx, ledger: Ledger, booking: Booking, words: str, later: bool, now: datetime
) -> Booking:
    """BOOKED again: the HIS refuses to cancel it, with ``words``; nobody was told "cancelled".

    ``later``: somebody was told "being cancelled" and waits to hear what came of it.
    """
    known = {"confirmed": booking.confirmed or now, "reason": words, "check_at": None}
    done = store.change(tx, booking, BookingState.BOOKED, now, **known, cancelled_by="")
    if done is None:
        return store.get_booking(tx, booking.id)
    if booking.confirmed is None:
        ledger.hub.appointment_booked(tx, booking_id=done.id)
    elif later:
        ledger.hub.appointment_kept(tx, booking_id=done.id)
    tx.after_commit(lambda: ledger.tell(done.id))
    return done


@read_committed
def by_hospital(tx: Tx, ledger: Ledger, found: Booking, reason: str, now: datetime) -> Booking:
    """The HIS has cancelled it by itself."""
    if found.state is BookingState.UNSURE:
        return fail(tx, ledger, found, reason, now, look=None)
    values = {"reason": reason, "cancelled_by": "hospital", "check_at": None}
    done = store.change(tx, found, BookingState.CANCELLED, now, **values)
    if done is None:
        return store.get_booking(tx, found.id)
    if done.confirmed:
        ledger.hub.appointment_cancelled(tx, booking_id=done.id)
    tx.after_commit(lambda: ledger.tell(done.id))
    return done


@read_committed
def moved_by_hospital(
    tx: Tx, ledger: Ledger, found: Booking, moved: Moved, now: datetime
) -> Booking:
    """Another time for the same booking; told once, and only of what was told as booked.

    Raises Unavailable when it is changed in this moment: to be told again.
    """
    after = evolve(
        found,
        day=moved.day,
        start=moved.start,
        clinic=_fitting("clinic", moved.clinic) or found.clinic,
        slot=_fitting("slot", moved.slot) or found.slot,
        changed=now,
    )
    if all(getattr(after, name) == getattr(found, name) for name in store.WHEN):
        return found
    after = evolve(after, end=_end(found, after))
    if not store.put_time(tx, found, after):
        raise Unavailable("appointments.busy", "this visit is being changed at this moment")
    seen = ("day", "start", "clinic")  # another slot of the same time is nothing to the patient
    other = any(getattr(after, name) != getattr(found, name) for name in seen)
    if other and after.state is BookingState.BOOKED:
        ledger.hub.appointment_rescheduled(tx, booking_id=after.id)
    tx.after_commit(lambda: ledger.tell(after.id))
    return after


def _end(before: Booking, after: Booking) -> time | None:
    """It takes as long as it did; None where that was not known, or ends on another day."""
    if before.end is None:
        return None
    took = datetime.combine(before.day, before.end) - datetime.combine(before.day, before.start)
    end = datetime.combine(after.day, after.start) + took
    return end.time() if end.date() == after.day else None


@read_committed
def marked(
    tx: Tx, ledger: Ledger, booking_id: int, state: BookingState, now: datetime, today: date
) -> Booking:
    """VISITED or MISSED; one missed visit too many blocks the patient, a correction lifts that."""
    booking = store.get_booking(tx, booking_id)
    if booking.state is state:
        return booking
    if booking.day > today:
        raise Refused("appointments.early", "This visit is still to come.")
    done = store.change(tx, booking, state, now, check_at=None)
    if done is None:
        raise rules.over(booking)
    if state is BookingState.MISSED:
        bar_if_missed(tx, done.patient, today, ledger.config)
    elif booking.state is BookingState.MISSED:
        lift_if_not_missed(tx, done.patient, today, ledger.config)
    tx.after_commit(lambda: ledger.tell(done.id))
    return done
