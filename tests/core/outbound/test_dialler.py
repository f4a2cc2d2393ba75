"""What is dialled when, and what comes of it."""

from __future__ import annotations

import pytest
from tests.core.outbound.office import NUMBER, Office
from tests.support.databases import put_tables
from twisted.internet.task import Clock as FakeClock

from careline.calls import facts as f
from careline.clock import Clock
from careline.hooks import Refusal
from careline.outbound.model import Mode, Outcome, Stage
from careline.storage import Database, open_database
from careline.tasks import Tasks


@pytest.fixture
def db() -> Database:
    """In memory: what differs between databases is tested with the service."""
    made = open_database("sqlite://", clock=Clock(FakeClock()), tasks=Tasks())
    put_tables(made)
    return made


@pytest.fixture
def office(db: Database) -> Office:
    return Office(db)


def stepped(office: Office, call: str = "") -> f.Stepped:
    call = call or office.kept().call
    return f.Stepped(at=office.now(), channel=call, flow="followup", node="ask")


def test_no_more_calls_than_lines(db: Database) -> None:
    office = Office(db, lines=2)
    for number in range(4):
        office.put(f"f:{number}")
    office.round()
    office.round()
    assert office.calling == ["f:0", "f:1"]
    office.ends(office.kept("f:0").call, cause=17)
    office.round()
    assert office.calling == ["f:1", "f:2"]


def test_a_line_for_nothing_is_for_callers(db: Database) -> None:
    office = Office(db, lines=0)
    office.put()
    office.round()
    assert office.switch.begun == []


def test_a_progressive_call_waits_for_a_free_agent_and_takes_no_second_one(
    office: Office,
) -> None:
    for number in range(5):
        office.put(f"f:{number}", mode=Mode.PROGRESSIVE, flow="")
    office.round()
    assert office.calling == []
    office.ready("8001", "8002")
    office.round()
    office.round()
    assert office.calling == ["f:0", "f:1"]
    assert all(
        channel.startswith("Local/s@careline-callback") for channel, _ in office.switch.begun
    )


def test_who_waits_in_person_is_served_before_patients_are_rung(office: Office) -> None:
    office.ready("8001")
    caller = f.ChannelUp(
        at=office.now(),
        channel="hq-9.9",
        name="PJSIP/city-7",
        context="careline-inbound",
        extension="4001234567",
    )
    office.fact(caller)
    office.fact(f.Queued(at=office.now(), channel="hq-9.9", queue="service"))
    office.put(mode=Mode.PROGRESSIVE, flow="")
    office.round()
    assert office.calling == []


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [(17, Outcome.BUSY), (19, Outcome.NO_ANSWER), (0, Outcome.NO_ANSWER), (34, Outcome.FAILED)],
)
def test_what_came_of_it_is_read_off_the_line(office: Office, cause: int, outcome: Outcome) -> None:
    office.put()
    office.round()
    office.ends(cause=cause)
    found = office.kept()
    assert (found.stage, found.outcome) == (Stage.WAITING, outcome)
    [attempt] = office.run(office.outbound.attempts("f:1"))
    assert attempt.outcome is outcome


def test_whom_the_flow_has_spoken_to_is_reached(office: Office) -> None:
    office.put()
    office.round()
    call = office.calls.get(office.kept().call)
    assert call is not None
    begin = office.run(office.dialler.answered(call, "HUMAN-800-800", "zh"))
    assert begin is not None
    assert (begin.flow, begin.vars["task"], begin.vars["answered_by"]) == (
        "followup",
        "f:1",
        "human",
    )
    office.answers(then=stepped(office))
    office.ends()
    assert office.kept().outcome is Outcome.ANSWERED
    assert office.hub.settled == [("f:1", "answered")]


def test_who_answered_but_heard_nothing_of_it_is_not_reached(office: Office) -> None:
    office.put()
    office.round()
    office.answers()
    office.ends()
    assert (office.kept().outcome, office.kept().reason) == (
        Outcome.NO_ANSWER,
        "outbound.broken",
    )


def test_a_machine_is_told_nothing_unless_the_task_says_so(office: Office) -> None:
    heard = "MACHINE-LONGGREETING-1510-1500"
    office.put()
    office.put("f:2", args={"machine": "flow"})
    office.round()
    first, second = (office.calls.get(office.kept(key).call) for key in ("f:1", "f:2"))
    assert first is not None
    assert second is not None
    assert office.run(office.dialler.answered(first, heard, "zh")) is None
    begin = office.run(office.dialler.answered(second, heard, "zh"))
    assert begin is not None
    assert begin.vars["answered_by"] == "machine"
    office.answers(first.id)
    office.ends(first.id)
    assert office.kept().outcome is Outcome.MACHINE


def test_who_is_silent_at_first_is_a_person(office: Office) -> None:
    office.put()
    office.round()
    call = office.calls.get(office.kept().call)
    assert call is not None
    heard = "MACHINE-INITIALSILENCE-2500-2500"
    assert office.run(office.dialler.answered(call, heard, "zh")) is not None


def test_what_a_plugin_has_settled_stays_settled(office: Office) -> None:
    office.put()
    office.round()
    office.answers(then=stepped(office))
    office.run(office.outbound.settle("f:1", Outcome.WRONG_NUMBER, "followup"))
    call = office.run(office.outbound.attempts("f:1"))[0].call
    office.ends(call)
    assert (office.kept().stage, office.kept().outcome) == (Stage.WAITING, Outcome.WRONG_NUMBER)


def test_no_agent_answered_so_it_was_no_try(office: Office) -> None:
    office.ready("8001")
    office.put(mode=Mode.PROGRESSIVE, flow="")
    office.round()
    office.ends(cause=0)  # no leg of the patient was ever there
    found = office.kept()
    assert (found.stage, found.rung_tries, found.reason) == (
        Stage.WAITING,
        0,
        "outbound.no_agent",
    )


def test_a_number_that_the_list_refuses_is_passed_over(office: Office) -> None:
    office.put()
    office.may_dial = False
    office.round()
    office.round()
    assert office.switch.begun == []
    assert office.hub.settled == [("f:1", "refused")]


def test_a_plugin_may_refuse_a_number(office: Office) -> None:
    office.hub.refusal = Refusal("every_hook.forbidden", "not this one")
    office.put()
    office.round()
    assert office.switch.begun == []
    assert office.kept().reason == "every_hook.forbidden"


def test_a_switch_that_refuses_is_tried_again_later(office: Office) -> None:
    office.switch.refuses = True
    office.put()
    office.round()
    found = office.kept()
    assert (found.stage, found.outcome, found.rung_tries) == (Stage.WAITING, Outcome.FAILED, 0)


def test_a_flow_that_is_missing_is_waited_for(office: Office) -> None:
    office.put(flow="gone")
    office.round()
    assert (office.kept().tries, office.kept().reason) == (0, "outbound.flow")


def test_the_next_core_takes_up_what_an_earlier_one_left(db: Database) -> None:
    office = Office(db)
    office.put()
    office.round()
    office.answers(then=stepped(office))
    call = office.kept().call
    office.fact(f.ChannelGone(at=office.now(), channel=call))  # and the core dies at once
    second = Office(db)
    second.dialler.in_step()
    second.fake.advance(0)
    assert second.kept().outcome is Outcome.ANSWERED
    assert NUMBER not in str(second.kept())


def test_a_try_without_a_trace_is_made_again(db: Database) -> None:
    office = Office(db)
    office.put()
    office.db.run_sync(office.outbound.claim, "f:1", "hq-1.lost", "hq")
    office.dialler.in_step()
    office.fake.advance(0)
    found = office.kept()
    assert (found.stage, found.rung_tries, found.reason) == (
        Stage.WAITING,
        0,
        "outbound.restart",
    )


def test_a_purpose_that_is_stopped_holds_no_other_up(office: Office) -> None:
    for number in range(120):
        office.put(f"f:{number}", priority=9)
    office.put("r:1", purpose="reminder")
    office.run(office.outbound.pause("followup", "leader"))
    office.round()
    assert office.calling == ["r:1"]


def test_a_queue_without_agents_holds_no_other_up(office: Office) -> None:
    for number in range(20):
        office.put(f"f:{number}", mode=Mode.PROGRESSIVE, flow="", queue="nobody", priority=9)
    office.put("r:1", mode=Mode.PROGRESSIVE, flow="")
    office.ready("8001")
    office.round()
    assert office.calling == ["r:1"]
