"""A queue and who should be its members in the switch; pure values and rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum

from attrs import field, frozen
from attrs.validators import ge, in_, matches_re

from careline.agents.model import Agent, AgentStatus, State

FALLBACK = "careline-fallback"
PERSONAL = "agent-"


class Distribution(Enum):
    """Who gets the next call (话务分配策略)."""

    LONGEST_IDLE = "longest_idle"
    ROUND_ROBIN = "round_robin"
    FEWEST_CALLS = "fewest_calls"
    RING_ALL = "ring_all"


@frozen(kw_only=True)
class Queue:
    """A skill group. Times in seconds; ``service_level_pct`` answered within ``service_level_s``.

    ``overflow`` names the queue that takes over after ``overflow_s`` (0: never). ``last_agent_s``
    is how long the agent of last time is tried first (熟悉坐席优先), 0 switches it off. Who hangs
    up within ``abandon_s`` of waiting is not counted as abandoned.
    """

    id: str = field(validator=matches_re(r"[a-z][a-z0-9-]{0,31}"))
    title: str
    title_en: str = ""
    campus: str = ""
    distribution: Distribution = Distribution.LONGEST_IDLE
    ring_s: int = field(default=20, validator=ge(5))
    wrap_up_s: int = field(default=30, validator=ge(0))
    penalty_s: int = field(default=30, validator=ge(0))
    max_callers: int = field(default=0, validator=ge(0))
    weight: int = field(default=0, validator=ge(0))
    announce_s: int = field(default=30, validator=in_((0, *range(10, 301))))
    service_level_s: int = field(default=20, validator=ge(1))
    service_level_pct: int = field(default=80, validator=in_(range(1, 101)))
    abandon_s: int = field(default=5, validator=ge(0))
    overflow: str = ""
    overflow_s: int = field(default=0, validator=ge(0))
    last_agent_s: int = field(default=0, validator=ge(0))


@frozen(kw_only=True)
class Membership:
    """One agent's phone in one queue of the switch."""

    queue: str
    interface: str
    agent: str
    penalty: int
    paused: bool
    reason: str = ""


@frozen(kw_only=True)
class MemberChange:
    """What the switch has to be told about one member: ``add``, ``pause`` or ``remove``."""

    verb: str
    member: Membership


def interface(phone: str) -> str:
    """The switch's name of a phone."""
    return f"PJSIP/{phone}"


def desired(
    agents: Iterable[Agent], states: Mapping[str, AgentStatus]
) -> dict[tuple[str, str], Membership]:
    """Who must be in which queue, by (queue, interface), as the agents' states say.

    An agent is paused from the answer on, not only after the call: so nothing rings between the
    hang-up and the wrap-up.
    """
    members = {}
    for agent in agents:
        status = states.get(agent.id)
        if status is None or status.state is State.SIGNED_OUT or not agent.active:
            continue
        for queue, level in _places(agent):
            member = Membership(
                queue=queue,
                interface=interface(status.phone),
                agent=agent.id,
                penalty=level - 1,
                paused=not status.takes_calls,
                reason="" if status.takes_calls else (status.reason.value or status.state.value),
            )
            members[queue, member.interface] = member
    return members


def is_staffed(queue: str, agents: Iterable[Agent], states: Mapping[str, AgentStatus]) -> bool:
    """True when an agent of the queue is signed in, ready or not."""
    members = desired(agents, states)
    return any(member.queue == queue for member in members.values())


def _places(agent: Agent) -> list[tuple[str, int]]:
    return [(skill.queue, skill.level) for skill in agent.skills] + [(PERSONAL + agent.id, 1)]


def reaching(agent: Agent) -> list[str]:
    """The queues whose callers reach the agent: its skills', its own, and the fallback."""
    return [queue for queue, _ in _places(agent)] + [FALLBACK]


def changes(
    wanted: Mapping[tuple[str, str], Membership], actual: Mapping[tuple[str, str], Membership]
) -> list[MemberChange]:
    """What to tell the switch so that its dynamic members become ``wanted``; removals first."""
    todo = [
        MemberChange(verb="remove", member=actual[key])
        for key in sorted(actual.keys() - wanted.keys())
    ]
    for key, member in sorted(wanted.items()):
        there = actual.get(key)
        if there is None or there.penalty != member.penalty or there.agent != member.agent:
            if there is not None:
                todo.append(MemberChange(verb="remove", member=there))
            todo.append(MemberChange(verb="add", member=member))
        elif (there.paused, there.reason) != (member.paused, member.reason):
            todo.append(MemberChange(verb="pause", member=member))
    return todo
