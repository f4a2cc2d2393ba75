"""Health: the alarms that last, what was, and what the doctor and the plugins say."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from careline.alarms.model import LEVEL_TITLES, Alarm
from careline.alarms.service import Alarms
from careline.hooks.hub import Hub
from careline.hooks.values import Level
from careline.i18n import Text
from careline.pages.operations.shared import TITLE, tabs
from careline.pages.operations.works import Work, Works
from careline.web import Answer, Fragment, Page, Visit, get, post
from careline.web.toast import toast

SEE = "health.view"
TONES = {Level.CRITICAL: "bad", Level.MAJOR: "bad", Level.MINOR: "warn", Level.NOTICE: "info"}
ICONS = {
    Level.CRITICAL: "siren",
    Level.MAJOR: "triangle-alert",
    Level.MINOR: "circle-alert",
    Level.NOTICE: "info",
}
SHOWN_PAST = 100
EXAMINED = Text("Everything was looked at")


class HealthRoutes:
    """Routes of ``/operations`` and the alarm bar of the shell.

    ``examine`` is the doctor's whole examination, ``look`` one round of all alarm sources.
    """

    def __init__(
        self,
        alarms: Alarms,
        hub: Hub,
        works: Works,
        examine: Callable[[], Awaitable[Sequence[Any]]],
        look: Callable[[], Awaitable[None]],
    ) -> None:
        self._alarms = alarms
        self._hub = hub
        self._works = works
        self._examine = examine
        self._look = look
        self._findings: Sequence[Any] = ()

    @get("/operations", permission=SEE)
    async def show(self, visit: Visit) -> Answer:
        """The page."""
        return Page("operations/health.html", await self._values(visit), title=TITLE)

    @get("/operations/alarms", permission=SEE, quiet=True)
    async def alarms(self, visit: Visit) -> Answer:
        """The open alarms alone."""
        return Fragment("operations/alarms.html", self._alarm_values(self._alarms.open))

    @get("/operations/past", permission=SEE)
    async def past(self, visit: Visit) -> Answer:
        """What was and is over."""
        found = await self._alarms.past(SHOWN_PAST)
        values = {**self._alarm_values(found), "tabs": tabs(visit, "/operations")}
        return Page("operations/past.html", values, title=TITLE)

    @get("/operations/bar", permission=SEE, quiet=True)
    async def bar(self, visit: Visit) -> Answer:
        """The bar in the shell: the worst of what nobody has noticed yet; nothing else."""
        loud = [one for one in self._alarms.unseen if one.level in (Level.CRITICAL, Level.MAJOR)]
        return Fragment("operations/bar.html", self._alarm_values(loud))

    @post("/operations/alarms/<alarm>/ack", permission=SEE)
    async def acknowledge(self, visit: Visit, alarm: str) -> Answer:
        """Take notice of an alarm: it leaves the bar, not the list."""
        noted = self._alarms.acknowledge(alarm, visit.user.login)
        await visit.audit("alarm.acked", kind="alarm", whose=alarm, what=str(noted.title))
        return Fragment("operations/alarms.html", self._alarm_values(self._alarms.open))

    @post("/operations/look", permission=SEE)
    async def look(self, visit: Visit) -> Answer:
        """Look at everything now; goes on when it takes long."""
        work = await self._works.begin("look", Text("Looking at everything"), self._all)
        page = Page("operations/health.html", await self._values(visit), title=TITLE)
        if work.runs:
            return page
        done = toast(visit, EXAMINED)
        return Page(page.template, page.values, title=TITLE, headers={"HX-Trigger": done})

    @get("/operations/looking", permission=SEE, quiet=True)
    async def looking(self, visit: Visit) -> Answer:
        """What the doctor found, or that it still looks."""
        return Fragment("operations/findings.html", self._finding_values())

    async def _all(self, work: Work) -> Text:
        await self._look()
        self._findings = await self._examine()
        return EXAMINED

    async def _values(self, visit: Visit) -> dict[str, Any]:
        told = await self._hub.health()
        return {
            **self._alarm_values(self._alarms.open),
            **self._finding_values(),
            "tabs": tabs(visit, "/operations"),
            "checks": [
                (plugin, check) for plugin, checks in told.answers.items() for check in checks
            ],
            "missing": list(told.missing.items()),
        }

    def _finding_values(self) -> dict[str, Any]:
        return {"findings": self._findings, "work": self._works.get("look")}

    def _alarm_values(self, alarms: Sequence[Alarm]) -> dict[str, Any]:
        return {"alarms": alarms, "titles": LEVEL_TITLES, "tones": TONES, "icons": ICONS}
