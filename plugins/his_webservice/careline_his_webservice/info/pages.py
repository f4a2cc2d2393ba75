"""``/his/info`` and the tab beside a call: hospital information with its age, people covered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve

from careline.clinic import Table
from careline.clinic.his import Info
from careline.errors import CarelineError, Invalid, NotFound
from careline.i18n import Text
from careline.numbers.phone import masked
from careline.plugins import Core
from careline.web import Answer, FormState, Fragment, Page, PageEntry, Panel, Slot, Visit, get, post
from careline_his_webservice.calling.masking import masked_cell
from careline_his_webservice.campus import Campus
from careline_his_webservice.campuses import Campuses
from careline_his_webservice.info.kinds import KINDS, NEEDED
from careline_his_webservice.titles import campus_title

SEE = "his_webservice.info"
PATIENTS = "patients.view"
REVEAL = "patients.reveal"
TITLE = Text("Hospital information")
MENU = Text("Hospital info")  # fits below its picture in the menu
FIELDS = ("campus", "kind", "text", "day", "number")
LATEST_S = 35.0


class InfoPages:
    """Routes of ``/his/info`` and the panel of slot WORK."""

    def __init__(self, core: Core, campuses: Campuses) -> None:
        self._core = core
        self._campuses = campuses

    async def panel(self, visit: Visit) -> Mapping[str, Any]:
        """The choices beside a call; what is found is loaded by itself, however long it takes."""
        number = await self._number(visit)
        return {**self._choices(visit, _form(visit, {"number": number})), "look": False}

    @get("/his/info", permission=SEE, timeout=LATEST_S)
    async def show(self, visit: Visit) -> Answer:
        """The choices, and what was found when something was asked for."""
        values = self._choices(visit, _form(visit))
        if "kind" in visit.args:
            values |= await self._found(visit, visit.args)
        return Page("his_webservice/info.html", values, title=TITLE)

    @get("/his/info/found", permission=SEE, timeout=LATEST_S)
    async def found(self, visit: Visit) -> Answer:
        """What was found, alone: asked for on Enter, not with each letter, since it is audited."""
        values = {**self._choices(visit, _form(visit)), **await self._found(visit, visit.args)}
        return Fragment("his_webservice/found.html", values)

    @post("/his/info/whole", permission=SEE, timeout=LATEST_S)
    async def whole(self, visit: Visit) -> Answer:
        """The same with names in full, for who may and says why."""
        visit.need(REVEAL)
        reason = visit.form.get("reason", "").strip()
        if not reason:
            raise Invalid("his.reason", "please say why")
        values = {
            **self._choices(visit, _form(visit)),
            **await self._found(visit, visit.form, reason),
        }
        return Fragment("his_webservice/found.html", values)

    async def _found(
        self, visit: Visit, asked: Mapping[str, str], reason: str = ""
    ) -> dict[str, Any]:
        """The table that was asked for, or the error; what is about people is written down."""
        try:
            campus, kind = self._campus(asked.get("campus", "")), _kind(asked.get("kind", ""))
            query = _query(kind, asked)
            if KINDS[kind].patients:
                visit.need(PATIENTS)
                await visit.audit(
                    "his.revealed" if reason else "his.info",
                    kind="campus",
                    whose=campus.name,
                    what="; ".join([kind.value, *(f"{k}: {_short(v)}" for k, v in query.items())]),
                    why=reason,
                )
            table = await campus.info(kind, query)
        except CarelineError as error:
            return {"error": error, "table": None, "look": True}
        covered = KINDS[kind].patients and not reason
        return {
            "error": None,
            "table": _covered(table) if covered else table,
            "covered": covered and visit.may(REVEAL),
            "asked": {name: asked.get(name, "") for name in FIELDS},
            "look": True,
        }

    def _choices(self, visit: Visit, form: FormState) -> dict[str, Any]:
        mapped: set[Info] = set()
        for one in self._campuses.by_name.values():
            mapped |= one.his.info_kinds if one.his is not None else set()
        open_to = [
            (kind, about)
            for kind, about in KINDS.items()
            if kind in mapped and (visit.may(PATIENTS) or not about.patients)
        ]
        return {
            "form": form,
            "campuses": [
                (name, campus_title(self._core, visit, name)) for name in self._campuses.by_name
            ],
            "kinds": [(kind.value, visit.text(about.title)) for kind, about in open_to],
            "look": False,
            "error": None,
            "table": None,
            "covered": False,
            "asked": {},
        }

    def _campus(self, name: str) -> Campus:
        found = self._campuses.get(name)
        if found is None:
            raise NotFound("his.campus", "no system is configured for campus {campus}", campus=name)
        return found

    async def _number(self, visit: Visit) -> str:
        """The outpatient number of the caller's record, where it is one and may be seen."""
        patient = visit.args.get("patient", "")
        if not patient.isdecimal() or not visit.may(PATIENTS):
            return ""
        try:
            found = await self._core.patients.get(int(patient))
        except NotFound:
            return ""
        return next((one.number for one in found.numbers), "")


class InfoPart:
    """The page and the panel."""

    def __init__(self, core: Core, campuses: Campuses) -> None:
        self._pages = InfoPages(core, campuses)

    def panels(self) -> list[Panel]:
        """A tab beside a call."""
        return [
            Panel(
                name="his_webservice_info",
                title="Hospital information",
                slot=Slot.WORK,
                template="his_webservice/asking.html",
                view=self._pages.panel,
                permission=SEE,
                order=60,
            )
        ]

    def pages(self) -> list[PageEntry]:
        """In the menu."""
        return [
            PageEntry(
                name="his_webservice_info",
                title=MENU.msgid,
                path="/his/info",
                permission=SEE,
                routes=self._pages,
                icon="hospital",
                order=45,
            )
        ]


def _form(visit: Visit, given: Mapping[str, str] | None = None) -> FormState:
    typed = {**(given or {}), **visit.args, **visit.form}
    return FormState(
        {name: [typed.get(name, "")[:100]] for name in FIELDS if name in typed},
        language=visit.language,
    )


def _kind(text: str) -> Info:
    known = {one.value: one for one in KINDS}
    if text not in known:
        raise Invalid("his.kind", "please choose what is asked for")
    return known[text]


def _query(kind: Info, asked: Mapping[str, str]) -> dict[str, str]:
    """What the system is asked with; Invalid when what it needs is missing."""
    query = {
        name: asked[name].strip()[:100]
        for name in KINDS[kind].fields
        if asked.get(name, "").strip()
    }
    if NEEDED.get(kind, "") not in ("", *query):
        raise Invalid("his.number", "please give the number that this is asked by")
    day = query.get("day", "")
    if day and (len(day) != 10 or not day.replace("-", "").isdecimal()):
        raise Invalid("his.day", "Please give a date such as 2026-12-03.")
    return query


def _short(text: str) -> str:
    """What was looked for, as the audit log may know it."""
    return masked(text) if text.isascii() else f"{text[:1]}*"


def _covered(table: Table) -> Table:
    """With names, cards and numbers of people covered."""
    rows = tuple(
        tuple(masked_cell(title, cell) for title, cell in zip(table.columns, row, strict=False))
        for row in table.rows
    )
    return evolve(table, rows=rows)
