"""How long agents were in which state, day by day; a state that lasts counts up to now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from attrs import field, frozen

from careline.agents.model import ON_CALL, AgentStatus, State
from careline.figures.days import by_day

Times = dict[State, int]


@frozen
class Spell:
    """One state of one agent; ``end`` None while it lasts."""

    agent: str
    state: State
    start: datetime
    end: datetime | None = None


@frozen
class StateTimes:
    """Milliseconds by state on one day."""

    ms: Mapping[State, int] = field(factory=dict)

    def of(self, *states: State) -> int:
        """Together in these states."""
        return sum(self.ms.get(state, 0) for state in states)

    @property
    def signed_in(self) -> int:
        """In any state but signed out."""
        return sum(ms for state, ms in self.ms.items() if state is not State.SIGNED_OUT)

    @property
    def busy(self) -> int:
        """On calls and in wrap-up."""
        return self.of(*ON_CALL, State.WRAP_UP)

    @property
    def occupancy(self) -> float | None:
        """Busy, as a share of the time busy or free for calls (示忙时间不计)."""
        within = self.busy + self.of(State.READY, State.RINGING)
        return self.busy / within if within else None

    def __add__(self, other: StateTimes) -> StateTimes:
        """Both together."""
        states = {*self.ms, *other.ms}
        return StateTimes({one: self.ms.get(one, 0) + other.ms.get(one, 0) for one in states})


class Attendance:
    """Adds up agents' states as they change; days of yesterday and before are forgotten."""

    def __init__(self) -> None:
        self._days: dict[tuple[str, date], Times] = {}

    def clear(self) -> None:
        """Begin anew."""
        self._days.clear()

    def add(self, spell: Spell, zone: ZoneInfo) -> None:
        """Take in a state that has ended."""
        for day, ms in by_day(spell.start, spell.end or spell.start, zone):
            times = self._days.setdefault((spell.agent, day), {})
            times[spell.state] = times.get(spell.state, 0) + ms

    def forget(self, before: date) -> None:
        """Drop the days before that one."""
        for key in [key for key in self._days if key[1] < before]:
            del self._days[key]

    def on(self, agent: str, day: date) -> StateTimes:
        """What has ended of that day."""
        return StateTimes(dict(self._days.get((agent, day), {})))

    def now(
        self, agent: str, status: AgentStatus | None, at: datetime, zone: ZoneInfo
    ) -> StateTimes:
        """The day of ``at`` up to then, with the state that lasts."""
        day = at.astimezone(zone).date()
        times = self.on(agent, day)
        if status is None:
            return times
        lasting = dict(by_day(status.since, at, zone)).get(day, 0)
        return times + StateTimes({status.state: lasting})


def times_of(spells: Iterable[Spell], day: date, until: datetime, zone: ZoneInfo) -> StateTimes:
    """The same, computed at once from all states of one agent."""
    sums: Times = {}
    for spell in spells:
        ms = dict(by_day(spell.start, spell.end or until, zone)).get(day, 0)
        sums[spell.state] = sums.get(spell.state, 0) + ms
    return StateTimes({state: ms for state, ms in sums.items() if ms})
