"""Names of campuses as pages show them."""

from __future__ import annotations

from careline.plugins import Core
from careline.web import Visit


def campus_title(core: Core, visit: Visit, name: str) -> str:
    """A campus in the reader's language; one that is not set up by its code."""
    one = core.campuses.directory.campuses.get(name)
    if one is None:
        return name
    return str(one.title_en or one.title if visit.language == "en" else one.title)
