"""Panels: coming visits beside the call, booking as a tab of its work, the visits of a patient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve, frozen

from careline.errors import NotFound
from careline.hooks import Panel, Slot
from careline.web import Answer, Page, Visit, get
from careline_appointments.desk.asked import Asked, asked_of, number
from careline_appointments.desk.choosing import Choosing
from careline_appointments.desk.ground import BOOK, VIEW, Ground
from careline_appointments.desk.words import shown_booking
from careline_appointments.model import BookingState

QUEUE = "appointments"
"""Calls of this queue are about appointments."""
FITS = 80
CHANGES = ("appointment_changed",)


@frozen
class DeskPanels:
    """What the desk adds to calls and patients."""

    ground: Ground
    choosing: Choosing

    def panels(self) -> list[Panel]:
        """One beside a call, one in its work, one on the page of a patient."""
        return [
            Panel(
                name="appointments_coming",
                title="Coming visits",
                slot=Slot.CALL,
                template="appointments/coming.html",
                view=self.coming,
                permission=VIEW,
                refresh_on=("call_changed", *CHANGES),
                order=12,
            ),
            Panel(
                name="appointments_booking",
                title="Booking",
                slot=Slot.WORK,
                template="appointments/book.html",
                view=self.booking,
                permission=BOOK,
                order=5,
                opens=self.opens,
            ),
            Panel(
                name="appointments_visits",
                title="Visits",
                slot=Slot.PATIENT,
                template="appointments/visits.html",
                view=self.visits,
                permission=VIEW,
                refresh_on=CHANGES,
                order=20,
            ),
        ]

    async def coming(self, visit: Visit) -> Mapping[str, Any]:
        """Visits to come of those on the phone, and how far the caller came in the menu."""
        ground = self.ground
        call = await ground.call_of(visit, visit.args.get("call", ""))
        people = await ground.people(call.patients)
        await ground.looked(visit, call.id, people)
        coming = await ground.booker.coming(call.patients) if call.patients else []
        came = await ground.progress(call.id)
        return {
            "call": call.id,
            "known": bool(call.patients),
            "several": len(people) > 1,
            "coming": [
                shown_booking(ground, visit, one, people.get(one.patient)) for one in coming
            ],
            "came": tuple(visit.text(line) for line in came.where) if came else (),
        }

    async def booking(self, visit: Visit) -> Mapping[str, Any]:
        """Booking by keyboard; what the caller chose in the menu or had last is shown at once."""
        asked = asked_of(visit.args)
        if asked.call:
            await self.ground.call_of(visit, asked.call)
        values = await self.choosing.people_of(visit)
        if asked.call and not asked.chosen and not asked.moving:
            asked = await self._came(asked)
        last = None if asked.chosen or asked.moving else await self.choosing.last(visit, asked)
        return {
            **values,
            "asked": asked,
            "last": last,
            "in_call": bool(asked.call),
            "cancelling": number(visit.args.get("cancelling", "")),
        }

    async def _came(self, asked: Asked) -> Asked:
        """With the department that the caller chose in the menu."""
        came = await self.ground.progress(asked.call)
        name = came.department if came else ""
        codes = self.ground.directory.department_codes(name) if name else {}
        if came is None or not codes:
            return asked
        campus = came.campus if came.campus in codes else next(iter(codes))
        return evolve(asked, campus=campus, department=codes[campus])

    async def opens(self, visit: Visit) -> int:
        """High for calls that came for an appointment."""
        call = self.ground.core.calls.get(visit.args.get("call", ""))
        if call is None:
            return 0
        if any(stay.queue == QUEUE for stay in call.stays):
            return FITS
        return FITS if await self.ground.progress(call.id) else 0

    async def visits(self, visit: Visit) -> Mapping[str, Any]:
        """All visits of one patient, the latest first."""
        asked = asked_of(visit.args)
        if not asked.patient:
            raise NotFound("patient.unknown", "there is no such patient")
        await self.ground.core.patients.get(asked.patient)
        found = await self.ground.booker.of_patient(asked.patient)
        await self.ground.looked(visit, "visits", (asked.patient,))
        shown = [shown_booking(self.ground, visit, one) for one in found]
        standing = await self.ground.standings.get(asked.patient)
        return {
            "visits": [one for one in shown if one.booking.state is not BookingState.FAILED],
            "patient": asked.patient,
            "standing": standing,
            "may_book": visit.may(BOOK),
        }

    @get("/appointments/book", permission=BOOK)
    async def page(self, visit: Visit) -> Answer:
        """Booking without a call: from a patient's page, from triage, from an introduction."""
        values = {**await self.booking(visit)}
        return Page("appointments/book_page.html", values, title=visit._("Booking"))
