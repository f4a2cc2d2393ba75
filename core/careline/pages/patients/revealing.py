"""``POST /reveal``: a masked value whole, once, with a reason that is kept."""

from __future__ import annotations

from careline.errors import Invalid, NotFound
from careline.numbers.phone import Phone, PhoneKind
from careline.pages.patients.desk import PatientDesk
from careline.pages.patients.records import RecordRoutes
from careline.patients.model import Patient
from careline.web import Answer, Json, Visit, post

SHORTEST_REASON = 2


class RevealRoutes:
    """Numbers, id cards and addresses of patients, and numbers of callers."""

    def __init__(self, desk: PatientDesk, records: RecordRoutes) -> None:
        self._desk = desk
        self._records = records

    @post("/reveal", permission="patients.reveal")
    async def reveal(self, visit: Visit) -> Answer:
        """``kind`` patient (``field`` phone:0, id_card, address) or call (``field`` number)."""
        reason = visit.form.get("reason", "").strip()
        if len(reason) < SHORTEST_REASON:
            raise Invalid("reveal.reason", "Say why you need to see it.")
        kind, one, field = (visit.form.get(name, "")[:64] for name in ("kind", "id", "field"))
        value, whose = await self._value(visit, kind, one, field)
        await visit.audit(
            f"{kind}.reveal", kind=kind, whose=whose, what=field.partition(":")[0], why=reason
        )
        return Json({"value": value})

    async def _value(self, visit: Visit, kind: str, one: str, field: str) -> tuple[str, str]:
        if kind == "call" and field == "number":
            call = self._records.call_of(visit, one)
            return dialled(call.number or call.caller), one
        if kind == "patient" and one.isascii() and one.isdigit() and len(one) < 16:
            patient = await self._desk.patients.get(int(one))
            return whole(patient, field), one
        raise NotFound("reveal.unknown", "there is nothing of that kind")


def whole(patient: Patient, field: str) -> str:
    """A field as it is stored, numbers as they are dialled."""
    name, _, place = field.partition(":")
    if name == "phone" and place.isascii() and place.isdigit() and len(place) < 3:
        phones = patient.phones[int(place) : int(place) + 1]
        if phones:
            return dialled(phones[0].number)
    if name in ("id_card", "address"):
        return str(getattr(patient, name))
    raise NotFound("reveal.unknown", "there is nothing of that kind")


def dialled(number: str) -> str:
    """A number as people of its country write it."""
    mobile = number.startswith("+861") and len(number) == 14
    return Phone(number, PhoneKind.MOBILE if mobile else PhoneKind.FIXED).national
