"""Makes the calls of tasks: looks for what is due, and never rings more people than can be served.

A PROGRESSIVE call takes the way of a callback: one half waits in the queue, and only when an agent
has answered does the other half dial the patient. So nobody answers and finds no agent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from secrets import token_hex

from twisted.logger import Logger

from careline.agents.model import State
from careline.agents.service import Agents
from careline.calls import facts as f
from careline.calls import store as calls_store
from careline.calls.model import CallRecord
from careline.calls.service import Calls
from careline.clock import Clock, TimeoutError
from careline.errors import CarelineError, Refused, Unavailable
from careline.hooks import Hub
from careline.ivr.book import FlowBook
from careline.ivr.position import Position
from careline.outbound import store
from careline.outbound.model import Kept, Mode, Outcome, Stage
from careline.outbound.outcomes import HEARD, is_machine, outcome_of
from careline.outbound.service import Outbound
from careline.outbound.store import Wanted
from careline.outbound.ways import Figures, Running, Ways
from careline.storage import Database
from careline.tasks import Tasks
from careline.telephony.switch import Switch

AUTOMATIC, PROGRESSIVE = "careline-automatic", "careline-callback"
ROUND_S = 2.0
#: Calls begun in one round, so that a trunk is not taken by storm.
AT_ONCE = 5
#: Tasks looked at in one round: those at the head may have no line, or no agent.
LOOKED_AT = 100
APPEARS_S = 2.0
#: Seconds that an agent's phone may take to be answered before a progressive call is given up.
QUEUE_S = 60
AGAIN, FLOW_AGAIN = timedelta(minutes=1), timedelta(minutes=10)
LOOK_UP_S = 1.0

log = Logger()


class Dialler:
    """One for each core: begins what is due, and says what came of it."""

    def __init__(
        self,
        clock: Clock,
        tasks: Tasks,
        db: Database,
        switch: Switch,
        calls: Calls,
        agents: Agents,
        hub: Hub,
        book: FlowBook,
        outbound: Outbound,
        ways: Ways,
        node: str,
        figures: Figures,
    ) -> None:
        self._clock = clock
        self._tasks = tasks
        self._db = db
        self._switch = switch
        self._calls = calls
        self._agents = agents
        self._hub = hub
        self._book = book
        self._outbound = outbound
        self._ways = ways
        self._node = node
        self.figures = figures
        self._running: dict[str, Running] = {}
        self._in_step = False

    # Its life

    def start(self) -> None:
        """Look for what is due from now on, whenever the core is in step with the switch."""
        self._tasks.spawn(self._rounds(), "outbound")

    def in_step(self) -> None:
        """The link is up and what is up is known: take up the tries that an earlier core began."""
        self._tasks.spawn(self._resume(), "outbound calls of before")

    def lost(self) -> None:
        """The link is down: nothing is begun."""
        self._in_step = False

    async def _rounds(self) -> None:
        while True:
            await self._clock.sleep(ROUND_S)
            if self._in_step:
                await self._round_or_later()

    async def _round_or_later(self) -> None:
        try:
            await self.round()
        except CarelineError as error:
            log.warn("outbound calls wait: {error}", error=error)

    async def _resume(self) -> None:
        while True:
            try:
                rows = await self._db.run(store.running, self._node)
                for kept in rows:
                    await self._take_up(kept)
            except CarelineError as error:
                log.warn("outbound calls of before wait: {error}", error=error)
                await self._clock.sleep(ROUND_S)
            else:
                self._in_step = True
                return

    async def _take_up(self, kept: Kept) -> None:
        if kept.call in self._running:
            if self._calls.get(kept.call) is None:
                await self.closed_later(kept.call)
            return
        stored = await self._db.run(calls_store.load, kept.call) if kept.call else None
        call = self._calls.get(kept.call) or (stored.record if stored else None)
        told = [one.fact for one in stored.facts] if stored else []
        if call is None:
            await self._db.run(self._outbound.not_tried, kept, "outbound.restart", AGAIN)
        elif call.ended is None or call.wrapping_up:
            self._running[kept.call] = Running(kept, call.trunk)
        else:
            await self._settle(kept, call, told)

    # What is due

    async def round(self) -> None:
        """Tidy up, then begin what may begin now."""
        await self._db.run(self._outbound.tidy)
        stopped = {pause.purpose for pause in await self._outbound.paused()}
        if "" in stopped or self.figures.lines == 0:
            return
        left = AT_ONCE
        for kept in await self._due(Mode.AUTOMATIC, stopped):
            left -= await self._begin_automatic(kept) if left else 0
        left = AT_ONCE
        for kept in await self._due(Mode.PROGRESSIVE, stopped):
            if left and self._free(kept.task.queue) > 0:
                left -= await self._begin_progressive(kept)

    async def _due(self, mode: Mode, stopped: set[str]) -> list[Kept]:
        wanted = Wanted(
            stages=(Stage.WAITING,),
            modes=(mode,),
            purposes_not=stopped,
            due_by=self._clock.now(),
        )
        return await self._outbound.list(wanted, most=LOOKED_AT)

    def _has_line(self, trunk: str) -> bool:
        used = Counter(one.trunk for one in self._running.values() if self._is_up(one))
        return used[trunk] < self.figures.lines

    def _is_up(self, running: Running) -> bool:
        call = self._calls.get(running.kept.call)
        return call is None or call.ended is None

    def _free(self, queue: str) -> int:
        """Agents of the queue who are ready, less everybody whom they are to serve first."""
        ready = [
            one.agent
            for one in self._agents.states.values()
            if one.state is State.READY and queue in self._ways.skills(one.agent)
        ]
        served = {queue} | {one for agent in ready for one in self._ways.skills(agent)}
        waiting = sum(call.waiting_in in served for call in self._calls.open)
        coming = sum(
            one.kept.task.mode is Mode.PROGRESSIVE
            and one.kept.task.queue in served
            and not self._has_queued(one.kept.call)
            for one in self._running.values()
        )
        return len(ready) - waiting - coming

    def _has_queued(self, call_id: str) -> bool:
        call = self._calls.get(call_id)
        return call is not None and bool(call.stays or call.ended)

    # Beginning

    async def _begin_automatic(self, kept: Kept) -> bool:
        try:
            self._book.get(kept.task.flow)
        except CarelineError as error:
            log.error("outbound task {key}: {error}", key=kept.task.key, error=error)
            await self._db.run(self._outbound.later, kept.task.key, "outbound.flow", FLOW_AGAIN)
            return False
        trunk = await self._cleared(kept)
        running = await self._claimed(kept, trunk) if trunk else None
        if running is None:
            return False
        variables = {
            "CARELINE_AUTOMATIC": "1",
            "CARELINE_LISTEN": "1" if self.figures.listens else "",
        }
        dial = self._ways.dial_string(running.kept.number, trunk)
        ring_s = self.figures.ring_s
        await self._originate(running, dial, AUTOMATIC, "s", variables, ring_s)
        return True

    async def _begin_progressive(self, kept: Kept) -> bool:
        trunk = await self._cleared(kept)
        running = await self._claimed(kept, trunk) if trunk else None
        if running is None:
            return False
        number, call = running.kept.number, running.kept.call
        variables = {
            **await self._ways.marks(call, number),
            "CARELINE_QUEUE": kept.task.queue,
            "CARELINE_PRIORITY": "0",
            "CARELINE_LIMIT": str(QUEUE_S),
            "CARELINE_DIAL": self._ways.dial_string(number, trunk),
            "CARELINE_PATIENT": number,
            "CARELINE_SHOWN": self._ways.shown(trunk),
        }
        half = f"Local/s@{PROGRESSIVE}/n"
        await self._originate(running, half, PROGRESSIVE, "out", variables, QUEUE_S)
        return True

    async def _cleared(self, kept: Kept) -> str:
        """The trunk for a task whose number may be dialled; empty when not now or never."""
        trunk = self._ways.trunk(kept.task.campus)
        if not trunk or not self._has_line(trunk):
            return ""
        if not self._ways.dial_string(kept.number, trunk):
            await self._db.run(self._outbound.refused, kept.task.key, "outbound.number")
            return ""
        refusal = await self._hub.may_dial(agent="", number=kept.number)
        if refusal is not None:
            await self._db.run(self._outbound.refused, kept.task.key, refusal.code)
            return ""
        return trunk

    async def _claimed(self, kept: Kept, trunk: str) -> Running | None:
        call_id = f"{self._node}-{int(self._clock.now().timestamp())}.o{token_hex(4)}"
        begun, _ = await self._db.run(
            self._outbound.claim, kept.task.key, call_id, self._node, kept.number
        )
        if begun is None:
            return None
        running = self._running[call_id] = Running(begun, trunk)
        return running

    async def _originate(
        self,
        running: Running,
        channel: str,
        context: str,
        exten: str,
        variables: Mapping[str, str],
        timeout_s: int,
    ) -> None:
        kept = running.kept
        shown = self._ways.shown(running.trunk)
        caller_id = kept.number if context == PROGRESSIVE else shown or None
        try:
            await self._switch.originate(
                channel,
                context,
                exten,
                caller_id=caller_id,
                variables=variables,
                timeout_s=timeout_s,
                channel_id=kept.call,
            )
        except CarelineError as error:
            log.warn("outbound task {key}: {error}", key=kept.task.key, error=error)
            self._running.pop(kept.call, None)
            await self._db.run(self._outbound.over, kept, Outcome.FAILED, error.code)
            return
        self._tasks.spawn(self._begun(running), "an outbound call")

    async def _begun(self, running: Running) -> None:
        """Say in the call's record whom it is for; without a record it came to nothing."""
        kept = running.kept
        call = await self._calls.appears(kept.call, self._clock, APPEARS_S)
        if call is not None:
            self._note(running)
        elif self._running.pop(kept.call, None) is not None:
            await self._db.run(self._outbound.over, kept, Outcome.FAILED, "outbound.no_channel")

    def _note(self, running: Running) -> None:
        kept, now = running.kept, self._clock.now()
        task, call = kept.task, kept.call
        about = {"task": task.key, "purpose": task.purpose, "mode": task.mode.value}
        dialled = f.Dialled(
            at=now, channel=call, number=kept.number, trunk=running.trunk, campus=task.campus
        )
        self._calls.note(call, dialled)
        self._calls.note(call, f.Noted(at=now, channel=call, what="outbound", detail=about))
        if task.patient:
            self._calls.note(call, f.Linked(at=now, channel=call, patient=task.patient))

    # By hand

    async def begin(self, key: str, agent: str) -> str:
        """Dial a PREVIEW task for the agent who has taken it; the call's id.

        Refused when it may not be called now, and why; it has gone from the agent then.
        """
        begun, decision = await self._db.run(self._outbound.claim, key, "", self._node, "", agent)
        if begun is None and decision is not None:
            why = decision.text
            raise Refused("outbound.not_now", "this call may not be made now. {why}", why=why)
        if begun is None:
            raise Refused("outbound.stopped", "this call is stopped, or not to be made any more")
        try:
            call = await self._ways.dial(agent, begun.number, begun.task.patient)
        except CarelineError as error:
            await self._db.run(self._outbound.not_tried, begun, error.code, AGAIN)
            raise
        named = await self._db.run(self._outbound.named, begun, call)
        if named is not None:
            trunk = self._ways.trunk(named.task.campus)
            running = self._running[call] = Running(named, trunk)
            self._note(running)
            if self._calls.get(call) is None:
                await self.closed_later(call)
        return call

    # What came of it

    async def answered(self, call: CallRecord, heard: str, language: str) -> Position | None:
        """Where an automatic call begins that was answered; None when there is nothing to say."""
        kept = await self._kept_of(call.id)
        if kept is None:
            return None
        machine, task = is_machine(heard), kept.task
        noted = f.Noted(at=self._clock.now(), channel=call.id, what=HEARD, detail={"amd": heard})
        self._calls.note(call.id, noted)
        if machine and task.args.get("machine") != "flow":
            return None
        try:
            position = self._book.begin(task.flow, task.args.get("language") or language)
            by = "machine" if machine else "human"
            for name, value in {**task.args, "task": task.key, "answered_by": by}.items():
                position = position.with_var(name, value)
        except CarelineError as error:
            log.error("outbound task {key}: {error}", key=task.key, error=error)
            return None
        return position

    async def _kept_of(self, call_id: str) -> Kept | None:
        running = self._running.get(call_id)
        if running is not None:
            return running.kept
        try:
            return await self._clock.within(LOOK_UP_S, self._db.run(store.of_call, call_id))
        except (Unavailable, TimeoutError) as error:
            log.warn("the task of call {call} is not known: {error}", call=call_id, error=error)
            return None

    def closed(self, call_id: str) -> None:
        """A call is finished and stored, its agents' wrap-up too: settle the task it was for."""
        if call_id in self._running:
            self._tasks.spawn(self.closed_later(call_id), "what came of an outbound call")

    async def closed_later(self, call_id: str) -> None:
        """The same, waiting for the database as long as it is away."""
        running = self._running[call_id]
        while call_id in self._running:
            try:
                stored = await self._db.run(calls_store.load, call_id)
                if stored is None:
                    again = "outbound.restart", AGAIN
                    await self._db.run(self._outbound.not_tried, running.kept, *again)
                else:
                    told = [one.fact for one in stored.facts]
                    await self._settle(running.kept, stored.record, told)
            except Unavailable as error:
                log.warn("an outbound call is not settled yet: {error}", error=error)
                await self._clock.sleep(ROUND_S)
            else:
                self._running.pop(call_id, None)

    async def _settle(self, kept: Kept, call: CallRecord, told: Iterable[f.Fact]) -> None:
        outcome, reason = outcome_of(call, kept.task.mode, told)
        if outcome is None:
            await self._db.run(self._outbound.not_tried, kept, reason, AGAIN)
        else:
            await self._db.run(self._outbound.over, kept, outcome, reason)
