"""The hospital's system as booking sees it: every question has an answer, if only UNKNOWN."""

from __future__ import annotations

from typing import Any

from careline.clinic import Order, Person, Reply, Verdict, VisitFound
from careline.errors import NotFound
from careline.patients.model import Patient, Sex
from careline_appointments.model import Booking

LOST = Reply(verdict=Verdict.UNKNOWN)


class Hospital:
    """Asks whichever plugin speaks for a campus; ``core`` is a ``careline.plugins.Core``."""

    def __init__(self, core: Any) -> None:
        self._core = core

    async def served(self, campus: str) -> bool:
        """Whether anybody speaks for the campus; else an order would surely go nowhere."""
        return bool(await self._core.hub.serves_campus(campus=campus))

    async def book(self, order: Order) -> Reply:
        """Book; no answer means that nobody knows."""
        reply: Reply | None = await self._core.hub.book_visit(order=order)
        return reply or LOST

    async def cancel(self, order: Order, reference: str, reason: str) -> Reply:
        """Cancel; no answer means that nobody knows."""
        reply: Reply | None = await self._core.hub.cancel_visit(
            order=order, reference=reference, reason=reason
        )
        return reply or LOST

    async def state(self, order: Order, reference: str) -> VisitFound | None:
        """What is known for sure, or None."""
        found: VisitFound | None = await self._core.hub.visit_state(
            order=order, reference=reference
        )
        return found

    async def order(self, booking: Booking) -> Order:
        """The order of a booking as it was first given, with the patient's record of now."""
        try:
            person = person_of(await self._core.patients.get(booking.patient), booking.campus)
        except NotFound:  # erased; the visit is still found by its key
            person = Person(id=booking.patient, name="")
        return order_of(booking, person)


def order_of(booking: Booking, person: Person) -> Order:
    """The order of a booking."""
    return Order(
        key=booking.key,
        campus=booking.campus,
        department=booking.department,
        doctor=booking.doctor,
        clinic=booking.clinic,
        slot=booking.slot,
        day=booking.day,
        start=booking.start,
        person=person,
    )


def person_of(patient: Patient, campus: str) -> Person:
    """What a campus's system is told of a patient."""
    numbers = [one.number for one in patient.numbers if one.campus == campus]
    return Person(
        id=patient.id,
        name=patient.name,
        sex="" if patient.sex is Sex.UNKNOWN else patient.sex.value,
        birth_date=patient.birth_date,
        id_card=patient.id_card,
        phone=patient.preferred_phone,
        number=next(iter(numbers), ""),
    )
