"""Who waits for whom in mid-call, and what agents' states make of it."""

from __future__ import annotations

from datetime import datetime

import pytest
from tests.core.calls.support import (
    CALL,
    Kept,
    at,
    bridged,
    caller_up,
    connected,
    gone,
    phone_up,
    queued,
    rang,
    unbridged,
)
from twisted.internet.task import Clock as FakeClock

from careline.agents.model import Agent, State
from careline.agents.service import Agents
from careline.calls import facts as f
from careline.calls.model import CallRecord, LegKind, Why
from careline.calls.service import Calls
from careline.calls.staffing import Staffing, since_when
from careline.clock import Clock
from careline.queues.model import Queue

PEOPLE = {
    number: Agent(id=number, name="李敏", phone=phone)
    for number, phone in (("8001", "1001"), ("8002", "1002"))
}
PHONES = {f"PJSIP/{agent.phone}": agent.id for agent in PEOPLE.values()}
QUEUES = {"booking": Queue(id="booking", title="预约", wrap_up_s=77)}


class Floor:
    """Two agents; the first talks with a caller."""

    def __init__(self) -> None:
        self.fake = FakeClock()
        clock = Clock(self.fake, lambda: at(self.fake.seconds()))
        self.calls = Calls(Kept(), lambda endpoint: PHONES.get(endpoint, ""))
        self.agents = Agents(clock, lambda: PEOPLE, Kept())
        self.staffing = Staffing(clock, self.calls, self.agents, lambda: QUEUES)
        for agent in PEOPLE:
            self.agents.sign_in(agent)
            self.agents.ready(agent)
        self.happens(caller_up(), queued("booking", 1), phone_up("a", 2), rang("a", 2))
        self.happens(connected("a", 5), bridged("a", 5), bridged(CALL, 5))

    def happens(self, *facts: f.Fact, call: str = CALL) -> None:
        for fact in facts:
            self.calls.fact(call, fact)

    def asks(self) -> None:
        asked = f.Consulted(at=at(10), channel="a", agent="8001", target="agent:8002", party=CALL)
        self.calls.note(CALL, asked)
        self.happens(unbridged(CALL, 10.1), unbridged("a", 10.1))
        self.happens(phone_up("x", 10.2, "1002"), f.Called(at=at(10.3), channel="x"))

    def answers(self) -> None:
        self.happens(f.ChannelAnswered(at=at(12), channel="x"))
        self.happens(bridged("x", 12, "c"), bridged("a", 12, "c"))

    @property
    def call(self) -> CallRecord:
        call = self.calls.get(CALL)
        assert call is not None
        return call

    @property
    def talks_since(self) -> datetime:
        """Since when the first agent is shown to do what the state says."""
        return since_when(self.agents.states["8001"], self.call)

    @property
    def states(self) -> tuple[State, State]:
        return self.agents.states["8001"].state, self.agents.states["8002"].state


@pytest.fixture
def floor() -> Floor:
    return Floor()


def test_hold_by_the_switch_is_work_of_the_agent(floor: Floor) -> None:
    floor.calls.note(CALL, f.Held(at=at(10), channel="a", party=CALL))
    floor.happens(unbridged(CALL, 10.1), unbridged("a", 10.1))
    assert floor.states[0] is State.HOLDING
    floor.happens(bridged("a", 20, "c"), bridged(CALL, 20, "c"))
    assert floor.states[0] is State.TALKING
    assert floor.call.waiting == ()
    leg = floor.call.leg("a")
    assert leg is not None
    assert [span.start for span in leg.talks] == [at(5)]


def test_asking_rings_the_colleague_for_the_same_call(floor: Floor) -> None:
    floor.asks()
    assert floor.states == (State.CONSULTING, State.RINGING)
    assert floor.agents.states["8002"].call == CALL
    floor.answers()
    assert floor.states == (State.CONSULTING, State.TALKING)
    assert floor.call.agents == ("8001", "8002")
    [waiting] = floor.call.waiting
    assert (waiting.why, waiting.target) == (Why.CONSULT, "agent:8002")


def test_what_the_journal_tells_again_ends_no_consultation(floor: Floor) -> None:
    floor.asks()
    floor.answers()
    before = floor.call
    floor.happens(queued("booking", 1.01), bridged("a", 5.01), bridged(CALL, 5.01))
    floor.happens(unbridged(CALL, 10.11), unbridged("a", 10.11))
    floor.happens(bridged("x", 12.01, "c"), bridged("a", 12.01, "c"))
    assert floor.call.waiting == before.waiting
    assert floor.states == (State.CONSULTING, State.TALKING)


def test_a_talk_that_is_told_late_ends_no_hold(floor: Floor) -> None:
    floor.calls.note(CALL, f.Held(at=at(10), channel="a", party=CALL))
    floor.happens(unbridged(CALL, 9.7), bridged(CALL, 9.8, "e"))
    assert [one.why for one in floor.call.waiting] == [Why.HOLD]


def test_handing_over_ends_the_first_agent_s_part_alone(floor: Floor) -> None:
    floor.asks()
    floor.answers()
    floor.happens(bridged("x", 15, "d"), bridged(CALL, 15, "d"), unbridged("a", 15, "c"))
    floor.happens(gone("a", 15.1))
    assert floor.states == (State.WRAP_UP, State.TALKING)
    assert floor.call.waiting == ()
    floor.happens(gone(CALL, 20), gone("x", 20))
    assert {work.agent for work in floor.call.wrap_ups} == {"8001", "8002"}


def test_a_colleague_who_does_not_answer_gives_the_caller_back(floor: Floor) -> None:
    floor.asks()
    floor.happens(f.RingEnded(at=at(30), channel="x", result="no_answer"), gone("x", 30))
    floor.happens(bridged("a", 30.1, "d"), bridged(CALL, 30.1, "d"))
    assert floor.states == (State.TALKING, State.NOT_READY)
    assert floor.call.agents == ("8001",)


def test_the_caller_who_gives_up_leaves_them_talking(floor: Floor) -> None:
    floor.asks()
    floor.answers()
    floor.happens(gone(CALL, 20))
    assert floor.call.waiting == ()
    floor.happens(gone("x", 25), gone("a", 25))
    assert floor.states == (State.WRAP_UP, State.WRAP_UP)


def test_an_agent_who_asks_in_a_queue_does_not_make_the_caller_wait_there(floor: Floor) -> None:
    floor.asks()
    floor.happens(f.Queued(at=at(11), channel="a", queue="city"))
    floor.happens(f.Dequeued(at=at(12), channel="a", queue="city", reason="left"))
    assert [stay.queue for stay in floor.call.stays] == ["booking"]
    assert floor.call.waiting_in == ""


def test_a_lost_phone_is_waited_for(floor: Floor) -> None:
    floor.calls.note(CALL, f.PhoneLost(at=at(10), channel="a", agent="8001", party=CALL))
    floor.happens(unbridged(CALL, 10.1), unbridged("a", 10.1), gone("a", 10.2))
    assert floor.states[0] is State.HOLDING
    floor.happens(phone_up("n", 12), f.Called(at=at(12), channel="n"))
    floor.happens(bridged("n", 13, "d"), bridged(CALL, 13, "d"))
    assert floor.states[0] is State.TALKING
    assert floor.call.wrap_ups == ()
    assert floor.talks_since == at(5)


def test_a_talk_goes_on_after_a_hold(floor: Floor) -> None:
    floor.happens(f.Held(at=at(10), channel="a"))
    assert floor.talks_since == at(10)  # the state is another one: since when it is held
    floor.happens(f.Resumed(at=at(20), channel="a"))
    assert floor.talks_since == at(5)


def test_a_talk_begins_anew_after_a_wait(floor: Floor) -> None:
    floor.happens(gone("a", 10), unbridged(CALL, 10), queued("booking", 11))
    floor.agents.finish("8001")
    floor.happens(phone_up("n", 12), rang("n", 12), connected("n", 15))
    floor.happens(bridged("n", 15, "d"), bridged(CALL, 15, "d"))
    assert floor.talks_since == at(15)


def test_a_talk_begins_anew_after_a_colleague_s(floor: Floor) -> None:
    floor.happens(phone_up("x", 9, "1002"), f.Called(at=at(9), channel="x"))
    floor.happens(bridged("x", 10), gone("a", 11))
    floor.happens(phone_up("n", 20), f.Called(at=at(20), channel="n"))
    floor.happens(gone("x", 21), bridged("n", 21))
    assert floor.call.talking_since("8001") == at(21)


def test_a_lost_phone_that_stays_away_ends_the_agent_s_part(floor: Floor) -> None:
    floor.calls.note(CALL, f.PhoneLost(at=at(10), channel="a", agent="8001", party=CALL))
    floor.happens(unbridged(CALL, 10.1), gone("a", 10.2), queued("booking", 15))
    assert floor.states[0] is State.WRAP_UP
    assert floor.call.waiting == ()


def test_who_listens_is_no_agent_of_the_call_until_taking_it_over(floor: Floor) -> None:
    spy = f"{CALL}:77"
    floor.happens(phone_up(spy, 10, "1002"), call=spy)
    leg = floor.call.leg(spy)
    assert leg is not None
    assert leg.kind is LegKind.SUPERVISOR
    assert floor.call.agents == ("8001",)
    floor.happens(bridged(spy, 20, "d"), bridged(CALL, 20, "d"))
    assert floor.call.agents == ("8001", "8002")
    assert floor.states[1] is State.TALKING


def test_a_leg_of_a_call_that_is_over_begins_none(floor: Floor) -> None:
    floor.happens(phone_up("hq-9.9:77", 10, "1002"), call="hq-9.9:77")
    assert [call.id for call in floor.calls.open] == [CALL]


def test_two_calls_joined_by_a_phone_are_one(floor: Floor) -> None:
    floor.happens(f.Held(at=at(10), channel="a"))
    floor.happens(phone_up("s", 11, extension="8002"), call="s")
    floor.happens(phone_up("x", 11, "1002"), call="s")
    floor.happens(bridged("x", 12, "c"), bridged("s", 12, "c"), call="s")
    assert floor.states == (State.CONSULTING, State.TALKING)
    floor.happens(f.Transferred(at=at(15), channel="a", target="x", how="attended"))
    floor.happens(f.Joined(at=at(15), channel="x", to="a"))
    floor.happens(gone("a", 15.1), gone("s", 15.1))
    assert floor.states == (State.WRAP_UP, State.TALKING)
    assert floor.agents.states["8002"].call == CALL
    assert floor.call.agents == ("8001", "8002")
    floor.calls.forget("s")
    floor.happens(gone(CALL, 20), gone("x", 20))
    assert floor.states == (State.WRAP_UP, State.WRAP_UP)
    assert floor.call.ended == at(20)
