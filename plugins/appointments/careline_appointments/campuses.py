"""Campuses as the plugin's pages know them: by name, and those that a visitor's rights reach."""

from __future__ import annotations

from typing import Any

from careline.auth.model import Subject
from careline.web import Visit


def campus_name(core: Any, visit: Visit, campus: str) -> str:
    """A campus in the reader's language; one that is not set up by its code."""
    one = core.campuses.directory.campuses.get(campus)
    if one is None:
        return campus
    return str(one.title_en or one.title if visit.language == "en" else one.title)


def campuses_of(core: Any, visit: Visit, permission: str) -> list[str]:
    """Campuses for which the visitor holds a permission."""
    known = core.campuses.directory.campuses
    return [one for one in known if visit.may(permission, Subject(campus=one))]
