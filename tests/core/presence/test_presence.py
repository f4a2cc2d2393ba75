"""A desk that cannot take a call is taken out before one is offered, and comes back by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from twisted.internet.task import Clock as FakeClock

from careline.agents.model import Agent, Reason, State
from careline.agents.service import Agents
from careline.clock import Clock
from careline.presence.model import Seat
from careline.presence.service import Presence
from careline.presence.store import put_seat, read_seats
from careline.storage import Database
from careline.telephony.ami import Message
from careline.telephony.switch import Device

T0 = datetime(2026, 11, 22, 8, tzinfo=UTC)
PEOPLE = {
    number: Agent(id=number, name=number, phone=phone, browser_phone=f"b{phone}")
    for number, phone in (("8001", "1001"), ("8002", "1002"))
}
#: The promise: nothing is offered to a desk that is gone for longer.
LIMIT_S = 15


class Kept(list[Any]):
    put = list.append


class House:
    def __init__(self) -> None:
        self.fake = FakeClock()
        clock = Clock(self.fake, lambda: T0 + timedelta(seconds=self.fake.seconds()))
        self.log, self.seats = Kept(), Kept()
        log: Any = self.log
        seats: Any = self.seats
        self.agents = Agents(clock, lambda: PEOPLE, log)
        self.presence = Presence(clock, self.agents, seats)

    def works(self, agent: str = "8001", *, browser: bool = True, phone: str = "1001") -> None:
        if browser:
            self.presence.sit(Seat(agent=agent, phone=phone, browser=True), "tab1")
        self.agents.sign_in(agent, phone)
        self.agents.ready(agent)

    def beats(self, seconds: int, agent: str = "8001", tab: str = "tab1") -> None:
        for second in range(seconds):
            if second % 5 == 0:
                self.presence.beat(agent, tab)
            self.fake.advance(1)

    def contact(self, status: str, uri: str = "sip:1001@a", phone: str = "1001") -> None:
        headers = {"AOR": phone, "URI": uri, "ContactStatus": status}
        self.presence.phone_event(event("ContactStatus", **headers))

    def device(self, state: str, phone: str = "1001") -> None:
        told = event("DeviceStateChange", Device=f"PJSIP/{phone}", State=state)
        self.presence.phone_event(told)

    def state(self, agent: str = "8001") -> tuple[State, Reason]:
        status = self.agents.status(agent)
        return status.state, status.reason


def event(name: str, **headers: str) -> Message:
    return Message.of([("Event", name), *headers.items()])


AWAY = (State.NOT_READY, Reason.PHONE_AWAY)
READY = (State.READY, Reason.NONE)


@pytest.fixture
def house() -> House:
    return House()


def test_a_page_that_is_heard_keeps_its_agent_ready_for_hours(house: House) -> None:
    house.works()
    house.beats(3600)
    assert house.state() == READY
    assert [one.state for one in house.log] == [State.NOT_READY, State.READY]


def test_a_page_that_is_gone_takes_its_agent_out_in_time_and_brings_it_back(house: House) -> None:
    house.works()
    house.beats(20)
    house.fake.advance(5)
    assert house.state() == READY
    house.fake.advance(LIMIT_S - 5)
    assert house.state() == AWAY
    assert house.presence.missing("8001") == "page"
    house.fake.advance(100)
    house.presence.beat("8001", "tab1")
    assert house.state() == READY
    assert house.presence.missing("8001") == ""


def test_what_the_agent_was_comes_back(house: House) -> None:
    house.works()
    house.agents.not_ready("8001", Reason.MEAL)
    house.fake.advance(LIMIT_S)
    assert house.state() == (State.NOT_READY, Reason.MEAL)
    house.presence.beat("8001", "tab1")
    assert house.state() == (State.NOT_READY, Reason.MEAL)


def test_nobody_becomes_ready_without_a_page_not_for_a_moment(house: House) -> None:
    house.works()
    house.agents.not_ready("8001", Reason.MEAL)
    house.fake.advance(LIMIT_S)
    seen: list[State] = []
    house.agents.listen(lambda change: seen.append(change.after.state))
    house.agents.ready("8001")
    assert house.state() == AWAY
    assert State.READY not in seen
    house.presence.beat("8001", "tab1")
    assert house.state() == READY


@pytest.mark.parametrize("known", [True, False])
def test_a_desk_phone_alone_needs_no_page(house: House, *, known: bool) -> None:
    if known:
        house.presence.sit(Seat(agent="8001", phone="1001"))
    house.works(browser=False)
    house.fake.advance(3600)
    assert house.state() == READY


def test_who_signs_in_anew_at_a_desk_phone_needs_no_page_any_more(house: House) -> None:
    house.works()
    house.agents.sign_out("8001")
    house.works(browser=False)
    house.fake.advance(3600)
    assert house.state() == READY


@pytest.mark.parametrize("how", ["contact", "unreachable", "device"])
def test_a_phone_that_is_gone_takes_its_agent_out_in_time(house: House, how: str) -> None:
    house.works(browser=False)
    house.contact("Created")
    if how == "device":
        house.device("UNAVAILABLE")
    else:
        house.contact("Removed" if how == "contact" else "Unreachable")
    house.fake.advance(LIMIT_S)
    assert house.state() == AWAY
    assert house.presence.missing("8001") == "phone"
    house.contact("Reachable")
    assert house.state() == READY


@pytest.mark.parametrize("new_first", [True, False])
def test_a_phone_that_registers_anew_stays_there(house: House, *, new_first: bool) -> None:
    house.works(browser=False)
    house.presence.reset([Device(name="PJSIP/1001", state="NOT_INUSE")])
    steps = [("Created", "sip:1001@b"), ("Removed", "sip:1001@a")]
    for status, uri in steps if new_first else reversed(steps):
        house.contact(status, uri)
    house.fake.advance(3600)
    assert house.state() == READY
    assert len(house.log) == 2


def test_a_reload_of_the_page_is_no_absence(house: House) -> None:
    house.works()
    house.beats(5)
    house.contact("Removed")
    house.fake.advance(2)
    house.contact("Created", "sip:1001@b")
    house.presence.beat("8001", "tab1")
    house.fake.advance(10)
    assert house.state() == READY


def test_a_phone_of_which_nothing_is_known_is_believed(house: House) -> None:
    house.works(browser=False)
    house.presence.reset([Device(name="PJSIP/1002", state="UNAVAILABLE")])
    house.fake.advance(60)
    assert house.state() == READY


def test_an_absent_phone_is_known_at_the_start(house: House) -> None:
    house.presence.reset([Device(name="PJSIP/1001", state="UNAVAILABLE")])
    house.fake.advance(5)
    house.works(browser=False)
    assert house.state() == AWAY


def test_a_call_goes_on_and_what_follows_it_is_not_ready(house: House) -> None:
    house.works()
    house.agents.talking("8001", T0, "call")
    house.fake.advance(60)
    assert house.state()[0] is State.TALKING
    house.agents.hung_up("8001", T0, timedelta(seconds=30))
    assert house.state()[0] is State.WRAP_UP
    house.agents.finish("8001")
    assert house.state() == AWAY


def test_who_is_told_of_phones_hears_at_once_in_a_call_too(house: House) -> None:
    told: list[tuple[str, bool]] = []
    house.presence.listen_phones(lambda phone, there: told.append((phone, there)))
    house.works()
    house.contact("Created")
    house.agents.talking("8001", T0, "call")
    house.contact("Removed")
    house.contact("Created", "sip:1001@b")
    assert told == [("1001", False), ("1001", True)]


def test_one_page_leads_and_another_only_when_it_is_gone_or_asks(house: House) -> None:
    house.works()
    assert house.presence.beat("8001", "tab1")
    assert not house.presence.beat("8001", "other")
    house.beats(20)
    assert not house.presence.beat("8001", "other")
    house.fake.advance(13)
    assert house.presence.beat("8001", "other")
    assert not house.presence.beat("8001", "tab1")
    assert house.presence.beat("8001", "tab1", takes_over=True)
    assert not house.presence.beat("8001", "other")


def test_a_page_that_does_not_lead_keeps_no_desk_alive(house: House) -> None:
    house.works()
    for _ in range(20):
        house.fake.advance(0.5)
        assert not house.presence.beat("8001", "other")
    house.fake.advance(3)
    assert house.state() == AWAY


def test_a_restarted_core_waits_for_pages_but_not_for_ever(house: House, db: Database) -> None:
    house.works()
    house.works("8002", browser=False, phone="1002")
    for seat in house.seats:
        db.run_sync(put_seat, seat)
    later = House()
    later.agents.resume(house.agents.states.values())
    later.presence.resume(db.run_sync(read_seats))
    later.fake.advance(10)
    assert later.state() == READY
    later.fake.advance(LIMIT_S - 10)
    assert later.state() == AWAY
    assert later.state("8002") == READY
    later.presence.beat("8001", "a-new-tab")
    assert later.state() == READY
    later.agents.sign_out("8001")
    for seat in later.seats:
        db.run_sync(put_seat, seat)
    assert db.run_sync(read_seats) == []


def test_a_phone_that_came_back_while_no_core_was_there_brings_its_agent_back(house: House) -> None:
    house.works(browser=False)
    house.device("UNAVAILABLE")
    house.fake.advance(10)
    assert house.state() == AWAY
    later = House()
    later.agents.resume(house.agents.states.values())
    later.presence.resume([])
    assert later.state() == AWAY
    later.presence.reset([Device(name="PJSIP/1001", state="NOT_INUSE")])
    assert later.state() == READY


def test_a_desk_that_was_away_is_offered_nothing_by_a_restarted_core(house: House) -> None:
    house.works()
    house.fake.advance(LIMIT_S)
    assert house.state() == AWAY
    later = House()
    later.agents.resume(house.agents.states.values())
    later.presence.resume([Seat(agent="8001", phone="1001", browser=True)])
    later.presence.reset([Device(name="PJSIP/1001", state="NOT_INUSE")])
    assert later.state() == AWAY
    later.presence.beat("8001", "tab1")
    assert later.state() == READY
