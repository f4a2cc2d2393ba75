"""The agent's part: take the next task, call it, say what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from attrs import frozen

from careline.clock import Clock
from careline.errors import CarelineError, NotFound, Refused
from careline.i18n import Text, error_text
from careline.outbound.dialler import Dialler
from careline.outbound.model import Kept, Mode, Outcome, Stage
from careline.outbound.service import Outbound
from careline.outbound.store import Wanted
from careline.outreach.names import Names
from careline.pages.desk.who import agent_of
from careline.pages.outbound.words import OUTCOMES, SAID, reason_text
from careline.web import Answer, Empty, Visit, post
from careline.web.toast import toast

DIAL = "calls.dial"
SOON = timedelta(hours=4)
SHOWN = 5


@frozen
class AgentRoutes:
    """Deeds below ``/outbound`` of an agent, and the panels they stand on."""

    outbound: Outbound
    dialler: Dialler
    clock: Clock
    queues_of: Callable[[str], Iterable[str]]
    names: Names

    # Panels

    async def todo(self, visit: Visit) -> Mapping[str, Any]:
        """Slot HOME: the task in hand, and those that come next."""
        agent = agent_of(visit)
        mine = await self.outbound.list(Wanted(stages=(Stage.TAKEN, Stage.CALLING), agent=agent))
        now = self.clock.now()
        stopped = await self.outbound.paused()
        coming = Wanted(
            stages=(Stage.WAITING,),
            modes=(Mode.PREVIEW,),
            queues=tuple(self.queues_of(agent)),
            free_for=agent,
            due_by=now + SOON,
        )
        return {
            "mine": mine,
            "tried": await self.outbound.lately.of(agent),
            "coming": await self.outbound.list(coming, most=SHOWN),
            "count": sum((await self.outbound.counted(coming)).values()),
            "outcomes": OUTCOMES,
            "purpose_name": self.names.purpose,
            "why": reason_text,
            "stopped": stopped,
            "all_stopped": any(not one.purpose for one in stopped),
            "now": now,
        }

    async def of_call(self, visit: Visit) -> Mapping[str, Any]:
        """Slot CALL: the task that this call is made for, if it is one."""
        agent, call = agent_of(visit), visit.args.get("call", "")
        kept = await self.outbound.of_call(call) if call else None
        if kept and not (kept.agent == agent or self.dialler.is_with(call, agent)):
            kept = None  # somebody else's call is not theirs to read
        if kept and kept.stage is not Stage.CALLING:
            kept = None
        attempts = await self.outbound.attempts(kept.task.key) if kept else ()
        return {
            "kept": kept,
            "tried": None if kept or not call else await self.outbound.lately.of_call(call, agent),
            "why": reason_text,
            "now": self.clock.now(),
            "purpose_name": self.names.purpose,
            "beside": await self.outbound.beside.of(kept, agent) if kept else (),
            "attempts": attempts,
            "outcomes": OUTCOMES,
            "said": SAID,
            "agent": agent,
        }

    # Deeds

    @post("/outbound/next", permission=DIAL)
    async def next(self, visit: Visit) -> Answer:
        """Take the next task of the agent's queues."""
        kept = await self.outbound.take(agent_of(visit))
        if kept is None:
            return Empty(trigger=toast(visit, Text("No call is due now."), "info"))
        await visit.audit("outbound.taken", kind="outbound", whose=kept.task.key)
        return Empty()  # it stands on the card

    @post("/outbound/call", permission=DIAL)
    async def call(self, visit: Visit) -> Answer:
        """Dial the task in hand, or that one which waits."""
        key, agent = visit.form.get("key", ""), agent_of(visit)
        try:
            await self.outbound.take_this(key, agent)
            call = await self.dialler.begin(key, agent)
        except CarelineError as error:
            said = Text("{error}", {"error": error_text(error, visit.language)})
            return Empty(trigger=toast(visit, said, "bad"))
        await visit.audit("call.dial", kind="outbound", whose=key, what=call)
        return Empty(trigger=toast(visit, Text("Your phone rings.")))

    @post("/outbound/back", permission=DIAL)
    async def back(self, visit: Visit) -> Answer:
        """Leave the task in hand to others."""
        key = visit.form.get("key", "")
        await self.outbound.put_back(key, agent_of(visit))
        await visit.audit("outbound.back", kind="outbound", whose=key)
        return Empty(trigger=toast(visit, Text("Done.")))

    @post("/outbound/said", permission=DIAL)
    async def said(self, visit: Visit) -> Answer:
        """Say what came of the call: nobody but the agent can know."""
        key, agent = visit.form.get("key", ""), agent_of(visit)
        outcome = _outcome(visit.form.get("outcome", ""))
        kept = await self.outbound.get(key)
        if not await self._is_theirs(kept, agent):
            raise NotFound("outbound.unknown", "there is no outbound task {key}", key=key)
        if await self.outbound.settle(key, outcome, agent) is None:
            return Empty(trigger=toast(visit, Text("This call is settled already."), "info"))
        await visit.audit("outbound.said", kind="outbound", whose=key, what=outcome.value)
        return Empty(trigger=toast(visit, Text("Done.")))

    @post("/outbound/wrong", permission=DIAL)
    async def wrong(self, visit: Visit) -> Answer:
        """Say that the number which was tried is wrong; the next one of the ladder is tried."""
        call, agent = visit.form.get("call", ""), agent_of(visit)
        try:
            await self.outbound.lately.was_wrong(call, agent)
        except Refused as error:
            said = Text("{error}", {"error": error_text(error, visit.language)})
            return Empty(trigger=toast(visit, said, "bad"))
        await visit.audit("outbound.said", kind="outbound", what="wrong_number", why=call)
        return Empty(trigger=toast(visit, Text("Done.")))

    @post("/outbound/beside", permission=DIAL)
    async def beside(self, visit: Visit) -> Answer:
        """Say that the call which is up was about another task of the patient too."""
        call, key, agent = visit.form.get("call", ""), visit.form.get("key", ""), agent_of(visit)
        kept = await self.outbound.of_call(call) if call else None
        if kept is None or not (kept.agent == agent or self.dialler.is_with(call, agent)):
            raise NotFound("outbound.unknown", "there is no outbound task {key}", key=key)
        await self.outbound.beside.told(kept, key, agent)
        await visit.audit("outbound.said", kind="outbound", whose=key, what="answered", why=call)
        return Empty(trigger=toast(visit, Text("Done. It is not called about again.")))

    async def _is_theirs(self, kept: Kept, agent: str) -> bool:
        """True for a task that the agent has in hand or is on the line for, or may take."""
        if kept.agent:
            return kept.agent == agent
        if self.dialler.is_with(kept.call, agent):
            return True
        return kept.task.whose in ("", agent) and kept.task.queue in set(self.queues_of(agent))


def _outcome(text: str) -> Outcome:
    known = {one.value: one for one in SAID}
    if text not in known:
        raise NotFound("outbound.outcome", "there is no such outcome")
    return known[text]
