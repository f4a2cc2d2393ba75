"""Stays out of Encounter: asked for what has changed, for no FHIR server need tell by itself."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve, frozen

from careline.clinic import Stay
from careline_his_webservice.adapters.fhir.people import People
from careline_his_webservice.adapters.fhir.reading import (
    Resource,
    bad,
    concept,
    moment,
    name_of,
    parts,
    referred,
    text,
)
from careline_his_webservice.adapters.fhir.server import Server
from careline_his_webservice.stays import News

INSIDE = ("arrived", "triaged", "in-progress", "onleave")
NOT_YET = ("planned", "cancelled", "entered-in-error", "unknown")
OVER = "finished"
DISPOSITION, DIED = ("hospitalization", "dischargeDisposition"), "exp"


@frozen
class Encounters:
    """Of one campus."""

    server: Server
    people: People
    campus: str

    async def changed(self, since: datetime, until: datetime | None) -> list[News]:
        """Stays of inpatients that changed within that time; patients are read one by one."""
        asked = [("class", "IMP"), ("_lastUpdated", f"ge{since.isoformat(timespec='seconds')}")]
        if until is not None:
            asked.append(("_lastUpdated", f"lt{until.isoformat(timespec='seconds')}"))
        known: dict[str, Stay] = {}
        found = []
        for one in await self.server.search("Encounter", asked):
            if (news := self.news_of(one)) is not None:
                found.append(await self._named(one, news, known))
        return found

    def news_of(self, one: Resource) -> News | None:
        """What an Encounter says, without who it is; None for one that is no stay (yet)."""
        status = text(one, "status")
        if status in NOT_YET:
            return None
        if status not in (*INSIDE, OVER):
            raise bad(f"{name_of(one)}: unknown status {status[:30]!r}")
        told = moment(one, "meta", "lastUpdated")
        came = moment(one, "period", "start")
        left = moment(one, "period", "end") if status == OVER else None
        if told is None:
            raise bad(f"{name_of(one)}: meta.lastUpdated is missing")
        if status == OVER and left is None:
            left = told
        stay = Stay(
            id="",
            campus=self.campus,
            name=text(one, "subject", "display")[:64],
            department=text(one, "serviceProvider", "display")[:64],
            ward=_places(one)[0][:64],
            bed=_places(one)[1][:32],
            doctor=text(one, "participant", 0, "individual", "display")[:64],
            diagnosis=(
                concept(one, "reasonCode", 0) or text(one, "diagnosis", 0, "condition", "display")
            )[:200],
            came=came,
            left=left,
            died=text(one, *DISPOSITION, "coding", 0, "code") == DIED,
        )
        visit = text(one, "identifier", 0, "value") or text(one, "id")
        return News(visit=visit[:64], told=told, stay=stay, inside=status in INSIDE)

    async def _named(self, one: Resource, news: News, known: dict[str, Stay]) -> News:
        """With the patient's name and numbers."""
        kind, ident = referred(one, "subject")
        if kind != "Patient":
            return news
        if ident not in known:
            answer = await self.server.read("Patient", ident)
            person = self.people.person(answer.resource) if answer.good else None
            known[ident] = Stay(
                id="",
                campus=self.campus,
                name=person.name[:64] if person else "",
                number=person.number[:64] if person else "",
                id_card=person.id_card if person else "",
                phone=person.phone if person else "",
            )
        who = known[ident]
        stay = evolve(
            news.stay,
            name=who.name or news.stay.name,
            number=who.number,
            id_card=who.id_card,
            phone=who.phone,
        )
        return evolve(news, stay=stay)


def _places(one: Resource) -> tuple[str, str]:
    """Ward and bed by their physical type (ward ``wa``, bed ``bd``), else the place as a ward."""
    ward = bed = ""
    for place in parts(one, "location"):
        if text(place, "status") not in ("active", "completed", ""):
            continue
        shown = text(place, "location", "display")
        if text(place, "physicalType", "coding", 0, "code") == "bd":
            bed = shown
        else:
            ward = shown
    return ward, bed
