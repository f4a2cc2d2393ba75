"""What all pages of patients stand on: the services, and the small questions that recur."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from attrs import frozen

from careline.calls.model import CallRecord
from careline.calls.store import StoredCall
from careline.campuses.model import Campus
from careline.numbers import Places
from careline.pages.patients.form import About
from careline.patients.linking import Linking
from careline.patients.moving import Moving
from careline.patients.service import Patients
from careline.storage import Database
from careline.web import Visit


@frozen(kw_only=True)
class PatientDesk:
    """Services of the pages. ``sees(agent, call)`` says whether a call is that agent's.

    ``call`` gives an open call, ``find`` any, or NotFound.
    """

    patients: Patients
    moving: Moving
    linking: Linking
    places: Places
    db: Database
    campuses: Callable[[], Mapping[str, Campus]]
    call: Callable[[str], CallRecord | None]
    find: Callable[[str], Awaitable[StoredCall]]
    sees: Callable[[str, str | CallRecord], bool]
    subject: Callable[[str], Any]
    agent: Callable[[str], str]
    """An agent's number with the name."""
    disposition: Callable[[str, str], str]
    """What a code says in a language."""

    async def about(self, visit: Visit) -> About:
        """What a form of a record must know."""
        campuses = self.campuses()
        own = campuses.get(visit.user.campus)
        return About(
            await self.patients.fields(),
            {one.id: title(one, visit) for one in campuses.values()},
            own.area_code if own else "",
        )


def title(campus: Campus, visit: Visit) -> str:
    """A campus's name in the reader's language."""
    return campus.title_en or campus.title if visit.language == "en" else campus.title
