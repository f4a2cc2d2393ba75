"""What a patient may book and cancel: pure functions that raise Refused with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from attrs import evolve

from careline.errors import Conflict, Refused
from careline.patients.model import Patient
from careline_appointments.config import AppointmentsConfig
from careline_appointments.model import Booking, BookingState, Standing, Wish

IN_DEPARTMENT = "A patient may have at most {most} visits in one department on one day."
ON_DAY = "A patient may have at most {most} visits on one day."
IN_ALL = "A patient may have at most {most} open bookings."
#: Minutes; a number for longer than this is one of a half-day, whose time is not known.
MOST_AT_A_TIME = 60
OVER = {
    BookingState.VISITED: "This visit has taken place.",
    BookingState.MISSED: "This visit has taken place.",
    BookingState.FAILED: "This was never booked.",
    BookingState.CANCELLED: "This visit was cancelled already.",
    BookingState.CANCELLING: "This visit is being cancelled already.",
    BookingState.HOLDING: "This visit is being booked at this moment; try again in a minute.",
    BookingState.UNSURE: "The hospital has not confirmed this visit yet; try again in a minute.",
}


def check_time(config: AppointmentsConfig, wish: Wish, local: datetime) -> None:
    """Refuse what is past or too far ahead; ``local`` is the campus's own time now."""
    if (wish.day, wish.start) <= (local.date(), local.time().replace(tzinfo=None)):
        raise Refused("appointments.past", "This time is past.")
    last = local.date() + timedelta(config.horizon_days)
    if wish.day > last:
        raise Refused(
            "appointments.horizon",
            "Visits are booked at most {days} days ahead.",
            days=config.horizon_days,
        )


def check_patient(config: AppointmentsConfig, patient: Patient) -> None:
    """Refuse a record that the HIS cannot make a visit of."""
    if not patient.name.strip() or (config.id_card and not patient.id_card):
        raise Refused(
            "appointments.no_record",
            "To book, the patient's record must have a name and what the hospital asks for.",
        )


def check_standing(standing: Standing, today: date) -> None:
    """Refuse who is on the blacklist."""
    if standing.until is not None and today <= standing.until:
        raise Refused(
            "appointments.blacklisted",
            "This patient missed too many visits and can book again after {day}.",
            day=standing.until.isoformat(),
        )


def check_limits(config: AppointmentsConfig, wish: Wish, active: Sequence[Booking]) -> None:
    """Refuse one visit too many; ``active`` are the patient's others, without the one moved."""
    others = [one for one in active if one.id != wish.moved_from]
    if any(_same_time(one, wish) for one in others):
        raise Conflict("appointments.twice", "This patient has a booking for that time already.")
    same_day = [one for one in others if one.day == wish.day]
    place = (wish.campus, wish.department)
    here = [one for one in same_day if (one.campus, one.department) == place]
    _limit(config.most_per_department, here, IN_DEPARTMENT)
    _limit(config.most_per_day, same_day, ON_DAY)
    _limit(config.most_open, others, IN_ALL)


def check_deadline(config: AppointmentsConfig, booking: Booking, local: datetime) -> None:
    """Refuse to cancel or move what is too near; ``local`` is the campus's own time now."""
    start = datetime.combine(booking.day, booking.start)
    if local.replace(tzinfo=None) > start - timedelta(hours=config.cancel_hours):
        raise Refused(
            "appointments.late",
            "Visits are cancelled and moved at least {hours} hours before.",
            hours=config.cancel_hours,
        )


def check_open(booking: Booking) -> None:
    """Refuse to move what is not booked."""
    if booking.state is not BookingState.BOOKED:
        raise over(booking)


def over(booking: Booking) -> Refused:
    """Why nothing can be done with a booking in its state."""
    return Refused("appointments.over", OVER[booking.state])


def barred_until(
    config: AppointmentsConfig, missed: int, today: date, standing: Standing
) -> Standing:
    """The standing after one more missed visit, ``missed`` in all that count."""
    if not config.missed or missed < config.missed:
        return evolve(standing, missed=missed)
    until = today + timedelta(config.barred_days)
    return evolve(standing, missed=missed, until=until, reason="", by="")


def counted_from(config: AppointmentsConfig, standing: Standing, today: date) -> date:
    """The first day whose missed visits count: not those until the day a block was lifted."""
    first = today - timedelta(config.missed_days)
    return max(first, standing.lifted.date() + timedelta(1)) if standing.lifted else first


def _same_time(one: Booking, wish: Wish) -> bool:
    """The same place, or another at the same time: nobody sees two doctors at once.

    A half-day's number (no end, or hours long) says no time: two of them fit into one morning.
    """
    if (one.campus, one.clinic, one.slot) == (wish.campus, wish.clinic, wish.slot):
        return True
    if one.day != wish.day or not (one.end and wish.end):
        return False
    if max(_minutes(one.start, one.end), _minutes(wish.start, wish.end)) > MOST_AT_A_TIME:
        return False
    return one.start < wish.end and wish.start < one.end


def _minutes(start: time, end: time) -> int:
    return end.hour * 60 + end.minute - start.hour * 60 - start.minute


def _limit(most: int, found: Sequence[Booking], message: str) -> None:
    if most and len(found) >= most:
        raise Refused("appointments.limit", message, most=most)
