"""Calls that we begin: their ids are ours, and what dials for us is no leg of them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve
from tests.core.calls.support import at
from tests.core.calls.test_gap import Kept, event
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock as FakeClock

from careline.calls import facts as f
from careline.calls import journal, store
from careline.calls.model import LegKind
from careline.calls.recovery import Recovery
from careline.calls.rung import is_ours, new_call_id
from careline.calls.service import Calls
from careline.clock import Clock
from careline.storage import Database
from careline.telephony.ami import Message
from careline.telephony.switch import BEGIN
from careline.testing import run_async

OURS, PHONE = new_call_id("hq", at(0)), "hq-2.7"


def half(mark: str, seconds: float = 0) -> Message:
    name = f"Local/s@{BEGIN}-00000001;{mark}"
    unique = OURS if mark == "1" else f"{OURS};2"
    headers = {"Uniqueid": unique, "Channel": name, "Context": BEGIN, "Exten": "s"}
    return event("Newchannel", seconds, Linkedid=OURS, **headers)


def phone(linked: str = OURS) -> Message:
    headers = {"Uniqueid": PHONE, "Channel": "PJSIP/1001-0000000a", "Context": "careline-phones"}
    return event("Newchannel", 0.1, Linkedid=linked, Exten="s", **headers)


def calls() -> Calls:
    return Calls(Kept(), lambda endpoint: "8001" if endpoint == "PJSIP/1001" else "")


def test_ids_tell_who_began_a_call() -> None:
    assert is_ours(OURS)
    assert not any(is_ours(one) for one in ("hq-1.0", "hq-cb7.1", f"{OURS}:a1b2c3d4", "take:ab"))


def test_who_is_rung_is_the_first_leg_of_a_call_with_our_id() -> None:
    found = calls()
    for message in (half("1"), half("2"), phone()):
        found.event(message)
    [call] = found.open
    assert call.id == OURS
    assert [(leg.channel, leg.kind, leg.agent) for leg in call.legs] == [
        (PHONE, LegKind.AGENT, "8001")
    ]


def test_a_phone_that_we_ring_is_no_ring_that_an_agent_owes_an_answer() -> None:
    found = calls()
    found.event(phone())
    headers = {"Uniqueid": f"{OURS};2", "Context": BEGIN, "DestUniqueid": PHONE}
    found.event(event("DialBegin", 0.2, **headers))
    assert found.open[0].rings == ()


def test_a_leg_that_is_told_after_its_call_was_stored_begins_none() -> None:
    found = calls()
    found.remember([OURS])
    found.event(phone())
    assert found.open == ()


@pytest.mark.parametrize("context", [BEGIN, "careline-phones"])
def test_the_journal_tells_the_same(context: str) -> None:
    line = journal.Line(
        kind="CHAN_START",
        at=at(0) + timedelta(seconds=1),
        channel=OURS if context == BEGIN else PHONE,
        call=OURS,
        name="Local/s@x;1" if context == BEGIN else "PJSIP/1001-0000000a",
        number="",
        extension="s",
        context=context,
        application="",
        data="",
        extra="",
    )
    told = list(journal.facts_of(line, lambda endpoint: ""))
    assert any(isinstance(one, f.ChannelUp) for one in told) == (context != BEGIN)


def test_a_leader_s_phone_joins_the_call_that_it_is_rung_for() -> None:
    found = calls()
    found.event(phone(OURS))
    linked = f"{OURS}:a1b2c3d4"
    headers = {"Uniqueid": "hq-3.9", "Channel": "PJSIP/1003-0000000b", "Context": "careline-phones"}
    found.event(event("Newchannel", 2, Linkedid=linked, Exten="s", **headers))
    [call] = found.open
    assert [leg.kind for leg in call.legs] == [LegKind.AGENT, LegKind.SUPERVISOR]


def test_after_a_restart_a_call_stored_long_ago_is_begun_by_no_leg_of_it(db: Database) -> None:
    writer = Kept()
    before, found = Calls(writer), Calls(Kept())
    before.event(phone())
    before.event(event("Hangup", 9, Uniqueid=PHONE, Cause="16"))
    facts = [store.Numbered(at + 1, fact) for at, fact in enumerate(writer.facts)]
    call = before.get(OURS)
    assert call is not None
    db.run_sync(store.save, call, facts, at(9))
    later = evolve(call, id="hq-8.1", started=at(3600), ended=at(3600))
    last = f.ChannelUp(at=at(3600), channel="hq-8.1", name="PJSIP/city-1")
    db.run_sync(store.save, later, [store.Numbered(1, last)], at(3600))
    clock = Clock(FakeClock(), lambda: at(3601))
    recovery = Recovery(found, db, clock, "hq", Path("none"), lambda endpoint: "", no_journal)
    run_async(recovery.load(), clock)
    found.event(phone())
    assert found.get(OURS) is None


def no_journal(*_: object) -> Deferred[list[journal.Line]]:
    return succeed([])


def test_a_stored_call_keeps_its_id(db: Database) -> None:
    writer = Kept()
    found = Calls(writer)
    found.event(phone())
    [call] = found.open
    db.run_sync(store.save, call, [store.Numbered(1, writer.facts[0])], at(1))
    stored = db.run_sync(store.load, OURS)
    assert stored is not None
    assert (stored.record.id, stored.record.legs[0].channel) == (OURS, PHONE)
