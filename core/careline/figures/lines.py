"""Figures as lines, ready to be shown: of each queue, campus, team and agent now and today."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from careline.agents.model import Agent, AgentStatus, State
from careline.agents.service import Agents
from careline.campuses.model import Campus
from careline.figures.model import NOTHING, Tally, counts
from careline.figures.service import Figures, Staff, Waiting
from careline.figures.times import StateTimes
from careline.i18n import Lang
from careline.queues.model import Queue

#: A wait beyond the target weighs more than any number of callers within it.
OVER = 1_000_000


@frozen(kw_only=True)
class QueueLine:
    """One queue; ``now`` is when it was looked at."""

    queue: Queue
    tally: Tally
    waiting: Waiting
    staff: Staff
    now: datetime

    def title(self, lang: Lang) -> str:
        """The queue's name in a language."""
        return title_of(self.queue, lang)

    @property
    def longest_ms(self) -> int:
        """How long the first in line has waited."""
        return self.waiting.longest_ms(self.now)

    @property
    def over(self) -> bool:
        """True while somebody has waited longer than the target."""
        return self.longest_ms > self.queue.service_level_s * 1000

    @property
    def missed(self) -> bool:
        """True when today's service level is below its target."""
        level = self.tally.service_level
        return level is not None and level * 100 < self.queue.service_level_pct

    @property
    def trouble(self) -> tuple[int, int, int]:
        """Sorts the worst first: waits over target, then any wait, then a level missed."""
        excess = self.longest_ms - self.queue.service_level_s * 1000
        return -(OVER + excess if self.over else self.longest_ms), -self.waiting.count, -self.missed


@frozen(kw_only=True)
class AgentLine:
    """One agent; ``status`` None for one who was never signed in."""

    agent: Agent
    status: AgentStatus
    tally: Tally
    times: StateTimes


@frozen(kw_only=True)
class CampusLine:
    """One campus, the waiting callers of its queues together."""

    campus: str
    title: str
    tally: Tally
    waiting: Waiting


class Lines:
    """Makes the lines; the mappings give what is set up now."""

    def __init__(
        self,
        figures: Figures,
        agents: Agents,
        queues: Callable[[], Mapping[str, Queue]],
        campuses: Callable[[], Mapping[str, Campus]],
    ) -> None:
        self._figures = figures
        self._agents = agents
        self._queues = queues
        self._campuses = campuses

    def queue(self, queue: Queue, now: datetime, waiting: Mapping[str, Waiting]) -> QueueLine:
        """The line of one queue."""
        return QueueLine(
            queue=queue,
            tally=self._figures.queue(queue.id),
            waiting=waiting.get(queue.id, Waiting()),
            staff=self._figures.staff(queue.id),
            now=now,
        )

    def queues(self, now: datetime) -> list[QueueLine]:
        """All queues, those in trouble first."""
        waiting = self._figures.waiting()
        lines = [self.queue(one, now, waiting) for one in self._queues().values()]
        return sorted(lines, key=lambda line: (line.trouble, line.queue.title))

    def agent(self, agent: Agent, now: datetime) -> AgentLine:
        """The line of one agent."""
        return AgentLine(
            agent=agent,
            status=self._agents.states.get(agent.id) or AgentStatus(agent=agent.id, since=now),
            tally=self._figures.agent(agent.id),
            times=self._figures.times(agent.id),
        )

    def agents(self, now: datetime) -> list[AgentLine]:
        """All active agents by number."""
        people = [one for one in self._agents.people.values() if one.active]
        return [self.agent(one, now) for one in sorted(people, key=lambda one: one.id)]

    def teams(self) -> dict[str, Tally]:
        """What each team of active agents has done today, together."""
        members: dict[str, list[str]] = {}
        for one in self._agents.people.values():
            if one.active and one.team:
                members.setdefault(one.team, []).append(one.id)
        return {team: self._figures.team(ids) for team, ids in sorted(members.items())}

    def campuses(self, now: datetime) -> list[CampusLine]:
        """All campuses by id."""
        waiting = self._figures.waiting()
        return [
            CampusLine(
                campus=one.id,
                title=one.title,
                tally=self._figures.campus(one.id),
                waiting=joined(
                    waiting[queue.id]
                    for queue in self._queues().values()
                    if queue.campus == one.id and queue.id in waiting
                ),
            )
            for one in self._campuses().values()
        ]


def title_of(queue: Queue, lang: Lang) -> str:
    """A queue's name in a language, as far as it has one."""
    return queue.title_en if lang == "en" and queue.title_en else queue.title


def joined(parts: Iterable[Waiting]) -> Waiting:
    """Several queues' callers as one line."""
    all_of = list(parts)
    since = min((one.since for one in all_of if one.since), default=None)
    return Waiting(sum(one.count for one in all_of), since)


def plain_tally(tally: Tally) -> dict[str, Any]:
    """A tally as JSON, with what follows from it."""
    return {
        **counts(tally),
        "service_level": _rounded(tally.service_level),
        "abandonment": _rounded(tally.abandonment),
        "asa_ms": tally.asa_ms,
        "aht_ms": tally.aht_ms,
    }


def plain_queue(line: QueueLine) -> dict[str, Any]:
    """A queue's line as JSON."""
    return {
        "queue": line.queue.id,
        "title": line.queue.title,
        "target_s": line.queue.service_level_s,
        "target_pct": line.queue.service_level_pct,
        "waiting": line.waiting.count,
        "longest_ms": line.longest_ms,
        "signed_in": line.staff.signed_in,
        "ready": line.staff.ready,
        **plain_tally(line.tally),
    }


def plain_agent(line: AgentLine) -> dict[str, Any]:
    """An agent's line as JSON."""
    return {
        "agent": line.agent.id,
        "name": line.agent.name,
        "state": line.status.state.value,
        "since": line.status.since.isoformat(),
        "times_ms": {state.value: line.times.ms[state] for state in State if line.times.of(state)},
        "occupancy": _rounded(line.times.occupancy),
        **plain_tally(line.tally),
    }


def plain_campus(line: CampusLine, now: datetime, before: Tally = NOTHING) -> dict[str, Any]:
    """A campus's line as JSON; ``before`` is the same weekday last week."""
    return {
        "campus": line.campus,
        "title": line.title,
        "waiting": line.waiting.count,
        "longest_ms": line.waiting.longest_ms(now),
        **plain_tally(line.tally),
        "last_week": plain_tally(before),
    }


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
