"""The figures now: kept up call by call, and what is not additive read from the open calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from attrs import frozen
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from careline.agents.model import AgentStatus, State
from careline.agents.service import AgentChange, Agents
from careline.calls.model import CallRecord, Direction
from careline.calls.service import Calls, Change
from careline.campuses.service import Campuses
from careline.clock import Clock
from careline.figures import store
from careline.figures.days import begin_of, day_of
from careline.figures.model import NOTHING, Key, Kind, Tally, added, parts, total
from careline.figures.store import Counted
from careline.figures.times import Attendance, Spell, StateTimes
from careline.queues.model import Queue
from careline.storage import Database
from careline.storage.behind import WriteBehind

DEFAULT_ZONE = "Asia/Shanghai"
WEEK = timedelta(days=7)
#: A call may begin before midnight of any zone and end long after; older ones are history.
LOOK_BACK = timedelta(days=2)
TELL_S = 1.0

log = Logger()


@frozen
class Waiting:
    """Callers in a queue at this moment: how many, and since when the longest has waited."""

    count: int = 0
    since: datetime | None = None

    def longest_ms(self, now: datetime) -> int:
        """How long the longest has waited."""
        return round((now - self.since) / timedelta(milliseconds=1)) if self.since else 0


@frozen
class Staff:
    """Agents of a queue at this moment, by what they do."""

    signed_in: int = 0
    ready: int = 0
    busy: int = 0


class Figures:
    """Today's figures of this node; ``queues`` gives the queues as set up now.

    :meth:`load` first; then every change of a call or an agent is taken in as it happens.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        db: Database,
        node: str,
        calls: Calls,
        agents: Agents,
        campuses: Campuses,
        queues: Callable[[], Mapping[str, Queue]],
        behind: WriteBehind[Counted],
    ) -> None:
        self._clock = clock
        self._db = db
        self._node = node
        self._calls = calls
        self._agents = agents
        self._campuses = campuses
        self._queues = queues
        self._behind = behind
        self._days: dict[date, dict[Key, Tally]] = {}
        self._given: dict[str, tuple[date, dict[Key, Tally]]] = {}
        self._attendance = Attendance()
        self._week: dict[date, tuple[datetime, dict[Key, Tally]]] = {}
        self._listeners: list[Callable[[], object]] = []
        self._quiet: IDelayedCall | None = None
        self._more = False
        self._guard = log.failureHandler("a call cannot be counted")
        calls.listen(self._call_changed)
        agents.listen(self._agent_changed)

    def listen(self, listener: Callable[[], object]) -> None:
        """Have ``listener`` called when figures have changed, once a second at most."""
        self._listeners.append(listener)

    async def load(self) -> None:
        """Take up what an earlier core counted, and count what it could not. Safe to repeat.

        A call that cannot be counted is left out: no record may keep the core from starting.
        """
        now = self._clock.now()
        missed = await self._db.run(store.uncounted, self._node, now - LOOK_BACK)
        for call in missed:
            with self._guard:
                self._behind.put(self._counted(call))
        await self._behind.written()
        days = sorted(
            {day_of(now - timedelta(days=n), zone) for n in (0, 1) for zone in self._zones()}
        )
        self._days = await self._db.run(store.sums, self._node, days)
        self._given = {}
        for call in self._calls.open:
            with self._guard:
                self._take(call)
        self._attendance.clear()
        for spell in await self._db.run(store.spells, now - LOOK_BACK):
            self._attendance.add(spell, self.zone_of_agent(spell.agent))

    # What happens

    def _call_changed(self, change: Change) -> None:
        if self._calls.get(change.after.id) is not None:  # else it was counted when it was closed
            self._take(change.after)
        self._tell()

    def _agent_changed(self, change: AgentChange) -> None:
        before, after = change.before, change.after
        spell = Spell(before.agent, before.state, before.since, after.since)
        self._attendance.add(spell, self.zone_of_agent(before.agent))
        self._tell()

    def closed(self, call_id: str) -> None:
        """A call is finished and stored: what it added is stored too."""
        call = self._calls.get(call_id)
        if call is None:
            return
        with self._guard:
            self._take(call)
            self._behind.put(self._counted(call))
        self._given.pop(call_id, None)
        self._forget_old()

    def _tell(self) -> None:
        """At once, then once a second at most while more changes follow."""
        if not self._listeners:
            return
        if self._quiet is not None:
            self._more = True
            return
        self._quiet = self._clock.call_later(TELL_S, self._heard)
        for listener in self._listeners:
            listener()

    def _heard(self) -> None:
        self._quiet = None
        if self._more:
            self._more = False
            self._tell()

    def stop(self) -> None:
        """Tell nobody any more."""
        if self._quiet is not None and self._quiet.active():
            self._quiet.cancel()
        self._quiet = None
        self._listeners.clear()

    def _take(self, call: CallRecord) -> None:
        """Count ``call`` as it is now instead of as it was."""
        day = self._day_of(call)
        now = parts(call, self._queues())
        was_on, was = self._given.get(call.id, (day, {}))
        self._given[call.id] = (day, now)
        if (was_on, was) == (day, now):
            return
        self._add(was_on, {key: NOTHING - tally for key, tally in was.items()})
        self._add(day, now)

    def _add(self, day: date, more: Mapping[Key, Tally]) -> None:
        sums = self._days.setdefault(day, {})
        for key, tally in more.items():
            sums[key] = sums.get(key, NOTHING) + tally

    def _counted(self, call: CallRecord) -> Counted:
        return Counted(call.id, self._day_of(call), call.started, parts(call, self._queues()))

    def _forget_old(self) -> None:
        oldest = min(day_of(self._clock.now(), zone) for zone in self._zones()) - timedelta(days=1)
        for day in [day for day in self._days if day < oldest]:
            del self._days[day]
        self._attendance.forget(oldest)
        self._week = {day: known for day, known in self._week.items() if day >= oldest - WEEK}

    # Days and zones

    def _zones(self) -> Iterable[ZoneInfo]:
        campuses = self._campuses.directory.campuses.values()
        return {ZoneInfo(one.timezone) for one in campuses} or {ZoneInfo(DEFAULT_ZONE)}

    def zone(self, campus: str = "") -> ZoneInfo:
        """The zone of a campus, else of the first, else China's."""
        known = self._campuses.directory.campuses
        found = known.get(campus) or next(iter(known.values()), None)
        return ZoneInfo(found.timezone if found else DEFAULT_ZONE)

    def zone_of_agent(self, agent: str) -> ZoneInfo:
        """The zone of an agent's campus."""
        person = self._agents.people.get(agent)
        return self.zone(person.campus if person else "")

    def _day_of(self, call: CallRecord) -> date:
        return day_of(call.started, self.zone(call.campus))

    def today(self, campus: str = "") -> date:
        """The date in a campus's zone."""
        return day_of(self._clock.now(), self.zone(campus))

    # What is asked

    def all_of(self, day: date) -> Mapping[Key, Tally]:
        """Every tally of a day, today's or yesterday's, that is not nothing."""
        return {key: one for key, one in self._days.get(day, {}).items() if one != NOTHING}

    def _tally(self, kind: Kind, name: str, campus: str) -> Tally:
        return self._days.get(self.today(campus), {}).get(Key(kind, name), NOTHING)

    def queue(self, queue_id: str) -> Tally:
        """Today's tally of a queue."""
        queue = self._queues().get(queue_id)
        return self._tally(Kind.QUEUE, queue_id, queue.campus if queue else "")

    def campus(self, campus_id: str) -> Tally:
        """Today's tally of a campus; a caller in several queues counts once."""
        return self._tally(Kind.CAMPUS, campus_id, campus_id)

    def house(self) -> Tally:
        """Today's tally of all campuses, calls that reached none included."""
        return total(self.campus(one) for one in {"", *self._campuses.directory.campuses})

    def agent(self, agent_id: str) -> Tally:
        """Today's tally of an agent."""
        person = self._agents.people.get(agent_id)
        return self._tally(Kind.AGENT, agent_id, person.campus if person else "")

    def team(self, agents: Iterable[str]) -> Tally:
        """Today's tally of several agents together."""
        return total(self.agent(one) for one in agents)

    def times(self, agent_id: str) -> StateTimes:
        """How long an agent was in each state today."""
        status, zone = self._agents.states.get(agent_id), self.zone_of_agent(agent_id)
        return self._attendance.now(agent_id, status, self._clock.now(), zone)

    def waiting(self) -> dict[str, Waiting]:
        """Who waits now, by queue; queues without callers are left out."""
        found: dict[str, Waiting] = {}
        for call in self._calls.open:
            if not call.waiting_in or call.direction is Direction.OUTBOUND:
                continue
            since, queue = call.stays[-1].span.start, call.waiting_in
            was = found.get(queue, Waiting())
            oldest = min(since, was.since) if was.since else since
            found[queue] = Waiting(was.count + 1, oldest)
        return found

    def staff(self, queue_id: str) -> Staff:
        """The agents of a queue now."""
        return staff_of(queue_id, self._agents)

    async def last_week(self, campus: str = "") -> dict[Key, Tally]:
        """The same weekday last week, up to the same minute of the day."""
        now = self._clock.now().replace(second=0, microsecond=0)
        day = self.today(campus) - WEEK
        known = self._week.get(day)
        if known is None or known[0] != now:
            found = await self._db.run(store.sums, self._node, [day], now - WEEK)
            known = self._week[day] = now, found[day]
        return known[1]

    async def of_day(self, day: date) -> dict[Key, Tally]:
        """A whole day, as it was counted."""
        await self._behind.written()
        return (await self._db.run(store.sums, self._node, [day]))[day]

    async def of_days(self, first: date, last: date) -> dict[date, dict[Key, Tally]]:
        """Whole days from ``first`` to ``last``, as they were counted."""
        await self._behind.written()
        days = [first + timedelta(days=count) for count in range((last - first).days + 1)]
        return await self._db.run(store.sums, self._node, days)

    async def computed(self, day: date) -> dict[Key, Tally]:
        """The same, computed anew from the stored facts of finished calls: the proof."""
        zones = list(self._zones())
        since = min(begin_of(day, zone) for zone in zones)
        until = max(begin_of(day + timedelta(days=1), zone) for zone in zones)
        sums: dict[Key, Tally] = {}
        for call in await self._db.run(store.finished, self._node, since, until):
            if self._day_of(call) == day:
                sums = added(sums, parts(call, self._queues()))
        return sums


def staff_of(queue_id: str, agents: Agents) -> Staff:
    """The agents of a queue, as their states say."""
    here: list[AgentStatus] = []
    for person in agents.people.values():
        status = agents.states.get(person.id)
        serves = any(skill.queue == queue_id for skill in person.skills)
        if serves and status is not None and status.state is not State.SIGNED_OUT:
            here.append(status)
    ready = sum(one.state is State.READY for one in here)
    busy = sum(one.state not in (State.READY, State.NOT_READY) for one in here)
    return Staff(len(here), ready, busy)
