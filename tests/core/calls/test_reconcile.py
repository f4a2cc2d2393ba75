"""After a gap: what agents do follows from the open calls, and no wrap-up lasts for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.core.calls.test_gap import AGENT, CALL, T0, Kept, at, up
from twisted.internet.task import Clock as FakeClock

from careline.agents.model import Agent, AgentStatus, State
from careline.agents.service import Agents
from careline.calls import facts as f
from careline.calls.service import Calls
from careline.calls.staffing import Staffing
from careline.clock import Clock

NOW = T0 + timedelta(seconds=60)
PEOPLE = {"8001": Agent(id="8001", name="Li", phone="1001")}


def status(state: State, seconds: float, call: str = "", until: float | None = None) -> AgentStatus:
    ends = None if until is None else at(until)
    return AgentStatus(
        agent="8001", state=state, since=at(seconds), phone="1001", call=call, until=ends
    )


class House:
    """Calls, agents and what joins them; the agent is as an earlier core wrote it down."""

    def __init__(self, known: AgentStatus, facts: list[f.Fact]) -> None:
        clock = Clock(FakeClock(), wall=lambda: NOW)
        self.calls = Calls(Kept())
        for fact in facts:
            if fact.channel:
                self.calls.fact(CALL, fact)
            else:
                self.calls.note(CALL, fact)
        self.agents = Agents(clock, lambda: PEOPLE, Kept())
        self.staffing = Staffing(clock, self.calls, self.agents, dict)
        self.agents.resume([known])

    @property
    def state(self) -> State:
        return self.agents.states["8001"].state


@pytest.fixture(autouse=True)
def quiet(monkeypatch) -> None:
    monkeypatch.setattr(Kept, "put", lambda *_: None)


def connected() -> list[f.Fact]:
    return [
        up(0),
        f.Queued(at=at(1), channel=CALL, queue="service"),
        up(2, AGENT),
        f.Rang(at=at(2), channel=AGENT, agent="8001", queue="service"),
        f.RingEnded(at=at(4), channel=AGENT, result="answered"),
    ]


def test_a_wrap_up_whose_end_was_not_written_ends_with_the_agents_next_state() -> None:
    facts = [
        *connected(),
        f.ChannelGone(at=at(9), channel=AGENT),
        f.WrapUpStarted(at=at(9), channel="", agent="8001"),
        f.ChannelGone(at=at(10), channel=CALL),
    ]
    house = House(status(State.READY, 20), facts)
    assert house.calls.get(CALL).wrapping_up
    house.staffing.reconcile()
    [work] = house.calls.get(CALL).wrap_ups
    assert work.span.end == at(20)


def test_a_wrap_up_that_lasts_is_left_alone() -> None:
    facts = [
        *connected(),
        f.ChannelGone(at=at(9), channel=AGENT),
        f.WrapUpStarted(at=at(9), channel="", agent="8001"),
    ]
    house = House(status(State.WRAP_UP, 9, CALL, until=90), facts)
    house.staffing.reconcile()
    assert house.calls.get(CALL).wrapping_up
    assert house.state is State.WRAP_UP
    house.agents.stop()


def test_who_has_answered_is_not_ready_while_the_caller_hears_the_name() -> None:
    house = House(status(State.RINGING, 2, CALL), connected())
    house.staffing.reconcile()
    assert house.state is State.RINGING


def test_who_rang_for_nobody_is_ready_again() -> None:
    house = House(status(State.RINGING, 2, CALL), [*connected()[:3]])
    house.staffing.reconcile()
    assert house.state is State.READY


def test_wrap_up_begins_when_the_talk_ended_not_when_the_core_came_back() -> None:
    facts = [
        *connected(),
        f.Connected(at=at(5), channel=AGENT, agent="8001", queue="service"),
        f.ChannelGone(at=at(50), channel=AGENT),
    ]
    house = House(status(State.TALKING, 5, CALL), facts)
    house.staffing.reconcile()
    now = house.agents.states["8001"]
    assert (now.state, now.since) == (State.WRAP_UP, at(50))
    house.agents.stop()
