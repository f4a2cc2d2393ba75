"""Departments and doctors out of HealthcareService or Organization, and PractitionerRole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from careline.clinic import Department, Directory, Doctor
from careline_his_webservice.adapters.fhir.reading import (
    Resource,
    concept,
    flag,
    human_name,
    parts,
    referred,
    text,
)
from careline_his_webservice.adapters.fhir.server import Server
from careline_his_webservice.adapters.fhir.settings import FhirSettings

EXPERTS = ("主任医师", "教授", "chief")


async def read_directory(server: Server, settings: FhirSettings, campus: str) -> Directory:
    """All departments and doctors; three searches, for not every server can include others."""
    departments = await server.search(settings.departments, [])
    roles = await server.search("PractitionerRole", [])
    people = await server.search("Practitioner", [])
    return directory_of(settings, campus, departments, roles, people)


def directory_of(
    settings: FhirSettings,
    campus: str,
    departments: Sequence[Resource],
    roles: Sequence[Resource],
    people: Sequence[Resource],
) -> Directory:
    """The same from resources: a doctor is who has a role in a department that is ours."""
    ours = [
        _department(campus, one, at)
        for at, one in enumerate(departments)
        if flag(one, "active", True) and _is_ours(settings, one)
    ]
    codes = {one.code for one in ours}
    by_id = {text(one, "id"): one for one in people if flag(one, "active", True)}
    return Directory(departments=tuple(ours), doctors=tuple(_doctors(campus, roles, by_id, codes)))


def _is_ours(settings: FhirSettings, one: Resource) -> bool:
    if not settings.organization:
        return True
    field = "providedBy" if settings.departments == "HealthcareService" else "partOf"
    return referred(one, field)[1] == settings.organization


def _department(campus: str, one: Resource, at: int) -> Department:
    return Department(
        campus=campus,
        code=text(one, "id"),
        name=text(one, "name") or concept(one, "type", 0) or text(one, "id"),
        intro=text(one, "comment") or text(one, "extraDetails"),
        place=text(one, "location", 0, "display"),
        order=100 + at,
    )


def department_of(role: Resource, codes: Iterable[str]) -> str:
    """The department in which somebody has a role; empty when it is none of ours."""
    found = [referred(one)[1] for one in parts(role, "healthcareService")]
    found.append(referred(role, "organization")[1])
    return next((code for code in found if code in codes), "")


def _doctors(
    campus: str, roles: Sequence[Resource], people: Mapping[str, Resource], codes: set[str]
) -> list[Doctor]:
    found: dict[str, Doctor] = {}
    for role in roles:
        code = referred(role, "practitioner")[1]
        person, department = people.get(code), department_of(role, codes)
        if person is None or not department or not flag(role, "active", True) or code in found:
            continue
        title = concept(role, "code", 0) or concept(person, "qualification", 0, "code")
        found[code] = Doctor(
            campus=campus,
            code=code,
            name=human_name(person, "name", 0) or text(role, "practitioner", "display") or code,
            department=department,
            title=title,
            expert=any(word in title.lower() for word in EXPERTS),
            specialty=concept(role, "specialty", 0),
        )
    return list(found.values())
