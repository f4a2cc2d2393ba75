"""A discharge, or a planned operation, that somebody writes down by hand."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from attrs import frozen

from careline.errors import CarelineError
from careline.i18n import Text
from careline.web import Answer, FormState, Page, Redirect, Visit, get, post
from careline_followup.cases.listed import case_of
from careline_followup.cases.model import Source
from careline_followup.pages.eyes import EDIT, campuses_seen, need_campus
from careline_followup.pages.words import campus_names
from careline_followup.services import Services

TITLE = Text("Add a patient")
#: As the columns of a list.
FIELDS = (
    *("name", "phone", "number", "id_card", "reference", "department", "ward", "bed", "doctor"),
    *("diagnosis", "operation", "left", "planned", "relative", "relative_phone"),
)


@frozen
class CasePages:
    """One form, read as a row of a list is."""

    services: Services

    @get("/followup/cases/new", permission=EDIT)
    async def new(self, visit: Visit) -> Answer:
        """An empty form."""
        return self._page(visit, FormState({}, language=visit.language))

    @post("/followup/cases", permission=EDIT)
    async def add(self, visit: Visit) -> Answer:
        """Take the patient in; who is known already is not taken in twice."""
        s = self.services
        typed: dict[str, Sequence[str]] = {
            name: [visit.form.get(name, "").strip()[:400]] for name in ("campus", *FIELDS)
        }
        form = FormState(typed, language=visit.language)
        campus = form.value("campus")
        need_campus(s.core, visit, campus, EDIT)
        zone = ZoneInfo(s.core.campuses.campus(campus).timezone)
        cells = {name: form.value(name) for name in FIELDS}
        try:
            case = case_of(cells, campus, zone, s.core.clock.now(), Source.HAND)
            stored = await s.cases.add(case)
        except CarelineError as error:
            return self._page(visit, form.with_error(error), 422)
        await visit.audit("followup.imported", kind="followup", whose=campus, what=str(stored.id))
        tasks = await s.tasks.of_case(stored.id)
        if not tasks:
            return self._page(visit, form, none=True)
        return Redirect(f"/followup/tasks/{tasks[0].id}")

    def _page(self, visit: Visit, form: FormState, status: int = 200, none: bool = False) -> Page:
        seen = campuses_seen(self.services.core, visit, EDIT)
        names = campus_names(self.services, visit)
        values = {
            "form": form,
            "campuses": [one for one in names.items() if not seen or one[0] in seen],
            "none": none,
        }
        return Page("followup/case.html", values, title=TITLE, status=status)
