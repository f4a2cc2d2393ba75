"""One record: seen, made, changed, its past, its export and its end."""

from __future__ import annotations

import json
from typing import Any

from attrs import evolve

from careline.calls.model import CallRecord
from careline.errors import CarelineError, Invalid, NotFound
from careline.i18n import Text
from careline.numbers import parse_phone
from careline.numbers.phone import masked
from careline.pages.patients.desk import PatientDesk
from careline.pages.patients.form import (
    NEW,
    About,
    criteria_from,
    placed,
    read_record,
    rows_of,
    state_of,
    typed_state,
)
from careline.pages.patients.shown import CATEGORIES, SEXES, choices, shown
from careline.patients import duplicates, merging, store
from careline.patients.fields import FieldKind, active
from careline.patients.model import Patient, PatientPhone
from careline.web import (
    Answer,
    Download,
    Empty,
    FormState,
    Fragment,
    Page,
    Redirect,
    Visit,
    get,
    post,
)
from careline.web.toast import toast

VIEW, EDIT = "patients.view", "patients.edit"
MOST_PICKED = 6


class RecordRoutes:
    """Routes of single records."""

    def __init__(self, desk: PatientDesk) -> None:
        self._desk = desk
        self._patients = desk.patients

    @get("/patients/<int:patient_id>", permission=VIEW)
    async def show(self, visit: Visit, patient_id: int) -> Answer:
        """The record; who looked is written down. A merged one leads to where it went."""
        patient = await self._known(visit, patient_id)
        if patient.merged_into:
            now = await self._desk.db.run(store.current_id, patient_id)
            return Redirect(f"/patients/{now}")
        about = await self._desk.about(visit)
        await visit.audit("patient.view", kind="patient", whose=str(patient_id))
        values = {
            "patient": shown(patient, visit, about.fields, about.campuses),
            "twins": await self._twins(visit, patient),
            "merges": await self._desk.db.run(merging.merges_of, patient_id),
            "may_reveal": visit.may("patients.reveal"),
        }
        return Page("patients/record.html", values, title=patient.name)

    async def _known(self, visit: Visit, patient_id: int) -> Patient:
        """The record; an id that is none is written down, since somebody may be trying."""
        try:
            return await self._patients.get(patient_id)
        except NotFound:
            await visit.audit("patient.unknown", kind="patient", whose=str(patient_id))
            raise

    async def _twins(self, visit: Visit, patient: Patient) -> list[Any]:
        found = await self._desk.db.run(duplicates.like, patient)
        return [shown(one, visit) for one in found]

    # New and changed

    @get("/patients/new", permission=EDIT)
    async def new(self, visit: Visit) -> Answer:
        """An empty form, with the caller's number when a call is named."""
        patient = evolve(NEW, name=visit.args.get("name", "")[:64])
        about = await self._desk.about(visit)
        return self._form(visit, patient, about, state_of(patient, about, visit))

    @post("/patients/new", permission=EDIT)
    async def add(self, visit: Visit) -> Answer:
        """Store a new record; likely duplicates are shown first, once."""
        about = await self._desk.about(visit)
        form = typed_state(visit)
        try:
            patient = read_record(visit, NEW, about)
            twins = [] if visit.form.get("sure") else await self._twins(visit, patient)
            if twins:
                return self._form(visit, NEW, about, form, twins=twins)
            stored = await self._patients.add(patient)
        except CarelineError as error:
            return self._form(visit, NEW, about, form.with_error(placed(error, about, NEW)))
        await visit.audit("patient.added", kind="patient", whose=str(stored.id))
        text = Text("record of {name} stored", {"name": stored.name})
        return Redirect(f"/patients/{stored.id}", headers={"HX-Trigger": toast(visit, text)})

    @get("/patients/<int:patient_id>/edit", permission=EDIT)
    async def edit(self, visit: Visit, patient_id: int) -> Answer:
        """The form of a record, its numbers masked: left as they are they stay."""
        patient = await self._known(visit, patient_id)
        await visit.audit("patient.view", kind="patient", whose=str(patient_id))
        about = await self._desk.about(visit)
        return self._form(visit, patient, about, state_of(patient, about, visit))

    @post("/patients/<int:patient_id>/edit", permission=EDIT)
    async def change(self, visit: Visit, patient_id: int) -> Answer:
        """Store what was changed."""
        before = await self._known(visit, patient_id)
        about = await self._desk.about(visit)
        form = typed_state(visit)
        patient = before
        try:
            patient = read_record(visit, before, about)
            stored = await self._patients.change(patient)
        except CarelineError as error:
            wrong = form.with_error(placed(error, about, patient))
            return self._form(visit, before, about, wrong)
        what = ", ".join(changes(before, stored))
        await visit.audit("patient.changed", kind="patient", whose=str(patient_id), what=what)
        text = toast(visit, Text("record of {name} stored", {"name": stored.name}))
        return Redirect(f"/patients/{patient_id}", headers={"HX-Trigger": text})

    def _form(
        self,
        visit: Visit,
        patient: Patient,
        about: About,
        form: FormState,
        twins: list[Any] | None = None,
    ) -> Page:
        typed = [name for name in form.typed if name.startswith("phone_") and form.value(name)]
        values = {
            "patient": shown(patient, visit) if patient.id else None,
            "form": form,
            "phones": range(max(rows_of(patient), len(typed) + 1)),
            "campuses": about.campuses,
            "fields": [(one, kind_of(one.kind), _options(one)) for one in active(about.fields)],
            "sexes": choices(visit, SEXES),
            "categories": _categories(visit, patient),
            "twins": twins or [],
        }
        title = Text("New patient") if not patient.id else patient.name
        status = 200 if form.ok and not twins else 422
        return Page("patients/edit.html", values, title=title, status=status)

    # In the middle of a call

    @post("/patients/quick", permission=EDIT)
    async def quick(self, visit: Visit) -> Answer:
        """A new record for the caller of a call, in the same panel; the call is linked to it."""
        call = self.call_of(visit, visit.form.get("call", ""))
        about = await self._desk.about(visit)
        form = typed_state(visit)
        try:
            patient = read_record(visit, NEW, about)
            number = call.number or call.caller
            if number:
                e164 = parse_phone(number, about.area_code).e164
                own = PatientPhone(e164, visit.form.get("owner", "").strip(), preferred=True)
                patient = evolve(patient, phones=(own,))
            stored = await self._patients.add(patient)
        except CarelineError as error:
            values = self.quick_values(visit, call, form.with_error(placed(error, about, NEW)))
            return Fragment("patients/quick.html", values, status=422)
        await self._desk.linking.link(call.id, stored.id)
        await visit.audit("patient.added", kind="patient", whose=str(stored.id), what=call.id)
        return Empty(trigger="retry")

    def quick_values(self, visit: Visit, call: CallRecord, form: FormState) -> dict[str, Any]:
        """Variables of the small form."""
        return {
            "call": call.id,
            "number": masked(call.number),
            "form": form,
            "sexes": choices(visit, SEXES),
        }

    def call_of(self, visit: Visit, call_id: str) -> CallRecord:
        """An open call that is this visitor's business, else NotFound."""
        call = self._desk.call(call_id)
        if call is None:
            raise NotFound("call.unknown", "there is no call {call}", call=call_id)
        self._needs(visit, call)
        return call

    async def known_call(self, visit: Visit, call_id: str) -> CallRecord:
        """A call, open or over, that is this visitor's business, else NotFound."""
        call = self._desk.call(call_id) or (await self._desk.find(call_id)).record
        self._needs(visit, call)
        return call

    def _needs(self, visit: Visit, call: CallRecord) -> None:
        if not self._desk.sees(visit.user.agent, call):
            visit.need("calls.view", self._desk.subject(call.agents[-1] if call.agents else ""))

    @get("/patients/pick", permission=EDIT, quiet=True)
    async def pick(self, visit: Visit) -> Answer:
        """Records that the caller of a call may have, found while the agent types."""
        criteria = criteria_from({"q": visit.args.get("q", "")})
        found = await self._patients.search(criteria, MOST_PICKED)
        values = {
            "found": [shown(one, visit) for one in found.patients],
            "call": visit.args.get("call", "")[:64],
            "asked": not criteria.is_empty,
        }
        return Fragment("patients/pick.html", values)

    @post("/patients/<int:patient_id>/link", permission=EDIT)
    async def link(self, visit: Visit, patient_id: int) -> Answer:
        """Say who is on the phone: one of several, or somebody who was searched for.

        With ``number`` the caller's number is put into the record, to be known the next time.
        """
        call = self.call_of(visit, visit.form.get("call", ""))
        if visit.form.get("number"):
            await self._put_number(visit, patient_id, call.number or call.caller)
        await self._desk.linking.link(call.id, patient_id)
        await visit.audit("patient.linked", kind="patient", whose=str(patient_id), what=call.id)
        return Empty(trigger="retry")

    async def _put_number(self, visit: Visit, patient_id: int, number: str) -> None:
        patient = await self._patients.get(patient_id)
        try:
            e164 = parse_phone(number, (await self._desk.about(visit)).area_code).e164
        except Invalid:
            return  # withheld, or nothing that could be called
        if e164 not in {phone.number for phone in patient.phones}:
            phone = PatientPhone(e164, preferred=not patient.phones)
            await self._patients.change(evolve(patient, phones=(*patient.phones, phone)))
            await visit.audit(
                "patient.changed", kind="patient", whose=str(patient_id), what="phones"
            )

    @post("/patients/<int:patient_id>/unlink", permission=EDIT)
    async def unlink(self, visit: Visit, patient_id: int) -> Answer:
        """It is somebody else after all."""
        call = self.call_of(visit, visit.form.get("call", ""))
        await self._desk.linking.unlink(call.id, patient_id)
        await visit.audit("patient.unlinked", kind="patient", whose=str(patient_id), what=call.id)
        return Empty(trigger="retry")

    # Leaving

    @post("/patients/<int:patient_id>/export", permission="patients.export")
    async def export(self, visit: Visit, patient_id: int) -> Answer:
        """All that is kept of one patient, for the patient's own request."""
        patient = await self._known(visit, patient_id)
        whole = await self._patients.export(patient.id)
        why = visit.form.get("reason", "")
        await visit.audit("patient.exported", kind="patient", whose=str(patient_id), why=why)
        body = json.dumps(whole, ensure_ascii=False, indent=2, default=str).encode()
        return Download(f"patient-{patient_id}.json", "application/json", body)

    @post("/patients/<int:patient_id>/erase", permission="patients.erase")
    async def erase(self, visit: Visit, patient_id: int) -> Answer:
        """Erase a record, here and in all plugins; this cannot be undone."""
        await self._patients.erase(patient_id)
        why = visit.form.get("reason", "")
        await visit.audit("patient.erased", kind="patient", whose=str(patient_id), why=why)
        text = toast(visit, Text("the record is erased"))
        return Redirect("/patients", headers={"HX-Trigger": text})


def changes(before: Patient, after: Patient) -> list[str]:
    """Names of the fields that differ: the audit log needs no values."""
    names = ("name", "pinyin", "sex", "birth_date", "id_card", "address", "insurance", "category",
             "note", "phones", "numbers", "tags", "fields")  # fmt: skip
    return [name for name in names if getattr(before, name) != getattr(after, name)]


def kind_of(kind: FieldKind) -> str:
    """The kind of form field for a custom field."""
    return {FieldKind.CHOICE: "select", FieldKind.DATE: "date"}.get(kind, "text")


def _options(one: Any) -> list[tuple[str, str]]:
    return [("", "–"), *((choice, choice) for choice in one.choices)]


def _categories(visit: Visit, patient: Patient) -> list[tuple[str, str]]:
    found = choices(visit, CATEGORIES)
    known = [value for value, _ in found]
    return found if patient.category in known else [*found, (patient.category,) * 2]
