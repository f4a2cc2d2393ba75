"""The switch's members follow the agents' states, whatever the switch refuses or forgets."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from twisted.internet.task import Clock as FakeClock

from careline.agents.model import Agent, AgentStatus, Skill, State
from careline.clock import Clock
from careline.errors import Refused
from careline.queues.service import REFUSED_S, Queues
from careline.tasks import Tasks
from careline.telephony.switch import QueueState
from careline.testing import run_async

T0 = datetime(2026, 11, 22, tzinfo=UTC)
SKILLS = (Skill(queue="aaa-unknown"), Skill(queue="booking"))
PEOPLE = {"8001": Agent(id="8001", name="李敏", phone="1001", skills=SKILLS)}


class Switch:
    """Its members by queue and phone: paused or not; other queues than ``known`` are refused."""

    def __init__(self) -> None:
        self.known = {"booking", "agent-8001"}
        self.members: dict[tuple[str, str], bool] = {}
        self.asked = 0

    async def queue_status(self) -> list[QueueState]:
        self.asked += 1
        return []

    async def set_global(self, name: str, value: str) -> None:
        pass

    async def queue_add(self, queue: str, interface: str, **about: object) -> None:
        if queue not in self.known:
            raise Refused("ami.error", "No such queue")
        self.members[queue, interface] = True

    async def queue_pause(self, interface: str, paused: bool, reason: str, *, queue: str) -> None:
        self.members[queue, interface] = paused

    async def queue_remove(self, queue: str, interface: str) -> None:
        del self.members[queue, interface]


class Agents:
    def __init__(self) -> None:
        self.states = {"8001": AgentStatus(agent="8001", state=State.READY, since=T0, phone="1001")}


@pytest.fixture
def clock() -> Clock:
    return Clock(FakeClock())


def test_a_queue_the_switch_does_not_have_keeps_no_agent_out_of_the_others(clock: Clock) -> None:
    switch = Switch()
    queues = Queues(clock, Tasks(), switch, Agents(), lambda: PEOPLE)
    queues.reset([])
    run_async(queues.settled(), clock)
    assert clock.seconds() == 0
    assert switch.members == {
        ("agent-8001", "PJSIP/1001"): False,
        ("booking", "PJSIP/1001"): False,
    }


def test_what_was_refused_is_tried_again_from_what_the_switch_says_it_has(clock: Clock) -> None:
    switch = Switch()
    queues = Queues(clock, Tasks(), switch, Agents(), lambda: PEOPLE)
    queues.reset([])
    switch.known.add("aaa-unknown")
    clock.reactor.advance(REFUSED_S)
    run_async(queues.settled(), clock)
    assert switch.asked == 1
    assert switch.members["aaa-unknown", "PJSIP/1001"] is False


def test_refusals_do_not_pile_up(clock: Clock) -> None:
    switch = Switch()
    queues = Queues(clock, Tasks(), switch, Agents(), lambda: PEOPLE)
    queues.reset([])
    for _ in range(5):
        queues.sync()
    assert len(clock.reactor.getDelayedCalls()) == 1


def test_nothing_is_told_while_the_link_is_down(clock: Clock) -> None:
    switch = Switch()
    queues = Queues(clock, Tasks(), switch, Agents(), lambda: PEOPLE)
    queues.lost()
    queues.sync()
    run_async(queues.settled(), clock)
    assert switch.members == {}
