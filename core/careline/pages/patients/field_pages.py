"""Custom fields (自定义字段): what a hospital wants to know of its patients beyond our record."""

from __future__ import annotations

from attrs import frozen

from careline.errors import CarelineError
from careline.i18n import Text
from careline.pages.patients.desk import PatientDesk
from careline.patients.fields import CustomField, FieldKind
from careline.patients.rows import SEPARATORS
from careline.web import Answer, FormState, Page, Redirect, Visit, get, post, read
from careline.web.toast import toast

EDIT = "settings.edit"
KINDS = {
    FieldKind.TEXT: Text("text"),
    FieldKind.NUMBER: Text("number"),
    FieldKind.DATE: Text("date"),
    FieldKind.CHOICE: Text("choice of a list"),
}


@frozen
class FieldForm:
    """One custom field."""

    name: str
    title: str
    kind: FieldKind = FieldKind.TEXT
    choices: str = ""
    required: bool = False
    active: bool = False
    place: int = 0


class FieldRoutes:
    """Routes of ``/patients/fields``."""

    def __init__(self, desk: PatientDesk) -> None:
        self._patients = desk.patients

    @get("/patients/fields", permission=EDIT)
    async def show(self, visit: Visit) -> Answer:
        """All fields; one of them, named in the address, in the form."""
        wanted = visit.args.get("name", "")
        known = {one.name: one for one in await self._patients.fields()}
        form = _state(known[wanted], visit) if wanted in known else None
        return await self._page(visit, form, wanted if wanted in known else "")

    async def _page(self, visit: Visit, form: FormState | None, editing: str = "") -> Answer:
        fields = await self._patients.fields()
        values = {
            "fields": [(one, KINDS[one.kind].to(visit.language)) for one in fields],
            "kinds": [(kind.value, text.to(visit.language)) for kind, text in KINDS.items()],
            "form": form,
            "editing": editing,
        }
        status = 422 if form is not None and not form.ok else 200
        return Page("patients/fields.html", values, title=Text("Custom fields"), status=status)

    @post("/patients/fields", permission=EDIT)
    async def put(self, visit: Visit) -> Answer:
        """Add a field or change it."""
        value, form = read(visit, FieldForm)
        if value is None:
            return await self._page(visit, form, visit.form.get("editing", ""))
        chosen = (part.strip() for part in SEPARATORS.split(value.choices))
        field = CustomField(
            name=value.name.strip(),
            title=value.title.strip(),
            kind=value.kind,
            required=value.required,
            choices=tuple(dict.fromkeys(part for part in chosen if part)),
            place=value.place,
            active=value.active,
        )
        try:
            await self._patients.put_field(field)
        except CarelineError as error:
            return await self._page(visit, form.with_error(error), visit.form.get("editing", ""))
        await visit.audit("field.changed", kind="field", whose=field.name, what=field.kind.value)
        text = toast(visit, Text("field “{title}” is stored", {"title": field.title}))
        return Redirect("/patients/fields", headers={"HX-Trigger": text})

    @post("/patients/fields/<name>/remove", permission=EDIT)
    async def remove(self, visit: Visit, name: str) -> Answer:
        """Remove a field that nobody has a value of."""
        await self._patients.remove_field(name)
        await visit.audit("field.removed", kind="field", whose=name)
        return Redirect("/patients/fields")


def _state(one: CustomField, visit: Visit) -> FormState:
    return FormState.of(one, visit.language, choices=", ".join(one.choices))
