"""Which departments of the hospital a term of triage means, at each campus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from attrs import frozen

from careline.clinic import Department
from careline_appointments.triage.model import Term


class Known(Protocol):
    """What is needed of the plugin's directory."""

    def campuses(self) -> list[str]:
        """Campuses whose directory is known."""

    def departments(self, campus: str) -> list[Department]:
        """A campus's departments in the hospital's order."""


@frozen
class Place:
    """A department at a campus; not ``exact``: it sees these patients in the place of another."""

    department: Department
    exact: bool


def places(code: str, terms: Mapping[str, Term], directory: Known) -> list[Place]:
    """Where patients of this term are seen: one department for each campus that has one."""
    found = (_at(code, terms, directory.departments(one)) for one in directory.campuses())
    return [place for place in found if place is not None]


def _at(code: str, terms: Mapping[str, Term], departments: Sequence[Department]) -> Place | None:
    for wanted in (code, *terms[code].instead):
        one = _named(terms[wanted].names, departments)
        if one is not None:
            return Place(one, exact=wanted == code)
    return None


def _named(names: Sequence[str], departments: Sequence[Department]) -> Department | None:
    """The department that bears one of the names, else one whose name begins with it."""
    for fits in (str.__eq__, str.startswith):
        for name in names:
            for one in departments:
                if fits(one.name, name):
                    return one
    return None
