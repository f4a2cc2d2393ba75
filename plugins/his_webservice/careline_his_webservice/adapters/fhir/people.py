"""Patients: found by what surely names one, registered when there is none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from attrs import frozen

from careline.clinic import Person
from careline.errors import Unavailable
from careline.patients.id_card import is_right
from careline_his_webservice.adapters.fhir.reading import (
    Resource,
    bad,
    day,
    human_name,
    identifier,
    name_of,
    parts,
    text,
)
from careline_his_webservice.adapters.fhir.server import Lost, Server
from careline_his_webservice.adapters.fhir.settings import FhirSettings
from careline_his_webservice.adapters.our_names import our_name_of
from careline_his_webservice.adapters.phones import e164, national

SEXES = {"male": "male", "female": "female", "other": "", "unknown": "", "": ""}
MOST = 20
NUMBER = re.compile(r"[\w.+-]{1,64}")
"""What may stand in a search for a token without being escaped."""


@frozen
class People:
    """Of one campus. Names are not searched for: servers find Chinese ones by chance."""

    server: Server
    settings: FhirSettings

    async def find(self, typed: str) -> list[Person]:
        """By outpatient number, id card number or telephone number, as typed."""
        if not NUMBER.fullmatch(typed):
            return []
        if is_right(typed.upper()):
            found = await self._identified(self.settings.id_card_system, typed.upper())
        else:
            found = await self._identified(self.settings.number_system, typed)
            if not found and (phone := e164(typed)):
                found = await self._with_phone(phone)
        return [self.person(one) for one in found[:MOST]]

    async def known(self, person: Person) -> Resource | None:
        """The record of a patient of ours; a telephone number counts with the name alone."""
        settings = self.settings
        for system, value in (
            (settings.number_system, person.number),
            (settings.id_card_system, person.id_card),
            (settings.patient_system, our_name_of(person)),
        ):
            if value and (found := await self._identified(system, value)):
                return found[0]
        if person.phone:
            same = [
                one
                for one in await self._with_phone(person.phone)
                if human_name(one, "name", 0) == person.name and self._may_be(one, person)
            ]
            return same[0] if len(same) == 1 else None
        return None

    async def register(self, person: Person) -> Resource:
        """A new record (建档); asked twice it is one. Raises Lost, Unavailable."""
        settings = self.settings
        system, value = (
            (settings.id_card_system, person.id_card)
            if person.id_card
            else (settings.patient_system, our_name_of(person))
        )
        answer = await self.server.create(self._resource(person), f"identifier={system}|{value}")
        if not answer.good or not text(answer.resource, "id"):
            raise bad(f"Patient: HTTP {answer.status} {answer.said}")
        return answer.resource

    def person(self, one: Resource) -> Person:
        """A Patient as a value."""
        sex = text(one, "gender")
        if sex not in SEXES:
            raise bad(f"{name_of(one)}: unknown gender {sex[:20]!r}")
        phones = [
            e164(text(entry, "value"))
            for entry in parts(one, "telecom")
            if text(entry, "system") in ("phone", "sms", "")
        ]
        card = identifier(one, self.settings.id_card_system).upper()
        return Person(
            id=0,
            name=human_name(one, "name", 0),
            sex=SEXES[sex],
            birth_date=day(one, "birthDate"),
            id_card=card if is_right(card) else "",
            phone=next(filter(None, phones), ""),
            number=identifier(one, self.settings.number_system),
        )

    async def _identified(self, system: str, value: str) -> Sequence[Resource]:
        found = await self.server.search("Patient", [("identifier", f"{system}|{value}")])
        return [one for one in found if identifier(one, system).upper() == value.upper()]

    async def _with_phone(self, phone: str) -> list[Resource]:
        """Each server keeps numbers its own way: asked as dialled at home, and in E.164."""
        found: dict[str, Resource] = {}
        for written in dict.fromkeys((national(phone), phone)):
            for one in await self.server.search("Patient", [("phone", written)]):
                if self.person(one).phone == phone:
                    found[text(one, "id")] = one
        return list(found.values())

    def _may_be(self, one: Resource, person: Person) -> bool:
        """False when card or birth date say that it is another of that name: father and son."""
        found = self.person(one)
        both = ((found.id_card, person.id_card), (found.birth_date, person.birth_date))
        return all(theirs == ours for theirs, ours in both if theirs and ours)

    def _resource(self, person: Person) -> dict[str, Any]:
        settings = self.settings
        identifiers = [{"system": settings.patient_system, "value": our_name_of(person)}]
        if person.id_card:
            identifiers.append({"system": settings.id_card_system, "value": person.id_card})
        resource: dict[str, Any] = {
            "resourceType": "Patient",
            "active": True,
            "identifier": identifiers,
            "name": [{"use": "official", "text": person.name}],
        }
        if person.phone:
            resource["telecom"] = [{"system": "phone", "value": national(person.phone)}]
        if person.sex:
            resource["gender"] = person.sex
        if person.birth_date:
            resource["birthDate"] = person.birth_date.isoformat()
        return resource


async def patient_of(people: People, person: Person) -> Resource:
    """The record, new if there is none. Raises Unavailable, also when an answer is lost.

    Nothing is booked yet then, and asked again the same record is found: so nobody goes on when
    the time may be over.
    """
    known = await people.known(person)
    if known is not None:
        return known
    try:
        return await people.register(person)
    except Lost:
        raise Unavailable(
            "his.unreachable", "the answer to a new patient's record was lost"
        ) from None
