"""A step of a caller: who is let in, who goes first, what is left on the channel, in what order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from tests.core.calls.support import CALL, Kept, at, caller_up, queued
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock as FakeClock

from careline.agents.model import Agent, AgentStatus, Skill, State
from careline.calls import facts as f
from careline.calls.model import CallRecord, Direction, LegKind
from careline.calls.recorder import Recorder
from careline.calls.rung import new_call_id
from careline.calls.service import Calls
from careline.campuses.calendar import CalendarState, OpenState
from careline.campuses.model import NumberList
from careline.clock import Clock
from careline.errors import NotFound, Unavailable
from careline.ivr import exits
from careline.ivr.book import FlowBook
from careline.ivr.position import Position
from careline.queues.model import Queue
from careline.queues.plan import Stop, encode
from careline.reception.arrival import LOOK_UP_S, Arrival
from careline.reception.overflow import Overflow
from careline.reception.service import Reception
from careline.testing import run_async

BOOKING = Queue(id="booking", title="预约", last_agent_s=15)
PEOPLE = {"8001": Agent(id="8001", name="李敏", phone="1001", skills=(Skill(queue="booking"),))}


class Session:
    """A channel's variables, and the order in which they were set."""

    def __init__(self, **variables: str) -> None:
        self.env = {"uniqueid": CALL, "channel": "PJSIP/city-1", "language": "zh"}
        self.variables = {"CARELINE_CALL": CALL, "CARELINE_DNIS": "8000", **variables}
        self.order: list[str] = []
        self.answered = False

    async def get_variable(self, name: str) -> str | None:
        return self.variables.get(name)

    async def set_variable(self, name: str, value: str) -> None:
        self.order.append(name)
        self.variables[name] = value

    async def answer(self) -> None:
        self.answered = True


class Set:
    """The set-up: one queue, one agent, lists."""

    def __init__(self) -> None:
        self.queues, self.agents = {"booking": BOOKING}, PEOPLE
        self.listed: set[NumberList] = set()
        self.book = FlowBook(clock=Clock(FakeClock()))

    def trunk_of(self, channel: str) -> None:
        return None

    def campus_of(self, called: str, trunk: object) -> str:
        return "east"

    def state_of(self, campus: str) -> CalendarState:
        return CalendarState(OpenState.OPEN)

    def is_listed(self, kind: NumberList, number: object) -> bool:
        return kind in self.listed

    def flow_for(self, called: str, campus: str) -> str:
        raise NotFound("flow.unknown", "there is no flow")


class Database:
    """Finds whom it is told to; ``away`` refuses, ``stuck`` never answers."""

    def __init__(self) -> None:
        self.last_agent = ""
        self.callers: list[tuple[int, bool]] = []
        self.away = self.stuck = False

    async def run(self, fn: Any, *args: Any) -> Any:
        if self.stuck:
            await Deferred()
        if self.away:
            raise Unavailable("db.away", "the database is away")
        return self.last_agent if fn.__name__ == "last_agent" else self.callers


class Hub:
    """One plugin's answers."""

    def __init__(self) -> None:
        self.routed: Any = exits.ToQueue(queue="booking", limit_s=300)
        self.overflown: Any = None
        self.recorded: bool | None = None

    async def route_call(self, *, call: object) -> Any:
        return self.routed

    async def overflow(self, *, call: object, queue: str, waited_s: int) -> Any:
        return self.overflown

    async def after_call(self, *, call: object) -> None:
        return None

    async def record_call(self, *, call: object, agent: str) -> bool | None:
        return self.recorded


class Nothing:
    def ask(self, call: object) -> None:
        pass


class Tape:
    def begin(self, call_id: str, box: str) -> Path:
        return Path(f"/tapes/{call_id}.wav")


class People:
    states: dict[str, AgentStatus]

    def __init__(self) -> None:
        self.states = {}


class Desk:
    def __init__(self) -> None:
        self.clock = Clock(FakeClock(), lambda: at(0))
        self.calls, self.set, self.db, self.hub = Calls(Kept()), Set(), Database(), Hub()
        self.agents = People()
        self.heard: list[str] = []
        self.begins: Position | None = None
        self.agent_is(State.READY)
        arrival = Arrival(self.clock, self.calls, self.agents, self.set, self.db, Nothing())
        self.reception = Reception(
            clock=self.clock,
            calls=self.calls,
            routing=self.set,
            hub=self.hub,
            arrival=arrival,
            overflow=Overflow(self.clock, self.calls, self.hub, arrival),
            voicemail=Tape(),
            callbacks=None,
            sounds=None,
            dial_string=lambda number, trunk: "",
            recorder=Recorder(self.hub, self.calls, None, self.clock, Path("spool")),
            automatic=self.automatic,
        )
        self.calls.fact(CALL, caller_up())

    def agent_is(self, state: State) -> None:
        self.agents.states["8001"] = AgentStatus(
            agent="8001", state=state, since=at(0), phone="1001"
        )

    async def automatic(self, call: CallRecord, heard: str, language: str) -> Position | None:
        """What the dialler knows of a call of a task."""
        self.heard.append(heard)
        return self.begins

    def step(self, **variables: str) -> Session:
        session = Session(**variables)
        run_async(self.reception.step(session), self.clock)
        return session

    def comes_back(self, result: str, **variables: str) -> Session:
        """From the queue, as the switch left the channel."""
        waiting = Position("", 0, "@routed", waiting=True)
        state = variables.pop("CARELINE_STATE", waiting.encode())
        about = {"CARELINE_KIND": "queue", "CARELINE_QUEUE": "booking", **variables}
        return self.step(CARELINE_STATE=state, CARELINE_RESULT=result, **about)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_step_is_set_when_all_that_it_needs_is(desk: Desk) -> None:
    session = desk.step()
    assert session.order[-1] == "CARELINE_STEP"
    assert session.order.count("CARELINE_STEP") == 1
    assert session.variables["CARELINE_STEP"] == "queue"
    assert session.variables["CARELINE_QUEUE"] == "booking"
    assert session.variables["CARELINE_LIMIT"] == "300"


def test_a_blocked_caller_is_rejected_unanswered(desk: Desk) -> None:
    desk.set.listed = {NumberList.BLOCK}
    session = desk.step()
    assert (session.variables["CARELINE_STEP"], session.answered) == ("hangup", False)
    assert session.variables["CARELINE_CAUSE"] == "21"


def test_vips_go_before_those_who_come_back_and_those_before_all_others(desk: Desk) -> None:
    def priority() -> int:
        return int(desk.step().variables["CARELINE_PRIORITY"])

    usual = priority()
    desk.calls.note(CALL, queued("booking", 1))
    returning = priority()
    desk.set.listed = {NumberList.VIP}
    assert usual < returning < priority()
    desk.set.listed = set()
    desk.db.callers = [(7, False), (8, True)]
    assert priority() > returning, "one of the patients with this number is a VIP"


def test_the_agent_of_last_time_is_tried_first_when_ready(desk: Desk) -> None:
    desk.db.last_agent = "8001"
    variables = desk.step().variables
    assert (variables["CARELINE_QUEUE"], variables["CARELINE_LIMIT"]) == ("agent-8001", "15")
    assert variables["CARELINE_STOPS"] == encode([Stop("booking", 300)])
    desk.agent_is(State.NOT_READY)
    assert desk.step().variables["CARELINE_QUEUE"] == "booking"


@pytest.mark.parametrize("how", ["away", "stuck"])
def test_no_caller_waits_for_the_database(desk: Desk, how: str) -> None:
    setattr(desk.db, how, True)
    assert desk.step().variables["CARELINE_QUEUE"] == "booking"
    assert desk.clock.seconds() <= 2 * LOOK_UP_S  # who calls, and the agent of last time


def test_after_its_time_a_queue_is_left_for_the_next_stop(desk: Desk) -> None:
    stops = encode([Stop("city", 60)])
    variables = desk.comes_back("TIMEOUT", CARELINE_STOPS=stops, CARELINE_PRIORITY="10").variables
    assert (variables["CARELINE_QUEUE"], variables["CARELINE_LIMIT"]) == ("city", "60")
    assert (variables["CARELINE_PRIORITY"], variables["CARELINE_STOPS"]) == ("10", "")


def test_a_plugin_s_overflow_goes_before_the_next_stop(desk: Desk) -> None:
    desk.hub.overflown = exits.Hangup(cause=17)
    variables = desk.comes_back("TIMEOUT", CARELINE_STOPS=encode([Stop("city", 60)])).variables
    assert (variables["CARELINE_STEP"], variables["CARELINE_CAUSE"]) == ("hangup", "17")


def test_why_a_queue_was_left_is_in_the_record(desk: Desk) -> None:
    desk.calls.note(CALL, queued("booking", 0))
    desk.calls.note(CALL, f.Dequeued(at=at(0), channel=CALL, queue="booking", reason="abandoned"))
    desk.comes_back("TIMEOUT", CARELINE_STOPS=encode([Stop("city", 60)]))
    call = desk.calls.get(CALL)
    assert call is not None
    assert call.stays[0].reason == "timeout"


def test_an_old_result_is_not_taken_for_a_new_one(desk: Desk) -> None:
    cut_off = evolve(Position("", 0, "menu"), waiting=False)
    stops = encode([Stop("city", 60)])
    session = desk.comes_back("TIMEOUT", CARELINE_STATE=cut_off.encode(), CARELINE_STOPS=stops)
    assert session.variables["CARELINE_QUEUE"] != "city"


def test_a_caller_whose_state_is_unreadable_reaches_the_last_resort(desk: Desk) -> None:
    session = desk.comes_back("TIMEOUT", CARELINE_STATE="???")
    assert session.variables["CARELINE_QUEUE"] == "careline-fallback"
    assert session.order[-1] == "CARELINE_STEP"


def test_a_message_may_be_as_long_as_the_flow_says(desk: Desk) -> None:
    desk.hub.routed = exits.ToVoicemail(box="night", limit_s=33)
    variables = desk.step().variables
    assert (variables["CARELINE_STEP"], variables["CARELINE_LIMIT"]) == ("voicemail", "33")
    assert (variables["CARELINE_FILE"], variables["CARELINE_BOX"]) == ("/tapes/hq-1.1.wav", "night")


def test_without_a_flow_callers_reach_the_last_resort(desk: Desk) -> None:
    desk.hub.routed = None
    assert desk.step().variables["CARELINE_QUEUE"] == "careline-fallback"


def test_a_call_whose_begin_nobody_told_is_led_and_recorded(desk: Desk) -> None:
    session = Session(CARELINE_CALL="hq-7.7")
    run_async(desk.reception.step(session), desk.clock)
    assert session.variables["CARELINE_STEP"] == "queue"
    assert desk.calls.get("hq-7.7") is not None


def test_whom_we_have_called_before_the_begin_was_told_is_no_caller(desk: Desk) -> None:
    """The core was away in between: it is the call of a task, not one of the hotline's."""
    call_id = new_call_id("hq", at(0))
    session = Session(CARELINE_CALL=call_id, CARELINE_AUTOMATIC="1", CARELINE_HEARD="HUMAN-1-1")
    session.env["uniqueid"] = "hq-9.1"
    del session.variables["CARELINE_DNIS"]
    run_async(desk.reception.step(session), desk.clock)
    call = desk.calls.get(call_id)
    assert call is not None
    assert (call.direction, call.dnis) == (Direction.OUTBOUND, "")
    assert [(leg.channel, leg.kind) for leg in call.legs] == [("hq-9.1", LegKind.OUTSIDE)]
    assert desk.heard == ["HUMAN-1-1"]


def talks_until(desk: Desk, cause: int, ended: float = -1) -> None:
    desk.calls.note(CALL, queued("booking", -9))
    up = f.ChannelUp(
        at=at(-8), channel="a", name="PJSIP/1001-1", context="careline-phones", agent="8001"
    )
    desk.calls.fact(CALL, up)
    desk.calls.note(CALL, f.Bridged(at=at(-5), channel="a", bridge="b"))
    desk.calls.note(CALL, f.ChannelGone(at=at(ended), channel="a", cause=cause))


@pytest.mark.parametrize("cause", [44, 38])
def test_a_caller_whose_agent_s_line_broke_is_taken_back(desk: Desk, cause: int) -> None:
    talks_until(desk, cause)
    variables = desk.comes_back("CONTINUE").variables
    assert (variables["CARELINE_STEP"], variables["CARELINE_PHONE"]) == ("retake", "1001")
    assert variables["CARELINE_BACK"] == "booking"
    call = desk.calls.get(CALL)
    assert call is not None
    assert [one.agent for one in call.waiting] == ["8001"]


@pytest.mark.parametrize(("cause", "ended"), [(16, -1), (0, -1), (44, -60)])
def test_a_caller_whose_agent_hung_up_is_not(desk: Desk, cause: int, ended: float) -> None:
    talks_until(desk, cause, ended)
    assert desk.comes_back("CONTINUE").variables["CARELINE_STEP"] != "retake"
