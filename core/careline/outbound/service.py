"""What others ask of outbound calling. Verbs with ``tx`` run in the caller's own transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta, tzinfo
from functools import partial

from twisted.logger import Logger

from careline.clock import Clock
from careline.errors import NotFound, Refused
from careline.hooks import Hub
from careline.outbound import store, trying
from careline.outbound.beside import Beside
from careline.outbound.lately import Lately
from careline.outbound.model import Attempt, Kept, Mode, Outcome, Stage, Task
from careline.outbound.rules import RESULTS, Retries, after
from careline.outbound.store import Pause, Wanted
from careline.outreach.model import Decision, Result, Verdict
from careline.outreach.service import Outreach
from careline.storage import Database, Tx

#: How long an agent may look at a task before it goes back to the others.
TAKEN_FOR = timedelta(minutes=15)
#: How long a task that is due waits for the one agent it was given to.
WAITS_FOR_ONE = timedelta(hours=24)

log = Logger()


class Outbound:
    """The calls that the hospital begins by itself, as rows; the dialler makes them happen.

    ``queues_of(agent)`` gives the queues an agent serves, ``zone(campus)`` a campus's clock.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        hub: Hub,
        outreach: Outreach,
        retries: Retries,
        queues_of: Callable[[str], Iterable[str]],
        zone: Callable[[str], tzinfo],
    ) -> None:
        self._db = db
        self._clock = clock
        self._hub = hub
        self._outreach = outreach
        self._retries = retries
        self._queues_of = queues_of
        self._zone = zone
        self._listeners: list[Callable[[str], object]] = []
        self.beside = Beside(db, clock, self.over, queues_of)
        self.lately = Lately(db, clock, outreach, self.over)
        self._guard = log.failureHandler("a listener to outbound tasks failed")

    def listen(self, listener: Callable[[str], object]) -> None:
        """Have ``listener(key)`` called on the reactor thread after a task has changed."""
        self._listeners.append(listener)

    def _tell(self, key: str) -> None:
        for listener in self._listeners:
            with self._guard:
                listener(key)

    # What plugins ask for

    def put(self, tx: Tx, task: Task) -> bool:
        """Have a call made; False when a task of that key is there already, which stays as it is.

        However it ends, ``outbound_settled`` tells once.
        """
        now = self._clock.now()
        added = store.add(tx, Kept(task=task, next_at=task.due, since=now))
        if added:
            tx.after_commit(partial(self._tell, task.key))
        return added

    def withdraw(self, tx: Tx, key: str, why: str = "") -> bool:
        """Have a call not made; False when it is being made, is over, or was never asked for.

        A call that is being made ends by itself, and tells of its end.
        """
        kept = store.get(tx, key)
        if kept is None or kept.stage not in (Stage.WAITING, Stage.TAKEN):
            return False
        return self.over(tx, kept, Outcome.WITHDRAWN, why or "outbound.withdrawn") is not None

    def assign(self, tx: Tx, key: str, agent: str) -> bool:
        """Have a PREVIEW task taken by ``agent`` alone, or with "" by anybody; False: no change.

        One that another agent has taken already stays with that one for this try.
        """
        changed = store.assign(tx, key, agent, self._clock.now())
        if changed:
            tx.after_commit(partial(self._tell, key))
        return changed

    def look(self, tx: Tx, key: str) -> Kept | None:
        """The task with that key as it stands, in the caller's transaction."""
        return store.get(tx, key)

    async def get(self, key: str) -> Kept:
        """The task with that key as it stands; NotFound."""
        kept = await self._db.run(store.get, key)
        if kept is None:
            raise NotFound("outbound.unknown", "there is no outbound task {key}", key=key)
        return kept

    async def list(self, wanted: Wanted, offset: int = 0, most: int = 200) -> list[Kept]:
        """Tasks, the one that is called first at the head."""
        return await self._db.run(store.listed, wanted, offset, most)

    async def counted(self, wanted: Wanted) -> Mapping[tuple[Stage, Outcome | None], int]:
        """How many tasks there are by stage and outcome."""
        return await self._db.run(store.counted, wanted)

    async def of_call(self, call: str) -> Kept | None:
        """The task whose latest try is that call."""
        return await self._db.run(store.of_call, call)

    async def attempts(self, key: str) -> tuple[Attempt, ...]:
        """The tries of a task, the first first."""
        return tuple(await self._db.run(store.attempts, key))

    async def settle(
        self, key: str, outcome: Outcome, by: str = "", sure: bool = True
    ) -> Kept | None:
        """Say what came of the running try: a flow, an agent, a plugin knows better than the line.

        None when no try is running: it was said already. ``by`` is a login, an agent or a plugin.
        Not ``sure``: whoever answered has not shown who it is, so a wrong number is passed over
        this time and not remembered as wrong.
        """
        return await self._db.run(self._settle, key, outcome, by, sure)

    def _settle(self, tx: Tx, key: str, outcome: Outcome, by: str, sure: bool) -> Kept | None:
        kept = store.get(tx, key)
        if kept is None or kept.stage not in (Stage.CALLING, Stage.TAKEN):
            return None
        return self.over(tx, kept, outcome, f"by {by}"[:64] if by else "", sure)

    # What agents do

    async def take(self, agent: str) -> Kept | None:
        """The next PREVIEW task of the agent's queues, which is the agent's from now on.

        One that the agent has taken already and not begun is given again; None when there is none.
        """
        return await self._db.run(self._take, agent, tuple(self._queues_of(agent)))

    async def take_this(self, key: str, agent: str) -> Kept:
        """That PREVIEW task, before its turn.

        Refused when it is another agent's, is over or stopped, or the agent has one in hand.
        """
        return await self._db.run(self._take_this, key, agent, tuple(self._queues_of(agent)))

    def _take_this(self, tx: Tx, key: str, agent: str, queues: tuple[str, ...]) -> Kept:
        kept = store.get(tx, key)
        if kept is not None and kept.stage is Stage.WAITING and kept.task.mode is Mode.PREVIEW:
            whose, queue = kept.task.whose, kept.task.queue
            if whose == agent or (not whose and queue in queues):
                self._need_free(tx, kept, agent)
                taken = {"stage": Stage.TAKEN, "agent": agent, "since": self._clock.now()}
                self._changed(tx, store.change(tx, kept, **taken))
        return self._taken(tx, key, agent)

    def _need_free(self, tx: Tx, kept: Kept, agent: str) -> None:
        """Go on only if nothing keeps the agent from calling this one: it would be lost to all."""
        if {pause.purpose for pause in store.pauses(tx)} & {"", kept.task.purpose}:
            raise Refused("outbound.stopped", "this call is stopped, or not to be made any more")
        if store.listed(tx, Wanted(stages=(Stage.TAKEN,), agent=agent), most=1):
            raise Refused("outbound.in_hand", "you have another call in hand; put it back first")

    def _take(self, tx: Tx, agent: str, queues: tuple[str, ...]) -> Kept | None:
        mine = Wanted(stages=(Stage.TAKEN,), agent=agent)
        for kept in store.listed(tx, mine, most=1):
            return kept
        now = self._clock.now()
        stopped = {pause.purpose for pause in store.pauses(tx)}
        due = Wanted(
            stages=(Stage.WAITING,),
            modes=(Mode.PREVIEW,),
            queues=queues,
            purposes_not=stopped,
            free_for=agent,
            due_by=now,
        )
        for kept in store.listed(tx, due) if "" not in stopped else ():
            if self._expired(tx, kept, now):
                continue
            return self._changed(
                tx, store.change(tx, kept, stage=Stage.TAKEN, agent=agent, since=now)
            )
        return None

    async def put_back(self, key: str, agent: str) -> None:
        """Leave a task that was taken and not begun to the others."""
        await self._db.run(self._put_back, key, agent)

    def _put_back(self, tx: Tx, key: str, agent: str) -> None:
        kept = self._taken(tx, key, agent)
        at = max(kept.next_at, self._clock.now() + timedelta(minutes=1))
        free = {"stage": Stage.WAITING, "agent": "", "next_at": at}
        self._changed(tx, store.change(tx, kept, **free))

    def _taken(self, tx: Tx, key: str, agent: str) -> Kept:
        kept = store.get(tx, key)
        if kept is None:
            raise NotFound("outbound.unknown", "there is no outbound task {key}", key=key)
        if kept.stage is not Stage.TAKEN or kept.agent != agent:
            raise Refused("outbound.not_yours", "this task is not yours now")
        return kept

    # What leaders do

    async def pause(self, purpose: str, by: str, why: str = "") -> None:
        """Dial nothing more for ``purpose``; "" stops everything. Calls that are up go on."""
        pause = Pause(purpose, by, self._clock.now(), why)
        await self._db.run(store.put_pause, pause)
        self._tell("")

    async def resume(self, purpose: str) -> bool:
        """Let a purpose go on; False when it was not stopped."""
        found = await self._db.run(store.drop_pause, purpose)
        self._tell("")
        return found

    async def paused(self) -> tuple[Pause, ...]:
        """What is stopped now."""
        return tuple(await self._db.run(store.pauses))

    # What the dialler does

    def claim(
        self, tx: Tx, key: str, call: str, node: str, number: str = "", agent: str = ""
    ) -> tuple[Kept | None, Decision | None]:
        """Begin a try as ``call``, if it may be now: the task as it stands, or None, and why not.

        ``number`` is the one that was judged before, ``agent`` who has taken the task. Whoever
        comes second gets None.
        """
        now = self._clock.now()
        kept = self._taken(tx, key, agent) if agent else store.get(tx, key)
        if kept is None or (not agent and (kept.stage is not Stage.WAITING or kept.next_at > now)):
            return None, None
        if number and number != kept.number:
            return None, None
        stopped = {pause.purpose for pause in store.pauses(tx)}
        if self._expired(tx, kept, now) or stopped & {"", kept.task.purpose}:
            return None, None
        decision = self._outreach.decide(tx, trying.contact_of(kept), now)
        if not decision.goes:
            self._not_now(tx, kept, decision, now)
            return None, decision
        begun = store.change(
            tx,
            kept,
            stage=Stage.CALLING,
            tries=kept.tries + 1,
            rung_tries=kept.rung_tries + 1,
            call=call,
            node=node,
            agent=agent,
            since=now,
            reason="",
        )
        if begun is not None:
            store.put_attempt(tx, trying.attempt_of(begun))
        return self._changed(tx, begun), decision

    def _not_now(self, tx: Tx, kept: Kept, decision: Decision, now: datetime) -> None:
        """Another time by the governor's word, or another number, or never."""
        if decision.verdict is Verdict.NEVER:
            expired = decision.code in ("outreach.expired", "outreach.no_room")
            self.over(tx, kept, Outcome.EXPIRED if expired else Outcome.REFUSED, decision.code)
            return
        at = max(kept.next_at, decision.until or now + timedelta(hours=1))
        free = {"stage": Stage.WAITING, "agent": "", "next_at": at, "reason": decision.code}
        self._changed(tx, store.change(tx, kept, **free))

    def _expired(self, tx: Tx, kept: Kept, now: datetime) -> bool:
        last = kept.task.not_after
        if last is None or last > now:
            return False
        self.over(tx, kept, kept.outcome or Outcome.EXPIRED, "outbound.expired")
        return True

    def refused(self, tx: Tx, key: str, code: str) -> None:
        """The number of a task that waits may not be dialled: the next one, or the end."""
        kept = store.get(tx, key)
        if kept is not None and kept.stage is Stage.WAITING:
            self.over(tx, kept, Outcome.REFUSED, code)

    def later(self, tx: Tx, key: str, code: str, again: timedelta) -> None:
        """Look at a task that waits at another time; it was not tried."""
        kept = store.get(tx, key)
        if kept is not None and kept.stage is Stage.WAITING:
            changes = {"next_at": self._clock.now() + again, "reason": code}
            self._changed(tx, store.change(tx, kept, **changes))

    def not_tried(self, tx: Tx, kept: Kept, why: str, again: timedelta) -> Kept | None:
        """The try did not reach the patient's phone (no agent answered): it counts for nothing.

        A task that was to be called later than ``again`` from now keeps its time.
        """
        now = self._clock.now()
        back = {"stage": Stage.WAITING, "agent": "", "call": "", "node": ""}
        fewer = {"rung_tries": max(kept.rung_tries - 1, 0), "reason": why}
        at = max(kept.next_at, now + again)
        changed = store.change(tx, kept, **back, **fewer, next_at=at)
        if changed is None:  # somebody was faster, and knew more
            return None
        self._outreach.settle(tx, trying.contact_key(kept), Result.DROPPED, now)
        store.put_attempt(tx, trying.ended(kept, Outcome.FAILED, why, now))
        return self._changed(tx, changed)

    def over(
        self, tx: Tx, kept: Kept, outcome: Outcome, reason: str = "", sure: bool = True
    ) -> Kept | None:
        """A try is over, or the whole task: what comes next; None when somebody was faster."""
        now = self._clock.now()
        if kept.task.not_after is not None and kept.task.not_after <= now:
            changes = after(kept, Outcome.EXPIRED, now, self._retries, self._zone(""))
            changes["outcome"] = outcome
        else:
            zone = self._zone(kept.task.campus)
            changes = after(kept, outcome, now, self._retries, zone)
        changed = store.change(tx, kept, **changes, reason=reason[:64])
        if changed is None:
            return None
        if kept.stage is Stage.CALLING:
            store.put_attempt(tx, trying.ended(kept, outcome, reason[:64], now))
            result = RESULTS.get(outcome, Result.FAILED) if sure else Result.FAILED
            self._outreach.settle(tx, trying.contact_key(kept), result, now)
        else:  # what was booked for a try that is not made is free again
            self._outreach.settle(tx, kept.contact, Result.DROPPED, now)
            if outcome is Outcome.WRONG_NUMBER and sure:
                number, patient = kept.number, kept.task.patient
                self._outreach.wrong(tx, number, reason, now, patient=patient)
        if changed.stage is Stage.DONE:
            self._hub.outbound_settled(tx, key=changed.task.key, outcome=outcome.value)
        return self._changed(tx, changed)

    def tidy(self, tx: Tx) -> None:
        """Give back what agents have left lying, and end what has had its time."""
        now = self._clock.now()
        for kept in store.listed(tx, Wanted(stages=(Stage.TAKEN,))):
            if kept.since <= now - TAKEN_FOR:
                free = {"stage": Stage.WAITING, "agent": "", "reason": "outbound.left"}
                self._changed(tx, store.change(tx, kept, **free))
        self._release(tx, now)
        for kept in store.expired(tx, now):
            self._expired(tx, kept, now)

    def _release(self, tx: Tx, now: datetime) -> None:
        """Offer to everybody what was given to an agent who is away, or serves others now."""
        given = store.given(tx, now)
        gone = [pair for pair in given if pair[1] not in set(self._queues_of(pair[0]))]
        for key in store.left_lying(tx, now, now - WAITS_FOR_ONE, gone) if given else ():
            if self.assign(tx, key, ""):
                self._hub.outbound_released(tx, key=key)

    def _changed(self, tx: Tx, kept: Kept | None) -> Kept | None:
        if kept is not None:
            tx.after_commit(partial(self._tell, kept.task.key))
        return kept
