"""Triage at the desk: a page, and a tab in the work of a call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from careline.errors import NotFound
from careline.hooks import Panel, Slot
from careline.patients.model import Patient, Sex
from careline.web import Answer, Fragment, Page, PageEntry, Visit, get
from careline_appointments.campuses import campus_name
from careline_appointments.directory import Directory
from careline_appointments.triage.asked import Asked, asked_of, typed
from careline_appointments.triage.finding import Index
from careline_appointments.triage.guide import Advice, Guide
from careline_appointments.triage.model import Pair, Sign, Symptom
from careline_appointments.triage.places import places
from careline_appointments.triage.reading import read_guide

VIEW = "appointments.view"


class TriagePart:
    """Page and panel over one guide; ``core`` is a ``careline.plugins.Core``.

    ``own`` is the hospital's own file of rules, or None; a wrong one is told at once (Invalid).
    """

    def __init__(self, core: Any, directory: Directory, own: Path | None = None) -> None:
        self._core = core
        self._directory = directory
        self.guide: Guide = read_guide(own)
        self._index: Index | None = None

    async def start(self) -> None:
        """Spell all words in pinyin, in a thread."""
        self._index = await self._core.in_thread(Index.of, self.guide)

    def panels(self) -> list[Panel]:
        """A tab beside booking."""
        return [
            Panel(
                name="appointments_triage",
                title="Triage",
                slot=Slot.WORK,
                template="appointments/triage_panel.html",
                view=self.panel,
                permission=VIEW,
                order=30,
            )
        ]

    def pages(self) -> list[PageEntry]:
        """One in the menu."""
        return [
            PageEntry(
                name="triage",
                title="Triage",
                path="/appointments/triage",
                permission=VIEW,
                routes=self,
                icon="stethoscope",
                order=39,
                scripts=("press.js",),
            )
        ]

    @get("/appointments/triage", permission=VIEW)
    async def page(self, visit: Visit) -> Answer:
        """The whole page; every step has an address of its own."""
        values = await self._values(visit, asked_of(visit.args))
        return Page("appointments/triage_page.html", values, title=visit._("Triage"))

    @get("/appointments/triage/step", permission=VIEW, quiet=True)
    async def step(self, visit: Visit) -> Answer:
        """The next step, put in the place of the last."""
        values = await self._values(visit, asked_of(visit.args))
        return Fragment("appointments/triage_step.html", values)

    async def panel(self, visit: Visit) -> Mapping[str, Any]:
        """The tab of a call; sex and age are those of the patient, if there is one."""
        asked = asked_of({name: visit.args.get(name, "") for name in ("call", "patient")})
        if asked.patient.isdecimal() and visit.may("patients.view"):
            found = await self._core.patients.several([int(asked.patient[:15])])
            if found:
                asked = _about(asked, found[0], visit.now.astimezone(visit.zone).date())
        return await self._values(visit, asked)

    async def _values(self, visit: Visit, asked: Asked) -> dict[str, Any]:
        """What the step shows: it is told by what is known so far."""
        if self._index is None:
            await self.start()
        values: dict[str, Any] = {"asked": asked, "say": _speaker(visit), "stage": "find"}
        if asked.sign:
            return {**values, **self._urgent(asked)}
        if asked.symptom:
            return {**values, **self._narrow(visit, asked)}
        return {**values, **self._find(asked)}

    def _find(self, asked: Asked) -> dict[str, Any]:
        guide, who, index = self.guide, asked.who, self._index
        part = guide.parts.get(asked.part)
        found = index.find(asked.q, who) if index and asked.q else []
        signs = index.urgent(asked.q, who) if index and asked.q else []
        if part and not asked.q:
            found = guide.symptoms_of(part.code, who)
            signs = guide.urgent_of_part(part, who)
        return {"parts": guide.parts_for(who), "part": part, "signs": signs, "found": found}

    def _urgent(self, asked: Asked) -> dict[str, Any]:
        sign: Sign | None = self.guide.signs.get(asked.sign)
        if sign is None:
            raise NotFound("triage.sign", "there is no such sign")
        return {
            "stage": "urgent",
            "sign": sign,
            "emergency": places("emergency", self.guide.terms, self._directory),
            "campus_name": self._campus_name,
        }

    def _narrow(self, visit: Visit, asked: Asked) -> dict[str, Any]:
        guide, who = self.guide, asked.who
        symptom: Symptom | None = guide.symptoms.get(asked.symptom)
        if symptom is None:
            raise NotFound("triage.symptom", "there is no such complaint")
        if not asked.clear:
            signs = guide.urgent_of(symptom, who)
            return {"stage": "signs", "symptom": symptom, "signs": signs}
        questions = guide.questions(symptom, who)
        given = asked.places
        if len(given) < len(questions):
            question = questions[len(given)]
            answers = [(place, one) for place, one in enumerate(question.answers) if one.fits(who)]
            return {
                "stage": "ask",
                "symptom": symptom,
                "question": question,
                "answers": answers,
                "skip": len(questions[len(given)].answers),
                "left": len(questions) - len(given),
            }
        advice = [self._shown(visit, one) for one in guide.advise(symptom, who, given)]
        return {"stage": "advice", "symptom": symptom, "advice": advice}

    def _shown(self, visit: Visit, advice: Advice) -> dict[str, Any]:
        """A department with where it is to be found and booked."""
        found = places(advice.code, self.guide.terms, self._directory)
        return {
            "term": advice.term,
            "because": advice.because,
            "places": [(self._campus_name(visit, one.department.campus), one) for one in found],
        }

    def _campus_name(self, visit: Visit, campus: str) -> str:
        return campus_name(self._core, visit, campus)


def _about(asked: Asked, patient: Patient, today: date) -> Asked:
    """With the patient's sex and age."""
    sex = "" if patient.sex is Sex.UNKNOWN else patient.sex.value
    born = patient.birth_date
    age = typed((today - born).days / 365.25) if born and born <= today else ""
    return Asked(sex=sex, age=age, call=asked.call, patient=asked.patient)


def _speaker(visit: Visit) -> Any:
    """Chooses the reader's language of a pair of texts."""
    place = 1 if visit.language == "en" else 0

    def say(pair: Pair) -> str:
        return pair[place]

    return say
