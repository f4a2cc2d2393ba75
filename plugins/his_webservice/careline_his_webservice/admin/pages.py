"""``/his``: the state of each campus's system, and a check of it now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from careline.clinic.his import Finding
from careline.clock import TimeoutError
from careline.errors import CarelineError, NotFound, Unavailable
from careline.i18n import Text
from careline.plugins import Core
from careline.web import Answer, Fragment, Page, PageEntry, Visit, get, post
from careline_his_webservice.admin.exchanges import ExchangePages
from careline_his_webservice.admin.tabs import STATE, tabs
from careline_his_webservice.campus import CHECK_S
from careline_his_webservice.campuses import Campuses
from careline_his_webservice.state import CampusState, state_of
from careline_his_webservice.titles import campus_title

ADMIN = "his_webservice.admin"
TITLE = Text("Hospital systems")
WORDS = {
    "fault": Text("set up wrongly"),
    "shut": Text("does not answer"),
    "trying": Text("is tried again"),
    "trouble": Text("had trouble"),
    "fresh": Text("not asked yet"),
    "well": Text("well"),
}
TONES = {
    "fault": ("bad", "circle-x"),
    "shut": ("bad", "circle-alert"),
    "trying": ("warn", "refresh-cw"),
    "trouble": ("warn", "triangle-alert"),
    "fresh": ("neutral", "circle"),
    "well": ("good", "circle-check"),
}


class StatePages:
    """Routes of ``/his``."""

    def __init__(self, core: Core, campuses: Campuses) -> None:
        self._core = core
        self._campuses = campuses

    @get("/his", permission=ADMIN)
    async def show(self, visit: Visit) -> Answer:
        """All campuses."""
        return self._page(visit)

    @get("/his/states", permission=ADMIN, quiet=True)
    async def states(self, visit: Visit) -> Answer:
        """The list alone, asked for again and again."""
        return Fragment("his_webservice/states.html", self._states(visit))

    @post("/his/<campus>/check", permission=ADMIN, timeout=CHECK_S + 5)
    async def check(self, visit: Visit, campus: str) -> Answer:
        """Walk the mapping against the live system; nothing is written there."""
        asked = self._campuses.get(campus)
        if asked is None:
            raise NotFound(
                "his.campus", "no system is configured for campus {campus}", campus=campus
            )
        await visit.audit("his.checked", kind="campus", whose=campus)
        findings: Sequence[Finding] = ()
        error: CarelineError | None = None
        try:
            findings = await self._core.clock.within(CHECK_S, asked.check())
        except CarelineError as failed:
            error = failed
        except TimeoutError:
            error = Unavailable("his.check_late", "the check has not come to its end in time")
        return self._page(visit, checked=campus, findings=findings, error=error)

    def _page(self, visit: Visit, **more: Any) -> Answer:
        none: dict[str, Any] = {"checked": "", "findings": (), "error": None}
        values = {**none, **more, **self._states(visit), "tabs": tabs(visit, STATE)}
        return Page("his_webservice/state.html", values, title=TITLE)

    def _states(self, visit: Visit) -> Mapping[str, Any]:
        states: list[tuple[CampusState, str]] = [
            (state_of(one), campus_title(self._core, visit, name))
            for name, one in self._campuses.by_name.items()
        ]
        return {"states": states, "words": WORDS, "tones": TONES}


class AdminPart:
    """The administration pages."""

    def __init__(self, core: Core, campuses: Campuses) -> None:
        self._state = StatePages(core, campuses)
        self._exchanges = ExchangePages(core, campuses)

    def pages(self) -> list[PageEntry]:
        """In the menu of administration; the exchanges are reached from there."""
        return [
            PageEntry(
                name="his_webservice",
                title="Hospital systems",
                path="/his",
                permission=ADMIN,
                routes=self._state,
                icon="hospital",
                group="admin",
                order=60,
            ),
            PageEntry(
                name="his_webservice_exchanges",
                title="Exchanges with hospital systems",
                path="/his/exchanges",
                permission=ADMIN,
                routes=self._exchanges,
                rail=False,
            ),
        ]
