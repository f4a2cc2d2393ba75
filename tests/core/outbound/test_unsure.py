"""Calls of which nobody knows whether they were made, and what is odd: nobody is rung twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.core.outbound.office import NUMBER, Office
from tests.support.databases import put_tables
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock as FakeClock

from careline.clock import Clock
from careline.errors import Unavailable
from careline.outbound.model import Mode, Outcome, Rung, Stage
from careline.storage import Database, open_database
from careline.tasks import Tasks
from careline.telephony.states import Channel
from careline.telephony.switch import OldDialplan

LOST = Unavailable("ami.lost", "the connection to Asterisk was lost")


@pytest.fixture
def office() -> Office:
    """In memory: what differs between databases is tested with the service."""
    db: Database = open_database("sqlite://", clock=Clock(FakeClock()), tasks=Tasks())
    put_tables(db)
    office = Office(db)
    office.dialler.in_step()
    office.fake.advance(0)
    return office


def test_a_call_that_was_made_though_the_switch_did_not_say_so_is_known(office: Office) -> None:
    office.switch.error = LOST
    office.put()
    office.round()
    found = office.kept()
    assert found.stage is Stage.CALLING
    call = office.calls.get(found.call)
    assert call is not None
    assert office.run(office.dialler.answered(call, "HUMAN-1-1", "zh")) is not None


def test_a_call_that_is_told_of_late_is_known(office: Office) -> None:
    office.switch.hears = False
    office.put()
    office.round()
    office.later(seconds=10)
    call = office.kept().call
    assert office.kept().stage is Stage.CALLING
    office.switch.appears(call)
    office.fake.advance(0)
    office.ends(call, cause=17)
    assert office.kept().outcome is Outcome.BUSY
    assert len(office.switch.begun) == 1


@pytest.mark.parametrize("error", [None, LOST])
def test_a_call_that_never_appears_was_not_made(office: Office, error: Exception | None) -> None:
    office.switch.hears, office.switch.error = False, error
    office.put()
    office.round()
    assert office.kept().stage is Stage.CALLING
    office.later(seconds=41)
    found = office.kept()
    assert (found.stage, found.reason) == (Stage.WAITING, "outbound.no_channel")


def test_the_switch_is_believed_when_it_has_the_call(office: Office) -> None:
    office.switch.hears = False
    office.put()
    office.round()
    call = office.kept().call
    office.switch.up = [Channel(name="PJSIP/city-1", unique_id=call, linked_id=call)]
    office.later(seconds=41)
    assert office.kept().stage is Stage.CALLING


def test_nothing_is_judged_while_the_link_is_down(office: Office) -> None:
    office.switch.hears, office.switch.error = False, LOST
    office.put()
    office.round()
    office.dialler.lost()
    office.later(seconds=41)
    assert office.kept().stage is Stage.CALLING
    office.dialler.in_step()
    office.fake.advance(0)
    assert (office.kept().stage, office.kept().reason) == (Stage.WAITING, "outbound.restart")


def preview(office: Office) -> None:
    office.put(mode=Mode.PREVIEW, flow="")
    assert office.run(office.outbound.take("8001")) is not None


def test_a_link_that_comes_back_takes_nothing_from_an_agent_whose_phone_rings(
    office: Office,
) -> None:
    preview(office)
    office.slow = Deferred()
    office.tasks.spawn(office.dialler.begin("f:1", "8001"), "an agent dials")
    office.dialler.lost()
    office.dialler.in_step()
    office.fake.advance(0)
    assert office.kept().stage is Stage.CALLING
    office.slow.callback(None)
    assert office.calls.get(office.kept().call) is not None
    assert office.kept().agent == "8001"


def test_a_phone_that_may_ring_keeps_its_task_from_others(office: Office) -> None:
    preview(office)
    office.silent = True
    with pytest.raises(Unavailable):
        office.run(office.dialler.begin("f:1", "8001"))
    assert office.kept().stage is Stage.CALLING
    office.later(seconds=41)
    assert office.kept().stage is Stage.WAITING


def test_an_agents_phone_that_never_rang_is_no_try_of_the_patient(office: Office) -> None:
    preview(office)
    office.silent = True
    with pytest.raises(Unavailable):
        office.run(office.dialler.begin("f:1", "8001"))
    office.later(seconds=41)
    found = office.kept()
    assert (found.rung_tries, found.outcome, found.reason) == (0, None, "outbound.phone_away")


@pytest.mark.parametrize(("node", "hours"), [("hq", 1), ("gone", 4)])
def test_what_a_core_left_that_never_comes_back_is_called_again(
    office: Office, node: str, hours: int
) -> None:
    office.put()
    office.db.run_sync(office.outbound.claim, "f:1", "x-1.lost", node)
    office.later(hours=hours, seconds=-1)
    office.round()
    assert office.kept().stage is Stage.CALLING
    office.later(seconds=2)
    office.run(office.outbound.pause("followup", "leader"))
    office.round()
    assert (office.kept().stage, office.kept().reason) == (Stage.WAITING, "outbound.lost")


def test_a_long_talk_is_not_given_up(office: Office) -> None:
    office.put()
    office.round()
    office.answers()
    office.later(hours=5)
    office.round()
    assert office.calling == ["f:1"]


def test_where_the_dialplan_is_older_than_we_no_try_is_counted(office: Office) -> None:
    office.switch.hears, office.switch.error = False, OldDialplan()
    office.put()
    office.round()
    found = office.kept()
    assert (found.stage, found.rung_tries) == (Stage.WAITING, 0)
    assert found.reason == "asterisk.old_dialplan"
    assert found.next_at > office.now() + timedelta(minutes=9)


def test_one_odd_task_holds_no_other_up(office: Office) -> None:
    office.put("f:1", campus="odd", priority=9)
    office.put("f:2")
    office.round()
    assert office.calling == ["f:2"]
    assert (office.kept().tries, office.kept().reason) == (0, "outbound.odd")
    assert office.kept().next_at > office.now() + timedelta(minutes=9)


def test_what_cannot_be_begun_stays_neither_called_nor_on_a_line(office: Office) -> None:
    office.switch.hears, office.switch.error = False, ValueError("odd")
    office.put("f:1")
    office.round()
    found = office.kept()
    assert (found.stage, found.rung_tries, found.reason) == (Stage.WAITING, 0, "outbound.odd")
    office.dialler.figures = type(office.dialler.figures)(lines=1, ring_s=40, listens=True)
    office.switch.hears, office.switch.error = True, None
    office.put("f:2")
    office.round()
    assert office.calling == ["f:2"]


def test_no_robot_rings_the_police(office: Office) -> None:
    office.put(rungs=(Rung("110"), Rung("12320")))
    office.round()
    office.round()
    assert office.switch.begun == []
    assert office.hub.settled == [("f:1", "refused")]


def test_a_service_number_may_be_rung(office: Office) -> None:
    office.put(rungs=(Rung("4001234567"), Rung(NUMBER)))
    office.round()
    assert office.calling == ["f:1"]
