"""Booking: the Slot is held, then the Appointment made; each step can be repeated.

The Slot carries our key while it is held, so that a second try knows its own hold, and nobody
frees another's. An Appointment is made only if none has our key. What was perhaps sent and never
answered is settled by making a cancelled Appointment with that key, if there is none: if a late
request then arrives it finds that one, and can book no more.
"""

from __future__ import annotations

from typing import Any

from attrs import frozen

from careline.clinic import Order, Reply, Verdict, VisitFound, VisitState
from careline.clinic.his import no_answer
from careline.errors import Unavailable
from careline_his_webservice.adapters.fhir.people import People, patient_of
from careline_his_webservice.adapters.fhir.reading import (
    Resource,
    bad,
    identifier,
    name_of,
    parts,
    text,
)
from careline_his_webservice.adapters.fhir.server import Answer, Lost, Server
from careline_his_webservice.adapters.fhir.settings import FhirSettings
from careline_his_webservice.calling.exchanges import BAD_ANSWER

STATES = {
    "proposed": VisitState.BOOKED,
    "pending": VisitState.BOOKED,
    "booked": VisitState.BOOKED,
    "waitlist": VisitState.BOOKED,
    "arrived": VisitState.VISITED,
    "checked-in": VisitState.VISITED,
    "fulfilled": VisitState.VISITED,
    "cancelled": VisitState.CANCELLED,
    "entered-in-error": VisitState.CANCELLED,
    "noshow": VisitState.MISSED,
}
CHANGED = (409, 412)
TRIES = 3
"""Of a change that somebody else's came before."""


@frozen
class Visits:
    """Of one campus."""

    server: Server
    settings: FhirSettings
    people: People

    async def book(self, order: Order) -> Reply:
        """See :class:`careline.clinic.his.His`."""
        slot = await self.server.read("Slot", order.slot)
        if not slot.good:
            return Reply(verdict=Verdict.TAKEN, reason=slot.said)
        if not self._is_free(slot) and (
            not self._is_held(slot, order) or await self._found(order, "") is not None
        ):
            return await self._answered(order)
        patient = await patient_of(self.people, order.person)
        try:
            if not await self._hold(slot, order):
                return await self._answered(order)
            made = await self.server.create(
                self._appointment(order, slot.resource, patient), self._condition(order)
            )
            return await self._made(order, made, patient)
        except Unavailable as error:  # something was sent, now or by an earlier try
            if error.code == BAD_ANSWER:
                return Reply(verdict=Verdict.UNKNOWN, reason=str(error))
            raise no_answer(error) from None
        except Lost:
            raise no_answer() from None

    async def cancel(self, order: Order, reference: str, reason: str) -> Reply:
        """See :class:`careline.clinic.his.His`; the Slot is free again after it."""
        try:
            found = await self._settled(order, reference)
            if found is not None and _state(found) is VisitState.BOOKED:
                if not await self._cancelled(found, reason):
                    return Reply(verdict=Verdict.UNKNOWN)
            elif found is not None and _state(found) is not VisitState.CANCELLED:
                return Reply(verdict=Verdict.REFUSED, reason=text(found, "status"))
            if not await self._release(order):
                return Reply(verdict=Verdict.UNKNOWN)
        except Lost:
            raise no_answer() from None
        return Reply(verdict=Verdict.CANCELLED, reference=text(found or {}, "id"))

    async def state(self, order: Order, reference: str) -> VisitFound:
        """See :class:`careline.clinic.his.His`; ABSENT is for good, see above."""
        try:
            found = await self._settled(order, reference)
            if found is None:
                if not await self._release(order):
                    raise Lost
                return VisitFound(state=VisitState.ABSENT)
        except Lost:
            raise Unavailable("his.unsure", "the answer to this visit was lost again") from None
        return VisitFound(
            state=_state(found),
            reference=text(found, "id"),
            number=self._turn(found),
        )

    async def _made(self, order: Order, made: Answer, patient: Resource) -> Reply:
        if made.good:
            found = made.resource if made.resource else await self._found(order, "")
            if found and _state(found) is VisitState.BOOKED:
                return Reply(
                    verdict=Verdict.BOOKED,
                    reference=text(found, "id"),
                    number=self._turn(found),
                    outpatient_number=identifier(patient, self.settings.number_system),
                )
            await self._release_quietly(order)
            return Reply(verdict=Verdict.REFUSED, reason=text(found or {}, "status"))
        if made.status >= 500:
            return Reply(verdict=Verdict.UNKNOWN, reason=made.said)
        await self._release_quietly(order)
        return Reply(verdict=Verdict.REFUSED, reason=made.said)

    async def _answered(self, order: Order) -> Reply:
        """The Slot is taken: by this very order, which was booked before, or by another."""
        found = await self._found(order, "")
        if found is None or _state(found) is not VisitState.BOOKED:
            return Reply(verdict=Verdict.TAKEN)
        return Reply(verdict=Verdict.BOOKED, reference=text(found, "id"), number=self._turn(found))

    async def _hold(self, slot: Answer, order: Order) -> bool:
        """Make the Slot busy with our key; False when another was faster. Raises Lost."""
        for _ in range(TRIES):
            if self._is_held(slot, order):
                return True
            if not self._is_free(slot):
                return False
            ours = {"system": self.settings.visit_system, "value": order.key}
            others = [
                one
                for one in parts(slot.resource, "identifier")
                if text(one, "system") != self.settings.visit_system
            ]
            changed = {**slot.resource, "status": "busy", "identifier": [*others, ours]}
            answer = await self.server.update(changed, _version(slot))
            if answer.good:
                return True
            if answer.status >= 500:
                raise Lost
            if answer.status not in CHANGED:
                raise bad(f"Slot/{order.slot}: HTTP {answer.status} {answer.said}")
            slot = await self.server.read("Slot", order.slot)
        return False

    async def _release(self, order: Order) -> bool:
        """Free the Slot if it is held for this order; False when that is not sure."""
        for _ in range(TRIES):
            slot = await self.server.read("Slot", order.slot)
            if not slot.good or not self._is_held(slot, order):
                return True
            others = [
                one
                for one in parts(slot.resource, "identifier")
                if text(one, "system") != self.settings.visit_system
            ]
            changed = {**slot.resource, "status": "free", "identifier": others}
            if not others:
                del changed["identifier"]
            answer = await self.server.update(changed, _version(slot))
            if answer.good:
                return True
            if answer.status not in CHANGED:
                return False
        return False

    async def _release_quietly(self, order: Order) -> None:
        """After a refusal: what is left held is freed when the visit's state is asked."""
        try:
            await self._release(order)
        except (Lost, Unavailable):
            return

    async def _cancelled(self, found: Resource, reason: str) -> bool:
        """Set an Appointment to cancelled; False when nobody knows. Raises Lost."""
        for _ in range(TRIES):
            changed = {**found, "status": "cancelled", "cancelationReason": {"text": reason or "-"}}
            answer = await self.server.update(changed, text(found, "meta", "versionId"))
            if answer.status not in CHANGED:
                return answer.good
            again = await self.server.read("Appointment", text(found, "id"))
            if not again.good or _state(again.resource) is not VisitState.BOOKED:
                return again.good and _state(again.resource) is VisitState.CANCELLED
            found = again.resource
        return False

    async def _settled(self, order: Order, reference: str) -> Resource | None:
        """The Appointment, or None for good: none with this key can be made any more."""
        found = await self._found(order, reference)
        if found is not None:
            return None if self._is_mark(found) else found
        mark = {
            "resourceType": "Appointment",
            "status": "cancelled",
            "identifier": [{"system": self.settings.visit_system, "value": order.key}],
            "cancelationReason": {"text": "never booked"},
            "participant": [{"actor": {"display": "careline"}, "status": "declined"}],
        }
        answer = await self.server.create(mark, self._condition(order))
        if not answer.good:
            raise Lost
        return None if self._is_mark(answer.resource) else answer.resource

    def _is_mark(self, found: Resource) -> bool:
        """Whether it was made by :meth:`_settled`."""
        return text(found, "cancelationReason", "text") == "never booked"

    async def _found(self, order: Order, reference: str) -> Resource | None:
        """By our key, else by the server's id."""
        key = f"{self.settings.visit_system}|{order.key}"
        for one in await self.server.search("Appointment", [("identifier", key)]):
            if identifier(one, self.settings.visit_system) == order.key:
                return one
        if reference:
            answer = await self.server.read("Appointment", reference)
            if answer.good:
                return answer.resource
        return None

    def _appointment(self, order: Order, slot: Resource, patient: Resource) -> dict[str, Any]:
        who = {"reference": f"Patient/{text(patient, 'id')}", "display": order.person.name}
        participants: list[dict[str, Any]] = [{"actor": who, "status": "accepted"}]
        if order.doctor:
            doctor = {"reference": f"Practitioner/{order.doctor}"}
            participants.append({"actor": doctor, "status": "accepted"})
        if order.department:
            kind = self.settings.departments
            if kind == "HealthcareService":  # an Organization may not take part
                service = {"reference": f"{kind}/{order.department}"}
                participants.append({"actor": service, "status": "accepted"})
        return {
            "resourceType": "Appointment",
            "status": "booked",
            "identifier": [{"system": self.settings.visit_system, "value": order.key}],
            "start": text(slot, "start"),
            "end": text(slot, "end"),
            "slot": [{"reference": f"Slot/{order.slot}"}],
            "participant": participants,
        }

    def _condition(self, order: Order) -> str:
        return f"identifier={self.settings.visit_system}|{order.key}"

    def _turn(self, found: Resource) -> str:
        system = self.settings.turn_system
        return identifier(found, system) if system else ""

    def _is_free(self, slot: Answer) -> bool:
        return text(slot.resource, "status") == "free"

    def _is_held(self, slot: Answer, order: Order) -> bool:
        busy = text(slot.resource, "status") == "busy"
        return busy and identifier(slot.resource, self.settings.visit_system) == order.key


def _version(answer: Answer) -> str:
    if not answer.version:
        raise bad(f"{name_of(answer.resource)}: no version, so that nothing could be booked once")
    return answer.version


def _state(found: Resource) -> VisitState:
    status = text(found, "status")
    if status not in STATES:
        raise bad(f"{name_of(found)}: unknown status {status[:30]!r}")
    return STATES[status]
