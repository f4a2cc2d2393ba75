"""Plans for everybody else: in memory for the pages, read anew where cases are taken in."""

from __future__ import annotations

from typing import Any

from careline.errors import NotFound
from careline.storage import Tx
from careline.surveys.book import SurveyBook
from careline_followup.plans import store
from careline_followup.plans.check import check
from careline_followup.plans.model import Plan

CHANGED = "followup_plan"


class PlanBook:
    """All plans that are not removed; ``core`` is a ``careline.plugins.Core``."""

    def __init__(self, core: Any, surveys: SurveyBook) -> None:
        self._core = core
        self._surveys = surveys
        self._plans: dict[str, Plan] = {}

    async def load(self) -> None:
        """Read everything; at the start and after each change."""
        found = await self._core.db.run(store.plans)
        self._plans = {one.name: one for one in found}

    def all(self) -> list[Plan]:
        """All, in the order in which they are shown."""
        return sorted(self._plans.values(), key=lambda one: (one.order, one.name))

    def find(self, name: str) -> Plan | None:
        """One plan, if it is there and not removed."""
        return self._plans.get(name)

    def get(self, name: str) -> Plan:
        """One plan, else NotFound."""
        found = self._plans.get(name)
        if found is None:
            raise NotFound("followup.no_plan", "There is no plan {name}.", name=name)
        return found

    async def save(self, plan: Plan, by: str) -> None:
        """Store a plan over the one before; Invalid with all its problems.

        Tasks that are there stay as they are; what they do next is by the new plan.
        """
        published = {name for name in self._surveys.names() if self._surveys.newest(name)}
        check(plan, published)
        await self._core.db.run(store.put, plan, by, self._core.clock.now())
        await self._changed()

    async def remove(self, name: str, by: str) -> None:
        """Take nobody on by it any more; tasks that came of it go on. NotFound if there is none."""
        self.get(name)
        await self._core.db.run(store.remove, name, by, self._core.clock.now())
        await self._changed()

    async def _changed(self) -> None:
        await self.load()
        self._core.events.tell(CHANGED, permission="followup.view")


def plan_of(tx: Tx, name: str) -> Plan:
    """The plan that a task came of, removed or not; one that is unknown is asked by agents."""
    found = store.find(tx, name)
    return found or Plan(name="unknown", title=name or "-")
