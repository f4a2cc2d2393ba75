"""Hooks of appointments: what it asks of a hospital's system, and what it tells everybody.

A plugin that speaks for a campus answers for that campus and says None for all others. A question
that nobody answers, or not in time, means "not available now" there; other campuses go on.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from careline.hooks.kinds import asks, event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from careline.clinic import (
        Appointment,
        Directory,
        Notice,
        Offer,
        Order,
        Reply,
        Schedule,
        VisitFound,
    )
    from careline.hooks.values import Refusal


@asks(timeout=20.0)
def clinic_directory(campus: str) -> Directory | None:
    """All departments and doctors of a campus.

    When: at the start and every few minutes, by a job; what was answered last is kept meanwhile.
    Return: the whole directory, or None when the campus is not yours.
    On failure: counts as None; the directory of last time stays.
    """


@asks(timeout=6.0)
def clinic_schedule(campus: str, first: date, last: date, department: str) -> Schedule | None:
    """Clinics and free slots of a campus from ``first`` to ``last``, both included.

    When: somebody looks for a slot; ``department`` is a code, or empty for all.
    Return: the schedule with its age (a fresh copy may be given again), or None when the campus is
        not yours.
    On failure: counts as None; the campus is shown as not available now.
    """


@asks(timeout=1.0)
def serves_campus(campus: str) -> bool | None:
    """Whether you speak for a campus's hospital system, so that it makes sense to ask for a visit.

    When: right before ``book_visit``, so that a lost answer is told from a campus without a system.
    Return: True when the campus is yours (from memory; how its system is does not matter), or None.
    On failure: counts as None; nothing is booked, and the caller is told "not available now".
    """


@asks(timeout=15.0)
def book_visit(order: Order) -> Reply | None:
    """Book one visit, once: the same ``order.key`` is the same visit however often it is asked.

    When: a patient has chosen; nobody is told "booked" before the answer is BOOKED.
    Return: what became of it, or None when the campus is not yours.
    On failure: counts as unknown; ``visit_state`` is asked until it is known.
    """


@asks(timeout=15.0)
def cancel_visit(order: Order, reference: str, reason: str) -> Reply | None:
    """Cancel a visit; one that is cancelled already, or that never was, is CANCELLED too.

    When: patient, agent or hospital has cancelled it; ``reference`` is the HIS's own, if known.
    Return: what became of it, or None when the campus is not yours.
    On failure: counts as unknown; it is asked again until it is done.
    """


@asks(timeout=15.0)
def visit_state(order: Order, reference: str) -> VisitFound | None:
    """How a visit stands: looked up by the order's key, else reference, else patient and slot.

    When: an answer was lost, and daily for visits of the past (visited, missed).
    Return: what is known for sure now, or None when the campus is not yours or cannot say.
    On failure: counts as None; it is asked again later.
    """


@asks(timeout=15.0)
def stop_clinic(campus: str, clinic: str, reason: str) -> Reply | None:
    """Take no more patients for a clinic (停诊); those booked stay booked until each is settled.

    When: somebody stops a clinic here, before anybody is told.
    Return: CANCELLED once it is stopped there too, or None when the campus is not yours.
    On failure: counts as unknown; it is asked again until it is done.
    """


@asks(timeout=30.0)
def book_appointment(
    campus: str, day: date, clinic: str, slot: str, patient_id: int, key: str
) -> Appointment | Refusal | None:
    """Book a visit for a plugin's own reason (a follow-up, a web page, a robot).

    When: a plugin asks; the codes are those of ``clinic_schedule``. The same ``key`` (at most 40
    letters, digits, ``-``) is the same visit however often it is asked; one that came to nothing
    stays so, and is asked for anew under another key.
    Return: the appointment, ``booked`` or ``unsure``, or why it cannot be; answered by appointments
        itself, by the same rules as for everybody.
    On failure: counts as None; asked again with the same key it goes on where it was.
    """


@asks(timeout=30.0)
def cancel_appointment(booking_id: int, reason: str) -> Appointment | Refusal | None:
    """Cancel a visit for a plugin's own reason.

    When: a plugin asks.
    Return: the appointment, ``cancelled``, or ``booked`` while the HIS has not said so yet, or why
        it cannot be; answered by appointments itself, by the same rules as for everybody.
    On failure: counts as None; it may be asked again.
    """


@asks(timeout=2.0)
def appointment_of(booking_id: int) -> Appointment | None:
    """One appointment in words; answered by appointments itself, for plugins told of its id.

    When: a message or list needs its day, time and place.
    Return: the appointment as it is now, or None when there is none. ``reason`` is why it was
        cancelled, or why its clinic is stopped, as somebody of the hospital wrote for patients.
    On failure: counts as None.
    """


@asks(timeout=2.0)
def offered_slot(waiter_id: int) -> Offer | None:
    """What is offered to somebody on the waiting list; answered by appointments itself.

    When: a message about ``slot_offered`` needs its day and time.
    Return: the offer as it is now, or None when it has ended or was taken.
    On failure: counts as None.
    """


@asks(timeout=2.0)
def stop_notices(stop_id: int) -> Sequence[Notice] | None:
    """What became of the notices of a stopped clinic, so that nobody is rung who knows already.

    When: the page of a stop is shown, and again while it is open.
    Return: one for each patient whom you have told or will tell, or None when you tell nobody.
    On failure: counts as None; the page says nothing of notices.
    """


@event(durable=True)
def appointment_booked(booking_id: int) -> None:
    """A visit is booked, and the HIS has said so.

    When: written with the booking's state; also for one that was moved (``moved_from`` is set).
    Return: nothing.
    On failure: tried again with growing pauses, then parked where an administrator sees it.
    """


@event(durable=True)
def appointment_rescheduled(booking_id: int) -> None:
    """The hospital itself has moved a booked visit to another time; it is the same booking.

    When: written with the booking, which has the new time; a visit that is moved here is another
        booking instead (``appointment_booked``, ``appointment_cancelled``).
    Return: nothing, once the patient's message is on its way and reminders have the new time.
    On failure: tried again with growing pauses, then parked where an administrator sees it.
    """


@event(durable=True)
def appointment_failed(booking_id: int) -> None:
    """A visit that was not certain will not be: whoever wanted it was told "being confirmed".

    When: written with the booking's state, once the HIS has said that it has no such visit.
    Return: nothing, once a message to the patient is on its way.
    On failure: tried again with growing pauses, then parked where an administrator sees it.
    """


@event(durable=True)
def appointment_cancelled(booking_id: int) -> None:
    """A booked visit will not be: cancelled by the patient, by the hospital, or moved elsewhere.

    When: written with the booking's state.
    Return: nothing, once what was planned for it (a reminder) is withdrawn.
    On failure: tried again with growing pauses, then parked where an administrator sees it.
    """


@event(durable=True)
def appointment_kept(booking_id: int) -> None:
    """A visit that was being cancelled stands: the HIS refuses, and the patient must hear of it.

    When: written with the booking's state, which is booked again.
    Return: nothing, once a message to the patient is on its way.
    On failure: tried again with growing pauses, then parked where an administrator sees it.
    """


@event(durable=True)
def clinic_stopped(stop_id: int, booking_ids: list[int]) -> None:
    """A clinic will not be held; these bookings are affected and are settled one by one.

    When: written with the stop.
    Return: nothing, once reminders of these visits are withdrawn and notices are on their way.
    On failure: tried again with growing pauses, then parked where an administrator sees it.
    """


@event(durable=True)
def clinic_reopened(stop_id: int, booking_ids: list[int]) -> None:
    """A stop was taken back before anybody was called: these visits take place after all.

    When: written with it; the same visits were in ``clinic_stopped``.
    Return: nothing, once reminders are planned again, and who was told of the stop is told of this.
    On failure: tried again with growing pauses, then parked where an administrator sees it.
    """


@event(durable=True)
def slot_offered(waiter_id: int) -> None:
    """A freed slot is kept in mind for somebody on the waiting list, until the offer ends.

    When: written with the offer; agents see it as a task at the same time.
    Return: nothing, once a message to the patient is on its way.
    On failure: tried again with growing pauses, then parked where an administrator sees it.
    """
