"""What a test asks of a hospital in which calls come in, whatever switch they come over."""

from __future__ import annotations

from typing import Any

from attrs import frozen
from twisted.internet.defer import Deferred

from careline.agents.model import State
from careline.app import App
from careline.calls import facts as f
from careline.calls import store as calls_store
from careline.calls.model import CallRecord
from careline.calls.service import Change
from careline.calls.store import StoredCall
from careline.clock import Clock
from careline.demo.phone import PATIENCE_S
from careline.jobs import Job
from careline.jobs import store as jobs_store
from careline.jobs.model import JobRecord, JobState
from careline.setup.demo import NUMBER, PEOPLE
from careline.storage import Database
from careline.testing.stage import AgentPhone, Behaviour, Caller, Stage, until

LOOK_S = 0.05


class Floor:
    """Waits for what happens in the core ``app``; ``db`` is for looking things up."""

    reactor: Any
    clock: Clock
    app: App
    db: Database

    async def agent_is(self, agent: str, state: State, timeout: float = PATIENCE_S) -> None:
        """Wait until an agent's state is ``state``."""
        reached: Deferred[None] = Deferred()

        def look(_: object = None) -> None:
            status = self.app.agents.states.get(agent)
            if status and status.state is state and not reached.called:
                reached.callback(None)

        self.app.agents.listen(look)
        look()
        await self.clock.within(timeout, reached)

    def happens(
        self, fact: type[f.Fact], timeout: float = PATIENCE_S, **fields: object
    ) -> Deferred[CallRecord]:
        """The next fact of a kind with these fields, in any call; gives the record after it.

        Listening begins at once, so that it may be called before what brings the fact about.
        """
        seen: Deferred[CallRecord] = Deferred()

        def look(change: Change) -> None:
            fits = all(getattr(change.fact, name, None) == want for name, want in fields.items())
            if isinstance(change.fact, fact) and fits and not seen.called:
                seen.callback(change.after)

        stop = self.app.calls.listen(look)

        def over(result: CallRecord) -> CallRecord:
            stop()
            return result

        return seen.addTimeout(timeout, self.reactor).addBoth(over)

    async def calls_over(self, timeout: float = PATIENCE_S) -> None:
        """Wait until every channel of every call is gone."""
        over: Deferred[None] = Deferred()

        def look(_: object = None) -> None:
            live = [call for call in self.app.calls.open if call.ended is None]
            if not live and not over.called:
                over.callback(None)

        stop = self.app.calls.listen(look)
        look()
        try:
            await self.clock.within(timeout, over)
        finally:
            stop()

    async def record(self, call_id: str = "") -> StoredCall:
        """The record of a call as stored, the latest when none is named."""
        await self.app.calls_writer.written()
        call_id = call_id or self.db.run_sync(calls_store.recent, 1)[0]
        stored = self.db.run_sync(calls_store.load, call_id)
        assert stored is not None
        return stored

    # Jobs and plugins

    def jobs(self, kind: str | None = None, state: JobState | None = None) -> list[JobRecord]:
        """The jobs there are, the newest first."""
        return self.db.run_sync(jobs_store.listing, state, kind)

    async def settled(self) -> None:
        """Wait until no job is due or running any more, and all is written."""
        while self.app.worker.running or self._due():
            await self.clock.sleep(LOOK_S)
        await self.app.all_written()

    def _due(self) -> list[JobRecord]:
        now, known = self.clock.now(), self.app.worker.kinds
        waiting = self.jobs(state=JobState.WAITING)
        return [one for one in waiting if one.run_at <= now and one.kind in known]

    async def work(self, kind: str, **args: Any) -> JobRecord:
        """Put a job of a kind and have it done now; how it came out.

        What has happened so far is stored before.
        """
        await self.app.all_written()
        job = await self.app.db.run(self.app.outbox.put, Job(kind, args))
        await self.settled()
        return next(one for one in self.jobs(kind) if one.id == job)

    def plugin(self, name: str = "") -> Any:
        """The hooks object of a plugin, of the first enabled one when none is named."""
        return self.app.plugins.hooks(name or self.app.settings.plugins[0])


@frozen
class Talk:
    """A caller and an agent who hear each other."""

    caller: Caller
    phone: AgentPhone
    record: CallRecord

    @property
    def id(self) -> str:
        """The call's id."""
        return self.record.id


class Staged(Floor):
    """A floor whose callers and agents are those of a ``stage``."""

    stage: Stage

    async def calls_in(self, number: str = "13800001111", dnis: str = NUMBER) -> Caller:
        """Somebody calls the hotline and is answered."""
        caller = await self.stage.incoming(number, dnis)
        await caller.answered()
        return caller

    async def over(self, timeout: float = PATIENCE_S) -> CallRecord:
        """Wait until no call is open any more; the record of the latest, as stored."""
        await until(self.clock, lambda: not self.app.calls.open, timeout, "all calls over")
        return (await self.record()).record

    async def agent(self, agent: str, behaviour: Behaviour | None = None) -> AgentPhone:
        """An agent at its own phone, signed in and ready."""
        name = {number: phone for number, _, phone, _ in PEOPLE}[agent]
        phone = await self.stage.phone(name, behaviour)
        self.app.agents.sign_in(agent)
        self.app.agents.ready(agent)
        await self.app.queues.settled()
        return phone

    async def talk(self, number: str = "13800001111", agent: str = "8001", keys: str = "0") -> Talk:
        """Somebody calls the hotline, presses ``keys`` and talks with an agent; the call is up."""
        phone = await self.agent(agent)
        caller = await self.calls_in(number)
        await caller.press(keys)
        await phone.ringing()
        await phone.answer()
        assert await phone.talks_with(caller)
        # The switch has joined them before the core is told.
        await until(
            self.clock, lambda: self._served_by(agent), PATIENCE_S, "the core knows of the talk"
        )
        return Talk(caller, phone, self._served_by(agent)[-1])

    def _served_by(self, agent: str) -> list[CallRecord]:
        return [one for one in self.app.calls.open if one.served_by == agent and not one.ended]
