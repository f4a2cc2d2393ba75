"""The call page: who calls and why at the left, the work of the call at the right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from careline.agents.service import Agents
from careline.calls import facts as f
from careline.calls.model import CallRecord, durations
from careline.calls.search import CallLine
from careline.calls.store import StoredCall
from careline.clock import Clock
from careline.desk.model import written
from careline.desk.service import Desk
from careline.dispositions.service import Dispositions
from careline.pages.desk.who import Eyes, agent_of
from careline.routing.service import Routing
from careline.web import Answer, Page, Slot, Visit, get
from careline.web.panels import Panels

EARLIER = 5


@frozen
class CallViews:
    """The call page and the core's own panels beside it."""

    desk: Desk
    eyes: Eyes
    agents: Agents
    dispositions: Dispositions
    routing: Routing
    clock: Clock
    panels: Panels

    @get("/call/<call_id>", permission="desk.use")
    async def show(self, visit: Visit, call_id: str) -> Answer:
        """The page of one call at this desk."""
        agent_of(visit)
        stored = await self.seen(visit, call_id)
        call = stored.record
        patient = call.patients[0] if len(call.patients) == 1 else 0
        params = {"call": call.id, **({"patient": str(patient)} if patient else {})}
        visit.args = {**visit.args, **params}
        best = await self.panels.best(Slot.WORK, visit)
        values = {
            "call": call,
            "patient": patient,
            "params": params,
            "best": best.name if best else "",
        }
        return Page("desk/call.html", values, title=visit._("Call"))

    async def seen(self, visit: Visit, call_id: str) -> StoredCall:
        """The call, if the visitor may see it."""
        stored = await self.desk.find(call_id)
        self.eyes.need(visit, stored.record)
        return stored

    # Panels

    async def why(self, visit: Visit) -> Mapping[str, Any]:
        """Slot CALL: what was dialled and chosen, how long it waited."""
        stored = await self.seen(visit, visit.args.get("call", ""))
        call = stored.record
        return {
            "dialled": call.dnis,
            "steps": [
                one.fact
                for one in stored.facts
                if isinstance(one.fact, f.Stepped) and one.fact.result
            ],
            "queues": [self._queue(stay.queue, visit.language) for stay in call.stays],
            "waited_s": durations(call, self.clock.now()).wait_ms // 1000,
        }

    def _queue(self, queue_id: str, language: str) -> str:
        queue = self.routing.queues.get(queue_id)
        if queue is None:
            return queue_id
        return queue.title_en if language == "en" and queue.title_en else queue.title

    async def notes(self, visit: Visit) -> Mapping[str, Any]:
        """Slot WORK: what colleagues wrote of this call, and of the number's last calls."""
        stored = await self.seen(visit, visit.args.get("call", ""))
        call, me = stored.record, str(visit.user.agent)
        drafts = [one for one in self.desk.drafts_of(call.id) if one.agent != me]
        return {
            "drafts": drafts,
            "written": written(tuple(one.fact for one in stored.facts)),
            "earlier": await self._earlier(visit, call),
            "names": {agent.id: agent.name for agent in self.agents.people.values()},
            "tree": self.dispositions.tree,
        }

    async def _earlier(self, visit: Visit, call: CallRecord) -> list[tuple[CallLine, bool]]:
        """The last calls with the same number, each with whether the visitor may open it."""
        number = call.number or call.caller
        lines = await self.desk.earlier(number, call.id, EARLIER) if number else []
        return [(one, self.eyes.may(visit, one.agent, one.campus)) for one in lines]
