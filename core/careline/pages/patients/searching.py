"""``/patients``: one box for anything, conditions beside it, searches to keep."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from careline.errors import CarelineError, Invalid
from careline.i18n import Text
from careline.pages.patients.desk import PatientDesk
from careline.pages.patients.form import criteria_from, link_of
from careline.pages.patients.shown import CATEGORIES, SEXES, choices, shown
from careline.patients import saved, store
from careline.patients.criteria import Criteria
from careline.patients.fields import FieldKind, active
from careline.patients.finding import MOST_SHOWN, Found
from careline.web import (
    Answer,
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

VIEW = "patients.view"
FRESH = timedelta(minutes=1)
SHARE = "patients.merge"
"""Shift leaders have it: they may share a search with all."""


class SearchRoutes:
    """Routes of the search page."""

    def __init__(self, desk: PatientDesk) -> None:
        self._desk = desk
        self._tags: tuple[datetime | None, list[str]] = (None, [])

    @get("/patients", permission=VIEW)
    async def search(self, visit: Visit) -> Answer:
        """The page, or for htmx its results alone as the user types."""
        values, status = await self._found(visit)
        searches = await self._desk.db.run(saved.list_searches, visit.user.id)
        tags = await self._known_tags(visit)
        values |= {
            "searches": [
                (one, f"/patients?{urlencode(link_of(one.criteria))}") for one in searches
            ],
            "tags": [("", visit._("any")), *((tag, tag) for tag in tags)],
            "may_share": visit.may(SHARE),
        }
        return Page("patients/search.html", values, title=Text("Patients"), status=status)

    async def _known_tags(self, visit: Visit) -> list[str]:
        """Tags to choose from, asked for once a minute: people type fast."""
        asked, tags = self._tags
        if asked is None or not asked <= visit.now < asked + FRESH:
            tags = await self._desk.db.run(store.used_tags)
            self._tags = visit.now, tags
        return tags

    async def _found(self, visit: Visit) -> tuple[dict[str, Any], int]:
        patients = self._desk.patients
        about = await self._desk.about(visit)
        typed = {name: [text] for name, text in visit.args.items()}
        form = FormState(typed, language=visit.language)
        criteria, found, status = Criteria(), Found(), 200
        try:
            criteria = criteria_from(visit.args)
            if criteria.is_empty:
                found = Found(tuple(await patients.newest()))
            else:
                found = await patients.search(criteria, MOST_SHOWN)
        except Invalid as error:
            form, status = _beside(form, error), 422
        values: dict[str, Any] = {
            "form": form,
            "criteria": criteria,
            "link": link_of(criteria),
            "found": [shown(one, visit, about.fields, about.campuses) for one in found.patients],
            "more": found.more,
            "recent": criteria.is_empty and status == 200,
            "fields": [(one, _options(visit, one)) for one in active(about.fields)],
            "sexes": choices(visit, SEXES, empty="any"),
            "categories": [("", visit._("any")), *choices(visit, CATEGORIES)[1:]],
            "narrowed": any(name not in ("q", "fields") for name in criteria_names(criteria)),
        }
        return values, status

    @get("/patients/outside", permission=VIEW, quiet=True)
    async def outside(self, visit: Visit) -> Answer:
        """Patients whom only the hospital's systems know, and which of them did not answer."""
        text = visit.args.get("q", "")[:100]
        found = await self._desk.patients.outside(text, visit.user.campus)
        values = {
            "found": [shown(one, visit) for one in found.patients],
            "missing": sorted(found.missing),
        }
        return Fragment("patients/outside.html", values)

    @post("/patients/searches", permission=VIEW)
    async def keep(self, visit: Visit) -> Answer:
        """Keep a search under a name; who may shares it."""
        criteria = criteria_from(visit.form)
        one = saved.SavedSearch(
            owner=visit.user.id,
            name=visit.form.get("save_as", ""),
            criteria=criteria,
            shared=visit.may(SHARE) and bool(visit.form.get("shared")),
        )
        path = f"/patients?{urlencode(link_of(criteria))}"
        try:
            kept = await self._desk.db.run(saved.save_search, one)
        except CarelineError as error:
            text = toast(visit, Text(error.message, dict(error.params)), "bad")
            return Empty(trigger=text)
        text = toast(visit, Text("search “{name}” is kept", {"name": kept.name}))
        return Redirect(path, headers={"HX-Trigger": text})

    @post("/patients/searches/<int:search_id>/remove", permission=VIEW)
    async def forget(self, visit: Visit, search_id: int) -> Answer:
        """Forget one of one's own searches."""
        await self._desk.db.run(saved.remove_search, search_id, visit.user.id)
        return Redirect("/patients")


def criteria_names(criteria: Criteria) -> list[str]:
    """Names of the conditions that are set; a custom field counts as one."""
    plain = criteria.plain()
    return ["q" if name == "text" else name for name in plain if name != "fields"] + [
        f"f_{name}" for name in plain.get("fields", {})
    ]


def _beside(form: FormState, error: CarelineError) -> FormState:
    """``search.fields.blood`` belongs beside ``f_blood``, ``search.text`` beside the box."""
    name = error.code.removeprefix("search.")
    field = f"f_{name.removeprefix('fields.')}" if name.startswith("fields.") else name
    params = {**error.params, "field": "q" if field == "text" else field}
    return form.with_error(type(error)(error.code, error.message, problems=(), **params))


def _options(visit: Visit, one: Any) -> list[tuple[str, str]]:
    if one.kind is not FieldKind.CHOICE:
        return []
    return [("", visit._("any")), *((choice, choice) for choice in one.choices)]
