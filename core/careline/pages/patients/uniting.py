"""Duplicates: proposed, set side by side, merged, and taken apart again."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from careline.errors import NotFound
from careline.i18n import Text
from careline.pages.patients.desk import PatientDesk
from careline.pages.patients.shown import Shown, category_name, shown
from careline.patients import duplicates, merging
from careline.patients.columns import TITLES
from careline.patients.merge import EMPTY, SINGLE
from careline.patients.model import Patient, masked_address, masked_id_card
from careline.tasks import Tasks
from careline.web import Answer, Page, Redirect, Visit, get, post
from careline.web.toast import toast

MERGE = "patients.merge"
WHY = {
    duplicates.SAME_PHONE: Text("same name, same telephone"),
    duplicates.SAME_BIRTH: Text("same name, same birth date"),
}


@frozen
class Choice:
    """A field in which both records differ: whose value is kept is chosen by ``name``."""

    name: str
    title: str
    ours: str
    theirs: str


class UnitingRoutes:
    """Routes of ``/patients/duplicates`` and of merges."""

    def __init__(self, desk: PatientDesk, tasks: Tasks) -> None:
        self._desk = desk
        self._tasks = tasks
        self._looking = False

    @get("/patients/duplicates", permission=MERGE)
    async def proposals(self, visit: Visit) -> Answer:
        """What was found and waits to be judged, and the latest merges."""
        run = self._desk.db.run
        pairs = await run(duplicates.proposals)
        values = {
            "pairs": [
                (shown(one.one, visit), shown(one.other, visit), WHY.get(one.why, Text("")))
                for one in pairs
            ],
            "count": await run(duplicates.count_proposals),
            "merges": await run(merging.recent_merges),
            "looking": self._looking,
        }
        return Page("patients/duplicates.html", values, title=Text("Duplicates"))

    @post("/patients/duplicates/look", permission=MERGE)
    async def look(self, visit: Visit) -> Answer:
        """Look through all records, beside everything else."""
        if not self._looking:
            self._looking = True
            self._tasks.spawn(self._look(), "looking for duplicates")
        text = toast(visit, Text("this takes a while; you can go on meanwhile"), "info")
        return Redirect("/patients/duplicates", headers={"HX-Trigger": text})

    async def _look(self) -> None:
        try:
            await self._desk.patients.look_for_duplicates()
        finally:
            self._looking = False

    @post("/patients/duplicates/different", permission=MERGE)
    async def different(self, visit: Visit) -> Answer:
        """These are two people."""
        one, other = _id(visit, "one"), _id(visit, "other")
        await self._desk.db.run(duplicates.set_different, one, other)
        await visit.audit("patient.different", kind="patient", whose=str(one), what=str(other))
        return Redirect("/patients/duplicates")

    @get("/patients/merge", permission=MERGE)
    async def compare(self, visit: Visit) -> Answer:
        """Both records side by side."""
        kept, gone = await self._both(visit)
        about = await self._desk.about(visit)
        for one in (kept, gone):
            await visit.audit("patient.view", kind="patient", whose=str(one.id))
        values = {
            "kept": shown(kept, visit, about.fields, about.campuses),
            "gone": shown(gone, visit, about.fields, about.campuses),
            "choices": _choices(visit, kept, gone, about.campuses, about.fields),
        }
        return Page("patients/merge.html", values, title=Text("Merge two records"))

    async def _both(self, visit: Visit) -> tuple[Patient, Patient]:
        kept = await self._desk.patients.get(_id(visit, "kept"))
        return kept, await self._desk.patients.get(_id(visit, "gone"))

    @post("/patients/merge", permission=MERGE)
    async def merge(self, visit: Visit) -> Answer:
        """Put one into the other."""
        kept, gone = _id(visit, "kept"), _id(visit, "gone")
        theirs = [
            name.removeprefix("take_")
            for name, value in visit.form.items()
            if name.startswith("take_") and value == "theirs"
        ]
        stored = await self._desk.patients.merge(kept, gone, visit.user.login, theirs)
        await visit.audit("patient.merged", kind="patient", whose=str(kept), what=str(gone))
        text = toast(visit, Text("both records are one now"))
        return Redirect(f"/patients/{stored.id}", headers={"HX-Trigger": text})

    @post("/patients/merges/<int:merge_id>/undo", permission=MERGE)
    async def undo(self, visit: Visit, merge_id: int) -> Answer:
        """Take a merge apart again."""
        kept, back = await self._desk.patients.unmerge(merge_id)
        await visit.audit("patient.unmerged", kind="patient", whose=str(kept.id), what=str(back.id))
        text = toast(visit, Text("both records are apart again"))
        return Redirect(f"/patients/{back.id}", headers={"HX-Trigger": text})


def _id(visit: Visit, name: str) -> int:
    text = visit.form.get(name) or visit.args.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotFound("patient.unknown", "there is no such patient")
    return int(text)


def _choices(
    visit: Visit, kept: Patient, gone: Patient, campuses: Any, fields: Any
) -> list[Choice]:
    """Fields of which both have a value, and not the same one."""
    found = []
    ours, theirs = shown(kept, visit), shown(gone, visit)
    for name in SINGLE:
        mine, other = getattr(kept, name), getattr(gone, name)
        if mine not in EMPTY and other not in EMPTY and mine != other:
            title = TITLES[name].to(visit.language)
            found.append(Choice(name, title, _text(ours, kept, name, visit),
                                _text(theirs, gone, name, visit)))  # fmt: skip
    for one in gone.numbers:
        same = [own.number for own in kept.numbers if own.campus == one.campus]
        if same and same[0] != one.number:
            title = visit._("outpatient number ({campus})", campus=campuses.get(one.campus, ""))
            found.append(Choice(f"numbers.{one.campus}", title, same[0], one.number))
    for one in fields:
        mine, other = kept.fields.get(one.name, ""), gone.fields.get(one.name, "")
        if mine and other and mine != other:
            found.append(Choice(f"fields.{one.name}", one.title, mine, other))
    return found


def _text(record: Shown, patient: Patient, name: str, visit: Visit) -> str:
    match name:
        case "sex":
            return record.sex
        case "birth_date":
            return str(patient.birth_date)
        case "id_card":
            return masked_id_card(patient.id_card)
        case "address":
            return masked_address(patient.address)
        case "category":
            return category_name(patient.category, visit)
        case _:
            return str(getattr(patient, name))
