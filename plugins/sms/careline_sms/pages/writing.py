"""``/sms/new``: one message by hand, from a template or free, and the same beside a call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from attrs import evolve, frozen

from careline.errors import CarelineError, Invalid, NotFound
from careline.i18n import Text
from careline.numbers.phone import masked
from careline.patients.model import Patient
from careline.web import Answer, Empty, FormState, Fragment, Page, Redirect, Visit, get, post, toast
from careline_sms.book.store import list_contacts
from careline_sms.groups.recipients import mobile
from careline_sms.groups.service import due_of, filled
from careline_sms.model import New, Wanted
from careline_sms.occasions.words import hospital
from careline_sms.pages import words
from careline_sms.pages.eyes import SEND, Eyes
from careline_sms.services import Services
from careline_sms.templating.model import Preview

TITLE = Text("Write a message")
PURPOSE = "notice"
SHOWN = 8
LONGEST_VALUE = 200
#: Texts that no person writes: they need a visit behind them.
OF_THE_HOUSE = frozenset({"booking", "reminder", "stop", "offer", "greeting"})


@frozen
class Writing:
    """Routes and the panels beside calls and patients."""

    services: Services
    eyes: Eyes

    @get("/sms/new", permission=SEND)
    async def new(self, visit: Visit) -> Answer:
        """An empty form, for ``patient`` where one is given."""
        patient = await self._patient(visit, visit.args.get("patient", ""))
        number = patient.preferred_phone if patient else ""
        if patient is not None:
            await visit.audit("patient.view", kind="patient", whose=str(patient.id), what="sms")
        typed = {"patient": str(patient.id) if patient else "", "key": uuid4().hex}
        form = FormState.of(None, visit.language, **typed)
        return await self._page(visit, form, patient, masked(number) if number else "")

    async def _page(
        self, visit: Visit, form: FormState, patient: Patient | None, number: str
    ) -> Answer:
        contacts = await self.services.core.db.run(list_contacts) if visit.may("sms.book") else []
        values = {
            "form": form,
            "patient": patient,
            "number": number,
            "contacts": contacts,
            **self._choices(visit),
            **self._words(visit, form, patient),
        }
        status = 422 if form.errors or form.general else 200
        return Page("sms/new.html", values, title=TITLE, status=status)

    def _choices(self, visit: Visit) -> dict[str, Any]:
        """Templates that people use."""
        usable = [one for one in self.services.templates.all if one.purpose not in OF_THE_HOUSE]
        return {
            "templates": [("", visit._("free text"))]
            + [(one.name, visit.text(Text(one.title))) for one in usable]
        }

    def _words(self, visit: Visit, form: FormState, patient: Patient | None) -> dict[str, Any]:
        """The fields of the chosen template and what the patient will read."""
        name, language = form.value("template"), form.value("language") or "zh"
        known = {one.name: one for one in self.services.templates.all}
        text = known[name].text(language) if name in known else form.value("text")
        variables = self.services.templates.variables(text)
        values = self._values(form, patient, language)
        preview: Preview | None = None
        if text:
            preview = self.services.templates.preview(text, {**values, **_gaps(variables, values)})
            missing = tuple(one for one in variables if not values.get(one))
            preview = evolve(preview, missing=missing)
        return {
            "free": name not in known,
            "variables": variables,
            "values": values,
            "variable": words.variable,
            "preview": preview,
            "money": words.money,
        }

    def _values(self, form: FormState, patient: Patient | None, language: str) -> dict[str, str]:
        typed = {
            name.removeprefix("v-"): next(iter(texts), "").strip()[:LONGEST_VALUE]
            for name, texts in form.typed.items()
            if name.startswith("v-")
        }
        campus = next(iter(self.services.core.campuses.directory.campuses), "")
        known = {
            "name": patient.name if patient else "",
            "hospital": hospital(self.services.core, self.services.config, campus, language),
        }
        return {name: text for name, text in {**known, **typed}.items() if text}

    @post("/sms/words", permission=SEND)
    async def words(self, visit: Visit) -> Answer:
        """The fields of another template."""
        form = _typed(visit)
        patient = await self._patient(visit, form.value("patient"))
        values = {"form": form, **self._words(visit, form, patient)}
        return Fragment("sms/words_of.html", values)

    @post("/sms/preview", permission=SEND)
    async def preview(self, visit: Visit) -> Answer:
        """What would be sent, as it is typed."""
        form = _typed(visit)
        patient = await self._patient(visit, form.value("patient"))
        return Fragment("sms/preview.html", self._words(visit, form, patient))

    @post("/sms/new", permission=SEND)
    async def send(self, visit: Visit) -> Answer:
        """Put it; what is wrong stands in the form."""
        form = _typed(visit)
        patient = await self._patient(visit, form.value("patient"))
        try:
            new = self._checked(await self._new(visit, form, patient))
            message = await self.services.core.db.run(self.services.messages.put, new)
        except CarelineError as error:
            number = masked(patient.preferred_phone) if patient else ""
            return await self._page(visit, form.with_error(error), patient, number)
        await visit.audit("sms.sent", kind="sms", whose=str(message), what=new.template or "text")
        return Redirect(f"/sms/messages/{message}")

    async def _new(
        self, visit: Visit, form: FormState, patient: Patient | None, call: str = ""
    ) -> New:
        """What was typed as a message; the key of the form makes sending it twice one message."""
        known = {one.name: one.purpose for one in self.services.templates.all}
        if known.get(form.value("template")) in OF_THE_HOUSE:
            raise Invalid("sms.template", "This template cannot be used here.")
        to = await self._to(form, patient)
        made = self._words(visit, form, patient)
        now = self.services.core.clock.now()
        new = New(
            key=f"hand:{visit.user.login}:{form.value('key')[:32] or uuid4().hex}",
            to=to,
            patient=patient.id if patient else 0,
            language=form.value("language") or "zh",
            purpose=PURPOSE,
            by=visit.user.login,
            call=call,
            not_before=due_of(form.value("due"), visit.zone, now),
        )
        if not made["free"]:
            return evolve(new, template=form.value("template"), values=made["values"])
        text = form.value("text").strip()
        if not text:
            raise Invalid("sms.text", "Please fill this in.")
        return evolve(new, text=filled(text, made["values"]))

    def _checked(self, new: New) -> New:
        """The same, if it can be sent."""
        problems = self.services.messages.problems(new)
        if problems:
            raise Invalid("sms.message", "This message cannot be sent.", problems=problems)
        return new

    async def _to(self, form: FormState, patient: Patient | None) -> str:
        typed = form.value("to")
        if not typed and patient is not None:
            return _mobile_of(patient)
        number = mobile(typed)
        if number:
            return number
        for one in await self.services.core.db.run(list_contacts, typed) if typed else ():
            if one.name == typed:
                return str(one.number)
        raise Invalid("sms.to", "Please give a mobile number.")

    async def _patient(self, visit: Visit, text: str) -> Patient | None:
        """The patient meant, if the visitor may see patients."""
        if not (text.isascii() and text.isdigit() and len(text) < 18):
            return None
        visit.need("patients.view")
        try:
            found: Patient = await self.services.core.patients.get(int(text))
        except NotFound:
            return None
        return found

    # Beside a call

    async def beside(self, visit: Visit) -> Mapping[str, Any]:
        """Messages of who is on the phone, and a form for one more."""
        call = visit.args.get("call", "")
        people = await self.eyes.patients(visit, call)
        person = people[0] if len(people) == 1 else None
        caller = mobile(self.eyes.caller(call))
        to = (_mobile_or_none(person) if person else "") or caller
        form = FormState.of(None, visit.language, key=uuid4().hex)
        return {
            "call": call,
            "person": person,
            "number": masked(to) if to else "",
            "messages": await self._of(person.id if person else 0, to),
            "form": form,
            **self._choices(visit),
            **self._words(visit, form, person),
            **_shown(visit),
        }

    @post("/sms/calls/<call_id>", permission=SEND)
    async def send_beside(self, visit: Visit, call_id: str) -> Answer:
        """Put one for who is on the phone."""
        people = await self.eyes.patients(visit, call_id)
        person = people[0] if len(people) == 1 else None
        form = _typed(visit)
        to = (_mobile_or_none(person) if person else "") or mobile(self.eyes.caller(call_id))
        typed = {**form.typed, "to": [form.value("to") or to]}
        new = await self._new(visit, evolve(form, typed=typed), person, call_id)
        ours = {mobile(self.eyes.caller(call_id)), *(n for one in people for n in _mobiles(one))}
        if new.to not in ours or new.not_before is not None:
            new = evolve(new, call="")  # not said in the call: the house's rules hold
        new = self._checked(new)
        message = await self.services.core.db.run(self.services.messages.put, new)
        await visit.audit("sms.sent", kind="sms", whose=str(message), what=new.template or "text")
        return Empty(trigger=toast(visit, Text("The message is on its way.")))

    @post("/sms/calls/<call_id>/words", permission=SEND)
    async def words_beside(self, visit: Visit, call_id: str) -> Answer:
        """The fields of another template, beside a call."""
        people = await self.eyes.patients(visit, call_id)
        form = _typed(visit)
        person = people[0] if len(people) == 1 else None
        return Fragment("sms/words_of.html", {"form": form, **self._words(visit, form, person)})

    @get("/sms/calls/<call_id>/messages", permission=SEND)
    async def messages_beside(self, visit: Visit, call_id: str) -> Answer:
        """Messages of who is on the phone, as they change; what is being typed stays."""
        people = await self.eyes.patients(visit, call_id)
        person = people[0] if len(people) == 1 else None
        to = (_mobile_or_none(person) if person else "") or mobile(self.eyes.caller(call_id))
        found = await self._of(person.id if person else 0, to)
        return Fragment("sms/messages_of.html", {"messages": found, **_shown(visit)})

    async def of_patient(self, visit: Visit) -> Mapping[str, Any]:
        """Messages of a patient, on the patient's page."""
        patient = await self._patient(visit, visit.args.get("patient", ""))
        number = patient.id if patient else 0
        return {
            "patient": number,
            "messages": await self._of(number, ""),
            **_shown(visit),
        }

    async def _of(self, patient: int, number: str) -> Any:
        if not patient and not number:
            return ()
        wanted = Wanted(patient=patient) if patient else Wanted(number=number)
        found, _ = await self.services.messages.listed(wanted, 0, SHOWN)
        return found


def _shown(visit: Visit) -> dict[str, Any]:
    return {
        "state_of": lambda one: words.state_of(one, visit.now),
        "purpose": words.purpose,
    }


def _typed(visit: Visit) -> FormState:
    names = ("to", "patient", "template", "language", "text", "due", "key", "call")
    typed = {name: [visit.form.get(name, "").strip()[:2000]] for name in names}
    typed |= {
        name: [text.strip()[:LONGEST_VALUE]]
        for name, text in visit.form.items()
        if name.startswith("v-") and len(name) < 40
    }
    return FormState(typed, language=visit.language)


def _gaps(variables: tuple[str, ...], values: Mapping[str, str]) -> dict[str, str]:
    """Variables without a value stay visible in the preview."""
    return {name: f"［{name}］" for name in variables if not values.get(name)}


def _mobiles(patient: Patient) -> list[str]:
    numbers = [patient.preferred_phone, *(one.number for one in patient.phones)]
    return [found for one in numbers if one and (found := mobile(one))]


def _mobile_or_none(patient: Patient) -> str:
    return next(iter(_mobiles(patient)), "")


def _mobile_of(patient: Patient) -> str:
    number = _mobile_or_none(patient)
    if not number:
        raise Invalid("sms.to", "This patient has no mobile number.")
    return number
