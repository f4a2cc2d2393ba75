"""Panels: who is calling, what was before, and the whole past of a patient."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from careline.calls.model import CallRecord, Direction
from careline.clock import TimeoutError
from careline.errors import CarelineError, NotFound
from careline.hooks import Panel, Slot, TimelineEntry
from careline.numbers import parse_phone
from careline.pages.patients.desk import PatientDesk
from careline.pages.patients.form import NEW, state_of
from careline.pages.patients.records import RecordRoutes
from careline.pages.patients.shown import DIRECTIONS, ICONS, OUTCOMES, shown
from careline.patients.history import PatientCall, last_calls
from careline.patients.model import Patient
from careline.web import Visit

VIEW = "patients.view"
LAST_CALLS = 3
REMEMBERED = 5_000
#: A caller's place is no reason to wait for.
PLACE_S = 0.5


class PatientPanels:
    """What patients contribute to the pages of calls and of patients."""

    def __init__(self, desk: PatientDesk, records: RecordRoutes) -> None:
        self._desk = desk
        self._records = records
        self._looked: OrderedDict[tuple[str, str, int], None] = OrderedDict()

    def panels(self) -> list[Panel]:
        """Two beside a call, one on the page of a patient."""
        return [
            Panel(
                name="patients_who",
                title="Who is calling",
                slot=Slot.CALL,
                template="patients/who.html",
                view=self.who,
                permission=VIEW,
                refresh_on=("call_changed",),
                order=10,
            ),
            Panel(
                name="patients_history",
                title="What was before",
                slot=Slot.CALL,
                template="patients/timeline.html",
                view=self.history,
                permission=VIEW,
                refresh_on=("call_changed",),
                order=20,
            ),
            Panel(
                name="patients_timeline",
                title="Timeline",
                slot=Slot.PATIENT,
                template="patients/timeline.html",
                view=self.timeline,
                permission=VIEW,
                refresh_on=("patient_changed",),
                order=10,
            ),
        ]

    async def who(self, visit: Visit) -> Mapping[str, Any]:
        """The patients whom the caller's number fits, the likeliest first; none is guessed."""
        call = await self._records.known_call(visit, visit.args.get("call", ""))
        patients = await self._ranked(call)
        about = await self._desk.about(visit)
        for one in patients:
            await self._note(visit, call.id, one.id)
        known = [shown(one, visit, about.fields, about.campuses) for one in patients]
        last = {
            one.id: [self._line(visit, line) for line in await self._calls(one.id, call)]
            for one in patients
        }
        state = state_of(NEW, about, visit)
        return {
            **self._records.quick_values(visit, call, state),
            "patients": known,
            "last": last,
            "origin": await self._origin(visit, call),
            "direction": DIRECTIONS[call.direction].to(visit.language),
            "vip": call.vip,
            "may_edit": visit.may("patients.edit"),
            "may_reveal": visit.may("patients.reveal"),
            "inbound": call.direction is Direction.INBOUND,
        }

    async def _note(self, visit: Visit, call: str, patient: int) -> None:
        """Write down a look once for each call: the panel loads itself again at each change."""
        key = (visit.session.id if visit.session else "", call, patient)
        if key not in self._looked:
            await visit.audit("patient.view", kind="patient", whose=str(patient), what=call)
        self._looked[key] = None
        self._looked.move_to_end(key)
        while len(self._looked) > REMEMBERED:
            self._looked.popitem(last=False)

    async def _ranked(self, call: CallRecord) -> list[Patient]:
        """Whose preferred number it is first, then who called last."""
        patients = await self._desk.patients.several(call.patients)
        last = await self._desk.db.run(last_calls, [one.id for one in patients])

        def rank(one: Patient) -> tuple[Any, ...]:
            called = last.get(one.id)
            preferred = one.preferred_phone == call.number
            return not preferred, called is None, -called.timestamp() if called else 0, one.id

        return sorted(patients, key=rank)

    async def _calls(self, patient_id: int, now: CallRecord) -> list[PatientCall]:
        found = await self._desk.patients.calls(patient_id, LAST_CALLS + 1)
        return [one for one in found if one.id != now.id][:LAST_CALLS]

    async def _origin(self, visit: Visit, call: CallRecord) -> str:
        try:
            phone = parse_phone(call.number or call.caller)
        except CarelineError:
            return ""
        try:
            known = self._desk.linking.clock.within(PLACE_S, self._desk.places.origin(phone))
            origin = await known
        except TimeoutError:
            return ""
        zh = visit.language == "zh"
        parts = (origin.zh, origin.carrier_zh) if zh else (origin.en, origin.carrier_en)
        return " ".join(part for part in parts if part)

    async def history(self, visit: Visit) -> Mapping[str, Any]:
        """The past of the patient on the phone, once it is known who that is."""
        call = await self._records.known_call(visit, visit.args.get("call", ""))
        if len(call.patients) != 1:
            return {"lines": [], "missing": [], "unknown": True, "call": call.id}
        return await self._timeline(visit, call.patients[0], call.id)

    async def timeline(self, visit: Visit) -> Mapping[str, Any]:
        """Everything that is known of a patient, newest first."""
        text = visit.args.get("patient", "")
        if not (text.isascii() and text.isdigit() and len(text) < 16):
            raise NotFound("patient.unknown", "there is no such patient")
        await self._desk.patients.get(int(text))
        return await self._timeline(visit, int(text))

    async def _timeline(self, visit: Visit, patient_id: int, now: str = "") -> Mapping[str, Any]:
        """All lines but that of the call ``now``."""
        told = await self._desk.patients.timeline(patient_id)
        lines = [
            self._line(visit, line)
            for line in told.lines
            if not (isinstance(line, PatientCall) and line.id == now)
        ]
        return {"lines": lines, "missing": sorted(told.missing), "unknown": False}

    def _line(self, visit: Visit, line: PatientCall | TimelineEntry) -> dict[str, Any]:
        """One line in words."""
        if isinstance(line, TimelineEntry):
            return {
                "at": line.at,
                "title": visit.text(line.title),
                "detail": line.detail,
                "icon": "circle-dot",
                "tone": "",
                "href": line.link if line.link.startswith("/") else "",
            }
        outcome = OUTCOMES[line.outcome].to(visit.language)
        what = DIRECTIONS[line.direction].to(visit.language)
        about = line.disposition and self._desk.disposition(line.disposition, visit.language)
        details = [about, line.agent and self._desk.agent(line.agent), line.note]
        unsure = [] if line.sure else [visit._("perhaps: others have this number too")]
        return {
            "at": line.at,
            "title": visit._("{what}, {outcome}", what=what, outcome=outcome),
            "detail": " · ".join(part for part in (*details, *unsure) if part),
            "icon": ICONS[line.direction],
            "tone": "warn" if line.outcome.value in ("abandoned", "unanswered") else "",
            "href": f"/call/{line.id}",
        }
