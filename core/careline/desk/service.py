"""Drafts that survive everything, and the end of an agent's work on a call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta, tzinfo
from typing import Any

from attrs import evolve
from twisted.logger import Logger

from careline.agents.model import ON_CALL, AgentStatus, State
from careline.agents.service import AgentChange, Agents
from careline.agents.wishes import Wishes
from careline.callbacks.service import Callbacks
from careline.calls import facts as f
from careline.calls.model import CallRecord
from careline.calls.search import CallLine, earlier_calls
from careline.calls.service import Calls
from careline.calls.store import StoredCall, load
from careline.clock import Clock, TimeoutError
from careline.desk.model import Draft, Written, took_part, written
from careline.dispositions.service import Dispositions
from careline.errors import CarelineError, Invalid, NotFound, Refused, Unavailable
from careline.i18n.when import parse_moment
from careline.numbers import parse_phone
from careline.storage import Database
from careline.storage.behind import WriteBehind
from careline.tasks import Tasks

#: Seconds that a save waits to hear that the database has it.
STORED_S = 3.0
#: When an unreadable promise to call back becomes due.
SOON = timedelta(0)

log = Logger()


class Desk:
    """Every agent's drafts in memory and, right after, in the database.

    ``stored`` waits until all facts of calls are written; ``zone`` gives the hospital's.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        tasks: Tasks,
        db: Database,
        calls: Calls,
        agents: Agents,
        wishes: Wishes,
        dispositions: Dispositions,
        callbacks: Callbacks,
        drafts: WriteBehind[Draft],
        stored: Callable[[], Awaitable[None]],
        zone: Callable[[], tzinfo],
    ) -> None:
        self._clock = clock
        self._tasks = tasks
        self._db = db
        self._calls = calls
        self._agents = agents
        self._wishes = wishes
        self._dispositions = dispositions
        self._callbacks = callbacks
        self._log = drafts
        self._stored = stored
        self._zone = zone
        self._drafts: dict[tuple[str, str], Draft] = {}
        agents.listen(self._agent_changed)

    # Who may see what

    def call_of(self, agent: str) -> str:
        """The call that the agent's desk rings, talks or wraps up for now, or empty."""
        status = self._agents.states.get(agent)
        return status.call if status else ""

    def sees(self, agent: str, call: str | CallRecord) -> bool:
        """True when the call is at the agent's desk now, or the agent took part in it.

        That another desk rings for it, or that it waits in a queue, is no reason.
        """
        known = self._calls.get(call) if isinstance(call, str) else call
        call_id = call if isinstance(call, str) else call.id
        return bool(agent) and (
            self.call_of(agent) == call_id
            or (call_id, agent) in self._drafts
            or (known is not None and took_part(known, agent))
        )

    async def find(self, call_id: str) -> StoredCall:
        """A call with its facts, live or long over; NotFound."""
        if self._calls.get(call_id):
            await self._within(self._stored())
        stored = await self._db.run(load, call_id)
        if stored is None:
            raise NotFound("call.unknown", "there is no call {call}", call=call_id)
        return stored

    async def earlier(self, number: str, but: str, limit: int) -> list[CallLine]:
        """The last calls with a number, without the call ``but``."""
        return await self._db.run(earlier_calls, number, but, limit)

    # Drafts

    def resume(self, drafts: Iterable[Draft]) -> None:
        """Take up what an earlier core left; work that ended with it is written into its call."""
        for draft in drafts:
            self._drafts[draft.call, draft.agent] = draft

    def settle(self) -> None:
        """In step with the switch: what belongs to calls that are over is recorded."""
        for draft in list(self._drafts.values()):
            if not self._at_work(draft):
                self._record(draft)

    def draft(self, call_id: str, agent: str) -> Draft:
        """What the agent has typed for the call so far."""
        blank = Draft(call=call_id, agent=agent, saved=self._clock.now())
        return self._drafts.get((call_id, agent), blank)

    def drafts_of(self, call_id: str) -> tuple[Draft, ...]:
        """What all agents have typed for the call."""
        return tuple(one for one in self._drafts.values() if one.call == call_id)

    async def save(self, call_id: str, agent: str, **typed: Any) -> bool:
        """Keep what is typed, right or wrong; True when the database has it too.

        Refused for a call that is not at the agent's desk: that one is amended, not drafted.
        """
        if self.call_of(agent) != call_id and (call_id, agent) not in self._drafts:
            raise Refused("desk.not_yours", "This call is not at your desk any more.")
        draft = evolve(self.draft(call_id, agent), saved=self._clock.now(), **typed)
        return await self._keep(draft)

    async def late(self, call_id: str, agent: str, *, note: str, **typed: Any) -> None:
        """What was typed while the work ended: into the record, if it is the agent's own call."""
        disposition = str(typed.get("disposition", ""))
        usable = disposition if self._dispositions.tree.usable(disposition) else ""
        await self.amend(call_id, agent, usable, note)

    async def _keep(self, draft: Draft) -> bool:
        if draft.blank:
            self._drafts.pop((draft.call, draft.agent), None)
        else:
            self._drafts[draft.call, draft.agent] = draft
        self._log.put(draft)
        return await self._within(self._log.written())

    async def _within(self, stored: Awaitable[None]) -> bool:
        try:
            await self._clock.within(STORED_S, stored)
        except TimeoutError:
            return False
        return True

    # The end of the work

    def work_of(self, call_id: str, agent: str) -> tuple[str, str]:
        """Disposition and note as they go into the record when a wrap-up ends now."""
        draft = self.draft(call_id, agent)
        usable = self._dispositions.tree.usable(draft.disposition)
        return (draft.disposition if usable else ""), draft.note.strip()

    async def finish(self, agent: str) -> AgentStatus:
        """Record the draft, end the wrap-up, ready for the next; Invalid keeps all as it is.

        In the middle of a call it is only checked: the wrap-up after it will be short.
        """
        status = self._agents.status(agent)
        draft = self.draft(status.call, agent)
        self.check(draft)
        if status.state is not State.WRAP_UP:
            if status.state not in ON_CALL:
                raise Refused("desk.no_wrap_up", "There is no call to finish.")
            return status
        return await self._wishes.finish(agent)

    def check(self, draft: Draft) -> None:
        """Raises Invalid with one problem for each field that is wrong."""
        problems = []
        if draft.disposition and not self._dispositions.tree.usable(draft.disposition):
            problems.append(
                Invalid("desk.disposition", "Choose one of the list, or leave it empty.")
            )
        if draft.back:
            problems += self._back_problems(draft)
        if problems:
            raise Invalid("desk.finish", "Something is not right yet:", problems=problems)

    def _back_problems(self, draft: Draft) -> list[Invalid]:
        problems = []
        try:
            parse_moment(draft.back_when, self._clock.now(), self._zone())
        except CarelineError as error:
            problems.append(Invalid("desk.back_when", error.message, problems=(), **error.params))
        try:
            call = self._calls.get(draft.call)
            parse_phone(draft.back_number or (_number(call) if call else ""), "")
        except CarelineError as error:
            problems.append(Invalid("desk.back_number", error.message, problems=(), **error.params))
        return problems

    def _agent_changed(self, change: AgentChange) -> None:
        """Whatever ended the agent's work (a key, the limit, a desk phone): what is typed stays."""
        for draft in list(self._drafts.values()):
            if draft.agent == change.after.agent and not self._at_work(draft):
                self._record(draft)

    def _at_work(self, draft: Draft) -> bool:
        if self.call_of(draft.agent) == draft.call:
            return True
        call = self._calls.get(draft.call)
        legs = call.legs if call else ()
        return any(leg.agent == draft.agent and leg.ended is None for leg in legs)

    def _record(self, draft: Draft) -> None:
        """Into the call's record, once: the end of a wrap-up has taken it there already."""
        disposition, note = self.work_of(draft.call, draft.agent)
        fact = f.WrapUpEnded(
            at=self._clock.now(),
            channel="",
            agent=draft.agent,
            disposition=disposition,
            note=note,
        )
        call = self._calls.get(draft.call)
        if call and not any(work.agent == draft.agent for work in call.wrap_ups):
            self._calls.note(draft.call, fact)
        self._drafts.pop((draft.call, draft.agent), None)
        self._tasks.spawn(self._drop(draft, fact, call), "a draft that is recorded")

    async def _drop(self, draft: Draft, fact: f.WrapUpEnded, call: CallRecord | None) -> None:
        """Out of the database once the record is in it; ``call`` is None when it is over."""
        if call is None:
            stored = await self._db.run(load, draft.call)
            call = stored.record if stored else None
            if stored and _lacks(stored, fact):
                self._calls.note(draft.call, fact)
        if draft.back and call:
            self._promise(draft, call)
        await self._stored()
        if (draft.call, draft.agent) not in self._drafts:
            self._log.put(evolve(draft, disposition="", note="", back=False))

    def _promise(self, draft: Draft, call: CallRecord) -> None:
        now = self._clock.now()
        try:
            due = parse_moment(draft.back_when, now, self._zone())
        except CarelineError:
            due = now + SOON
        try:
            number = parse_phone(draft.back_number or _number(call), "").e164
        except CarelineError:
            number = call.number
        if not number:
            log.warn("a promise to call back has no number: call {call}", call=draft.call)
            return
        note = " ".join([draft.back_when, draft.note]).strip()
        self._callbacks.promise(call, number, draft.agent, due, note)

    # Afterwards

    async def amend(self, call_id: str, agent: str, disposition: str, note: str) -> Written:
        """Put the agent's own words of a finished call right; NotFound for somebody else's call."""
        stored = await self.find(call_id)
        if not took_part(stored.record, agent):
            raise NotFound("call.unknown", "there is no call {call}", call=call_id)
        code = self._dispositions.checked(disposition)
        now = self._clock.now()
        fact = f.Amended(at=now, channel="", agent=agent, disposition=code, note=note.strip())
        self._calls.note(call_id, fact)
        if not await self._within(self._stored()):
            raise Unavailable("desk.later", "The database is away; your change will be stored.")
        return Written(agent=agent, disposition=code, note=fact.note, at=now, amended=True)

    async def written(self, call_id: str) -> tuple[Written, ...]:
        """What agents have written of a call."""
        stored = await self.find(call_id)
        return written(tuple(item.fact for item in stored.facts))


def _number(call: CallRecord) -> str:
    return call.number or call.caller


def _lacks(stored: StoredCall, fact: f.WrapUpEnded) -> bool:
    """True when a finished call's record does not say yet what the draft says."""
    known = written(tuple(item.fact for item in stored.facts))
    mine = ((one.disposition, one.note) for one in known if one.agent == fact.agent)
    return (fact.disposition, fact.note) not in mine
