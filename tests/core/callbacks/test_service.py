"""Who is owed a call is called when somebody is free to talk, and is never forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from twisted.internet.task import Clock as FakeClock

from careline.agents.model import Agent, Reason, Skill
from careline.agents.service import Agents
from careline.callbacks.model import MAX_TRIES, RETRY, Callback, CallbackState, Why
from careline.callbacks.service import Callbacks
from careline.calls import facts as f
from careline.calls.model import CallRecord, Direction
from careline.calls.service import Calls
from careline.clock import Clock
from careline.errors import Unavailable
from careline.numbers.unasked import may_ring_unasked
from careline.outbound.through import QUEUE_S, ThroughQueue
from careline.outbound.ways import Ways
from careline.queues.model import FALLBACK, reaching
from careline.tasks import Tasks

T0 = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
PEOPLE = {
    "8001": Agent(id="8001", name="李敏", phone="1001", skills=(Skill(queue="booking"),)),
    "8002": Agent(id="8002", name="王芳", phone="1002", skills=(Skill(queue="service"),)),
}


class Kept:
    """A write-behind that keeps what it is given, calls included."""

    def __init__(self) -> None:
        self.items: list[Any] = []

    def put(self, *item: Any) -> None:
        self.items += item

    def resume(self, call_id: str, last_seq: int) -> None:
        pass


class Switch:
    """Begins calls, or is away."""

    def __init__(self) -> None:
        self.begun: list[dict[str, Any]] = []
        self.away = False
        self.odd: Exception | None = None

    async def originate(self, *_: str, **about: Any) -> None:
        if self.odd is not None:
            raise self.odd
        if self.away:
            raise Unavailable("ami.down", "there is no connection to Asterisk")
        self.begun.append(about)


async def _unmarked(call: str, number: str) -> dict[str, str]:
    return {}


async def _nobody(agent: str, number: str, patient: int, call: str) -> str:
    raise AssertionError("nobody dials by hand")


def _cleared(number: str, trunk: str) -> str:
    return f"PJSIP/{number}@city" if may_ring_unasked(number) else ""


class Office:
    """Callbacks among real calls and agents, on a clock that stands at 08:00."""

    def __init__(self) -> None:
        self.fake = FakeClock()
        clock = Clock(self.fake, lambda: T0 + timedelta(seconds=self.fake.seconds()))
        self.calls = Calls(Kept(), lambda endpoint: "")
        self.agents = Agents(clock, lambda: PEOPLE, Kept())
        self.switch, self.log = Switch(), Kept()
        ways = Ways(
            trunk=lambda campus: "city",
            cleared=_cleared,
            shown=lambda trunk: "01012345",
            marks=_unmarked,
            dial=_nobody,
            skills=lambda agent: reaching(PEOPLE[agent]),
        )
        self.through = ThroughQueue(clock, self.switch, self.calls, self.agents, ways)
        self.callbacks = Callbacks(
            clock, Tasks(), self.calls, self.agents, self.through, self.log, "hq"
        )

    def at(self, seconds: float) -> datetime:
        return T0 + timedelta(seconds=seconds)

    def missed(self, *queues: str, call_id: str = "hq-1.1", number: str = "+8613800001111") -> None:
        """Somebody calls, waits in these queues and gives up in the last."""
        up = f.ChannelUp(
            at=T0, channel=call_id, name="PJSIP/city-1", context="careline-inbound", extension="1"
        )
        self.calls.fact(call_id, up)
        who = f.Identified(at=T0, channel=call_id, trunk="city", number=number)
        self.calls.note(call_id, who)
        for count, queue in enumerate(queues):
            self.calls.note(call_id, f.Queued(at=self.at(count), channel=call_id, queue=queue))
            left = f.Dequeued(at=self.at(count + 0.5), channel=call_id, queue=queue, reason="left")
            self.calls.note(call_id, left)
        self.calls.note(call_id, f.ChannelGone(at=self.at(len(queues)), channel=call_id))

    def ready(self, agent: str = "8001") -> None:
        self.agents.sign_in(agent)
        self.agents.ready(agent)

    def answered(self, call_id: str, reached: bool) -> None:
        """The returned call goes its way and ends."""
        up = f.ChannelUp(at=T0, channel=call_id, name="Local/s@x-1;1", context="careline-callback")
        out = f.ChannelUp(at=T0, channel=f"{call_id}o", name="PJSIP/city-9")
        self.calls.fact(call_id, up)
        self.calls.fact(call_id, out)
        if reached:
            self.calls.fact(call_id, f.ChannelAnswered(at=T0, channel=out.channel))
        for channel in (out.channel, call_id):
            self.calls.fact(call_id, f.ChannelGone(at=T0, channel=channel))

    @property
    def owed(self) -> Callback:
        [owed] = self.callbacks.open
        return owed


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.mark.parametrize(("number", "owed"), [("110", 0), ("95588", 0), ("4001234567", 1)])
def test_no_forged_number_has_the_police_rung(number: str, owed: int) -> None:
    office = Office()
    office.missed("booking", number=number)
    assert len(office.callbacks.open) == owed


def test_nobody_has_the_police_rung_by_asking_for_a_callback() -> None:
    office = Office()
    office.missed("booking")
    [owed] = office.callbacks.open
    office.callbacks.resume([evolve(owed, number="120")])
    office.ready()
    assert office.switch.begun == []
    assert office.callbacks.open == ()


@pytest.mark.parametrize(("number", "may"), [("120", False), ("+8613800001111", True)])
def test_who_asks_is_told_at_once_that_a_number_is_not_called_back(number: str, may: bool) -> None:
    assert Office().callbacks.may_ring(number, "city") is may


def test_nobody_is_called_back_while_no_agent_is_free(office: Office) -> None:
    office.missed("booking")
    office.callbacks.serve_all()
    office.ready("8002")  # of another queue
    office.callbacks.serve_all()
    assert office.switch.begun == []
    assert office.owed.tries == 0
    office.ready("8001")
    [begun] = office.switch.begun
    assert begun["variables"]["CARELINE_QUEUE"] == "booking"
    assert begun["variables"]["CARELINE_DIAL"] == "PJSIP/+8613800001111@city"


def test_who_gave_up_waiting_for_the_familiar_agent_is_owed_a_call_by_the_queue(
    office: Office,
) -> None:
    office.missed("booking", "agent-8001")
    assert office.owed.queue == "booking"


@pytest.mark.parametrize("queue", ["agent-8001", FALLBACK])
def test_who_gave_up_anywhere_is_called_back(office: Office, queue: str) -> None:
    office.missed(queue)
    office.ready("8001")
    assert [begun["variables"]["CARELINE_QUEUE"] for begun in office.switch.begun] == [queue]


def test_those_who_wait_in_person_go_first(office: Office) -> None:
    office.missed("booking")
    up = f.ChannelUp(
        at=T0, channel="hq-1.2", name="PJSIP/city-2", context="careline-inbound", extension="1"
    )
    office.calls.fact("hq-1.2", up)
    office.calls.note("hq-1.2", f.Queued(at=T0, channel="hq-1.2", queue="booking"))
    office.ready("8001")
    assert office.switch.begun == []


def test_one_who_is_not_reached_is_tried_again_and_at_last_given_up(office: Office) -> None:
    office.missed("booking")
    office.ready("8001")
    for tries in range(1, MAX_TRIES + 1):
        assert office.owed.tries == tries
        office.callbacks.serve_all()  # one at a time
        office.answered(office.owed.last_call, reached=False)
        office.fake.advance(RETRY.total_seconds())
        office.callbacks.serve_all()
    assert len(office.switch.begun) == MAX_TRIES
    assert office.callbacks.open == ()
    assert office.log.items[-1].state is CallbackState.FAILED


def test_one_who_is_reached_is_owed_nothing_more(office: Office) -> None:
    office.missed("booking")
    office.ready("8001")
    try_ = office.owed.last_call
    office.answered(try_, reached=True)
    assert office.callbacks.open == ()
    assert office.log.items[-1].state is CallbackState.DONE
    made = office.calls.get(try_)
    assert made is not None
    assert (made.direction, made.number, made.trunk) == (
        Direction.OUTBOUND,
        "+8613800001111",
        "city",
    )


def test_a_try_whose_call_is_not_there_after_a_gap_blocks_nobody(office: Office) -> None:
    office.missed("booking")
    office.ready("8001")
    office.callbacks.reconcile()
    assert office.owed.state is CallbackState.WAITING
    office.answered(office.owed.last_call, reached=True)  # it was there after all
    assert office.callbacks.open == ()


def test_an_earlier_core_s_promises_are_kept(office: Office) -> None:
    owed = Callback(
        call="hq-0.1",
        queue="booking",
        number="+8613800001111",
        trunk="city",
        why=Why.ASKED,
        asked=T0,
        due=T0,
    )
    under_way = evolve(owed, call="hq-0.2", state=CallbackState.CALLING, last_call="hq-cb0.2.1")
    office.callbacks.resume([owed, under_way])
    assert [one.state for one in office.callbacks.open] == [CallbackState.WAITING] * 2
    office.ready("8001")
    assert len(office.switch.begun) == 1


def test_a_switch_that_is_away_is_a_try_that_failed(office: Office) -> None:
    office.missed("booking")
    office.switch.away = True
    office.ready("8001")
    assert office.owed.state is CallbackState.CALLING  # it may have heard of it all the same
    office.fake.advance(QUEUE_S)
    assert (office.owed.state, office.owed.tries) == (CallbackState.WAITING, 1)
    assert office.owed.due == office.at(QUEUE_S) + RETRY


def test_whatever_goes_wrong_the_call_is_owed_still_and_its_agent_free(office: Office) -> None:
    office.missed("booking")
    office.switch.odd = ValueError("marks")
    office.ready("8001")
    assert (office.owed.state, office.owed.tries) == (CallbackState.WAITING, 1)
    assert office.through.free("booking") == 1


def test_a_call_that_was_made_though_the_switch_did_not_say_so_is_not_made_again(
    office: Office,
) -> None:
    office.missed("booking")
    office.switch.away = True
    office.ready("8001")
    up = f.ChannelUp(at=T0, channel=office.owed.last_call, name="Local/s@careline-callback-1;1")
    office.calls.fact(office.owed.last_call, up)
    office.fake.advance(2 * QUEUE_S)
    assert office.owed.state is CallbackState.CALLING


def test_who_asked_and_then_hung_up_is_owed_one_call(office: Office) -> None:
    up = f.ChannelUp(
        at=T0, channel="hq-1.1", name="PJSIP/city-1", context="careline-inbound", extension="1"
    )
    office.calls.fact("hq-1.1", up)
    call = office.calls.get("hq-1.1")
    assert isinstance(call, CallRecord)
    assert call.direction is Direction.INBOUND
    office.callbacks.ask(call, "booking", "+8613800001111")
    office.missed("booking")
    assert office.owed.why is Why.ASKED


def test_an_agent_at_a_meal_gets_no_callback(office: Office) -> None:
    office.missed("booking")
    office.agents.sign_in("8001")
    office.agents.not_ready("8001", Reason.MEAL)
    office.callbacks.serve_all()
    assert office.switch.begun == []
