"""Agents follow their calls: rings, talks, hang-ups, and what happened while nobody looked."""

from __future__ import annotations

import pytest
from tests.core.calls.support import (
    CALL,
    Kept,
    answered,
    at,
    bridged,
    caller_up,
    connected,
    gone,
    outside_up,
    phone_up,
    queued,
    rang,
)
from twisted.internet.task import Clock as FakeClock

from careline.agents.model import Agent, AgentStatus, Reason, State
from careline.agents.service import Agents
from careline.calls import facts as f
from careline.calls.model import CallRecord
from careline.calls.service import Calls
from careline.calls.staffing import Staffing
from careline.clock import Clock
from careline.queues.model import Queue

PEOPLE = {"8001": Agent(id="8001", name="李敏", phone="1001")}
QUEUES = {
    "booking": Queue(id="booking", title="预约", wrap_up_s=77, penalty_s=55),
    "quick": Queue(id="quick", title="快", wrap_up_s=0),
}


class Floor:
    """One agent, ready, and the calls that come."""

    def __init__(self) -> None:
        self.fake = FakeClock()
        clock = Clock(self.fake, lambda: at(self.fake.seconds()))
        self.calls = Calls(Kept())
        self.agents = Agents(clock, lambda: PEOPLE, Kept())
        self.staffing = Staffing(clock, self.calls, self.agents, lambda: QUEUES)
        self.agents.sign_in("8001")
        self.agents.ready("8001")

    def happens(self, *facts: f.Fact, call: str = CALL) -> None:
        for fact in facts:
            self.calls.fact(call, fact)

    def rings(self, queue: str = "booking") -> None:
        self.happens(caller_up(), queued(queue, 1), phone_up("a", 2), rang("a", 2, queue=queue))

    def talks(self, queue: str = "booking") -> None:
        self.rings(queue)
        self.happens(connected("a", 5, queue=queue), bridged("a", 5), bridged(CALL, 5))

    @property
    def agent(self) -> AgentStatus:
        return self.agents.states["8001"]

    @property
    def call(self) -> CallRecord:
        found = self.calls.get(CALL)
        assert found is not None
        return found


@pytest.fixture
def floor() -> Floor:
    return Floor()


def test_wrap_up_lasts_as_long_as_the_queue_says(floor: Floor) -> None:
    floor.talks()
    floor.happens(gone("a", 20), gone(CALL, 20))
    assert (floor.agent.state, floor.agent.until) == (State.WRAP_UP, at(20 + 77))
    assert floor.call.wrapping_up
    floor.fake.advance(20 + 77)
    assert floor.agent.state is State.READY
    assert floor.call.wrap_ups[0].span.end == at(20 + 77)


def test_a_queue_without_wrap_up_has_none(floor: Floor) -> None:
    floor.talks("quick")
    floor.happens(gone("a", 20), gone(CALL, 20))
    assert floor.agent.state is State.READY
    assert not floor.call.wrap_ups


@pytest.mark.parametrize("reached", [True, False])
def test_who_has_talked_with_somebody_outside_writes_it_up(floor: Floor, *, reached: bool) -> None:
    dialled = phone_up("hq-5.5", 0, extension="13900002222")
    floor.happens(dialled, outside_up("hq-6.6", 1), call="hq-5.5")
    if reached:
        floor.happens(answered("hq-6.6", 5), bridged("hq-5.5", 5), bridged("hq-6.6", 5))
    else:
        floor.happens(bridged("hq-5.5", 5))
    floor.happens(gone("hq-6.6", 20), gone("hq-5.5", 20))
    assert floor.agent.state is (State.WRAP_UP if reached else State.READY)


def test_who_does_not_answer_is_out_for_the_queue_s_penalty(floor: Floor) -> None:
    floor.rings()
    floor.happens(f.RingEnded(at=at(12), channel="a", result="no_answer"), gone("a", 12))
    assert (floor.agent.state, floor.agent.reason) == (State.NOT_READY, Reason.NO_ANSWER)
    assert floor.agent.until == at(12 + 55)


@pytest.mark.parametrize("ends", [True, False])
def test_a_caller_who_gives_up_costs_the_agent_nothing(floor: Floor, ends: bool) -> None:
    floor.rings()
    if ends:
        floor.happens(f.RingEnded(at=at(12), channel="a", result="caller_gone"))
    floor.happens(gone("a", 12), gone(CALL, 12))
    assert floor.agent.state is State.READY


def test_asking_a_colleague_does_not_end_the_talk_with_the_caller(floor: Floor) -> None:
    floor.talks()
    floor.happens(f.Held(at=at(10), channel="a"))
    assert floor.agent.state is State.HOLDING
    other = phone_up("hq-1.2", 11, extension="8002")
    floor.happens(other, bridged("hq-1.2", 12, "c"), call="hq-1.2")
    assert (floor.agent.state, floor.agent.call) == (State.CONSULTING, "hq-1.1")
    floor.happens(gone("hq-1.2", 15), call="hq-1.2")
    assert (floor.agent.state, floor.agent.call) == (State.HOLDING, CALL)
    floor.happens(gone("a", 20), gone(CALL, 20))
    assert floor.agent.state is State.WRAP_UP
