"""Tasks as rows: put once, taken by one, told of once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from tests.core.outbound.office import DAUGHTER, NUMBER, Office

from careline.calls import facts as f
from careline.errors import NotFound, Refused
from careline.outbound import store
from careline.outbound.model import Mode, Outcome, Stage, Urgency
from careline.outbound.service import TAKEN_FOR
from careline.outbound.store import Wanted
from careline.outreach.model import Contact, Decision, Means, Verdict
from careline.storage import Database, Tx
from careline.storage.ageing import Ageing
from careline.tasks import Tasks


@pytest.fixture
def office(db: Database) -> Office:
    return Office(db)


def test_the_same_key_twice_is_one_task(office: Office) -> None:
    office.put()
    first = office.kept().task
    assert not office.db.run_sync(office.outbound.put, first)
    assert office.run(office.outbound.counted(Wanted())) == {(Stage.WAITING, None): 1}


def test_what_is_withdrawn_is_told_of_once_and_never_called(office: Office) -> None:
    office.put()
    assert office.db.run_sync(office.outbound.withdraw, "f:1", "moved")
    assert not office.db.run_sync(office.outbound.withdraw, "f:1", "moved")
    assert office.hub.settled == [("f:1", "withdrawn")]
    office.round()
    assert office.switch.begun == []


def test_a_call_that_is_up_cannot_be_withdrawn(office: Office) -> None:
    office.put()
    office.round()
    assert office.calling == ["f:1"]
    assert not office.db.run_sync(office.outbound.withdraw, "f:1", "moved")


def test_two_who_claim_the_same_task_make_one_call(office: Office) -> None:
    office.put()
    first, _ = office.db.run_sync(office.outbound.claim, "f:1", "hq-1.1", "hq")
    second, _ = office.db.run_sync(office.outbound.claim, "f:1", "hq-1.2", "hq")
    assert first is not None
    assert second is None
    assert len(office.run(office.outbound.attempts("f:1"))) == 1


def test_a_number_that_changed_after_it_was_judged_is_not_dialled(office: Office) -> None:
    office.put()
    begun, _ = office.db.run_sync(office.outbound.claim, "f:1", "hq-1.1", "hq", DAUGHTER)
    assert begun is None


def test_a_wrong_number_is_remembered_and_the_family_is_called(office: Office) -> None:
    office.put(patient=7)
    office.round()
    settled = office.run(office.outbound.settle("f:1", Outcome.WRONG_NUMBER, "8001"))
    assert settled is not None
    assert (settled.stage, settled.number) == (Stage.WAITING, DAUGHTER)
    assert office.db.run_sync(office.outreach.is_wrong, NUMBER, 7)
    assert office.run(office.outbound.settle("f:1", Outcome.ANSWERED, "8001")) is None
    assert office.hub.settled == []


def test_who_is_not_to_be_called_is_not(office: Office) -> None:
    for number in (NUMBER, DAUGHTER):
        office.db.run_sync(
            lambda tx, n=number: office.outreach.refuse(tx, n, by="leader", now=office.now())
        )
    office.put()
    office.round()
    office.round()
    assert office.switch.begun == []
    assert (office.kept().stage, office.kept().reason) == (Stage.DONE, "outreach.do_not_call")
    assert office.hub.settled == [("f:1", "refused")]


def test_at_night_a_routine_call_waits_for_the_morning(office: Office) -> None:
    office.later(hours=13)  # 23:00
    office.put(urgency=Urgency.ROUTINE)
    office.round()
    found = office.kept()
    assert office.switch.begun == []
    assert (found.stage, found.tries, found.reason) == (Stage.WAITING, 0, "outreach.quiet")
    assert timedelta(hours=9) <= found.next_at - office.now() <= timedelta(hours=10)
    office.later(hours=10)
    office.round()
    assert len(office.switch.begun) == 1


def test_what_nobody_needs_any_more_is_over(office: Office) -> None:
    office.put(not_after=office.now() + timedelta(hours=1), due=office.now() + timedelta(days=1))
    office.later(hours=2)
    office.round()
    assert office.hub.settled == [("f:1", "expired")]


# What agents do


def preview(office: Office, key: str = "f:1", **changes: object) -> None:
    office.put(key, mode=Mode.PREVIEW, flow="", **changes)


def test_two_agents_never_have_the_same_task(office: Office) -> None:
    preview(office)
    preview(office, "f:2", priority=1)
    first = office.run(office.outbound.take("8001"))
    second = office.run(office.outbound.take("8002"))
    assert first is not None
    assert second is not None
    assert (first.task.key, second.task.key) == ("f:2", "f:1")
    again = office.run(office.outbound.take("8001"))
    assert again is not None
    assert again.task.key == "f:2"
    assert office.run(office.outbound.take("8003")) is None


def test_a_task_left_lying_goes_back_to_the_others(office: Office) -> None:
    preview(office)
    office.run(office.outbound.take("8001"))
    office.later(seconds=TAKEN_FOR.total_seconds() + 1)
    office.round()
    assert office.kept().stage is Stage.WAITING
    with pytest.raises(Refused):
        office.run(office.outbound.put_back("f:1", "8001"))


def test_an_agent_calls_the_task_in_hand(office: Office) -> None:
    preview(office)
    office.run(office.outbound.take("8001"))
    call = office.run(office.dialler.begin("f:1", "8001"))
    found = office.kept()
    assert (found.stage, found.call, found.agent) == (Stage.CALLING, call, "8001")
    with pytest.raises(Refused):
        office.run(office.dialler.begin("f:1", "8002"))


def test_a_phone_that_is_away_costs_no_try(office: Office) -> None:
    preview(office)
    office.run(office.outbound.take("8001"))
    office.away = True
    with pytest.raises(Refused):
        office.run(office.dialler.begin("f:1", "8001"))
    found = office.kept()
    assert (found.stage, found.rung_tries) == (Stage.WAITING, 0)
    office.later(minutes=2)
    office.away = False
    office.run(office.outbound.take("8001"))
    office.run(office.dialler.begin("f:1", "8001"))  # the governor gave the room back


def in_vain(office: Office) -> datetime:
    """A task that nobody has answered; when it is called again."""
    preview(office)
    office.run(office.outbound.take("8001"))
    call = office.run(office.dialler.begin("f:1", "8001"))
    office.fact(f.ChannelUp(at=office.now(), channel="p", name="PJSIP/city-1"), call)
    office.ends("p", 19)
    office.ends(call)
    assert office.kept().next_at > office.now() + timedelta(hours=1)
    return office.kept().next_at


def test_what_is_put_back_keeps_the_time_it_was_to_be_called_at(office: Office) -> None:
    promised = in_vain(office)
    office.run(office.outbound.take_this("f:1", "8001"))
    office.run(office.outbound.put_back("f:1", "8001"))
    assert office.kept().next_at == promised


def test_an_agent_on_the_phone_brings_no_call_forward(office: Office) -> None:
    promised = in_vain(office)
    office.away = True
    office.run(office.outbound.take_this("f:1", "8001"))
    with pytest.raises(Refused):
        office.run(office.dialler.begin("f:1", "8001"))
    assert (office.kept().stage, office.kept().next_at) == (Stage.WAITING, promised)


def test_the_governor_brings_no_call_forward(office: Office) -> None:
    promised = in_vain(office)
    office.outreach.decide = _not_for_a_minute  # type: ignore[method-assign]
    office.run(office.outbound.take_this("f:1", "8001"))
    with pytest.raises(Refused):
        office.run(office.dialler.begin("f:1", "8001"))
    assert (office.kept().stage, office.kept().next_at) == (Stage.WAITING, promised)


def _not_for_a_minute(tx: Tx, contact: Contact, now: datetime) -> Decision:
    return Decision(Verdict.LATER, "outreach.gap", until=now + timedelta(minutes=1))


@pytest.mark.parametrize("purpose", ["", "followup"])
def test_what_is_stopped_is_nobodys_to_take(office: Office, purpose: str) -> None:
    preview(office)
    office.run(office.outbound.pause(purpose, "leader"))
    with pytest.raises(Refused):
        office.run(office.outbound.take_this("f:1", "8001"))
    assert (office.kept().stage, office.kept().agent) == (Stage.WAITING, "")


def test_an_agent_has_one_in_hand_and_no_more(office: Office) -> None:
    preview(office)
    preview(office, "f:2")
    office.run(office.outbound.take_this("f:1", "8001"))
    with pytest.raises(Refused):
        office.run(office.outbound.take_this("f:2", "8001"))
    assert office.kept("f:2").stage is Stage.WAITING
    assert office.run(office.outbound.take_this("f:1", "8001")).agent == "8001"


def test_the_emergency_stop_holds_for_agents_too(office: Office) -> None:
    preview(office)
    office.run(office.outbound.pause("", "leader"))
    assert office.run(office.outbound.take("8001")) is None
    office.run(office.outbound.resume(""))
    office.run(office.outbound.take("8001"))
    office.run(office.outbound.pause("followup", "leader"))
    with pytest.raises(Refused):
        office.run(office.dialler.begin("f:1", "8001"))


# A patient's rights


def test_what_is_kept_of_a_patient_is_given_out_and_erased(office: Office) -> None:
    office.put(patient=7)
    office.put("f:2", patient=8)
    office.round()
    [row] = office.db.run_sync(store.rows_of, [7])
    assert row["key"] == "f:1"
    assert row["tries"][0]["number"] == NUMBER
    office.db.run_sync(store.forget_patients, [7])
    with pytest.raises(NotFound):
        office.kept()
    assert office.run(office.outbound.attempts("f:1")) == ()
    assert office.kept("f:2").task.patient == 8


def test_calls_are_counted_against_the_patients_room(office: Office) -> None:
    office.put(patient=7, urgency=Urgency.ROUTINE)
    office.round()
    [booked] = office.db.run_sync(office.outreach.of_patient, 7, office.now() - timedelta(hours=1))
    assert (booked.contact.key, booked.contact.means) == ("f:1#1", Means.CALL)


def test_a_trunk_that_is_out_of_order_uses_up_no_tries_of_the_day(office: Office) -> None:
    office.put(patient=7, urgency=Urgency.ROUTINE)
    for _ in range(6):
        office.round()
        office.ends(cause=34)
        assert office.kept().outcome is Outcome.FAILED
        office.later(hours=1)
    assert "outreach" not in office.kept().reason


def test_who_was_faster_is_believed(office: Office) -> None:
    office.put()
    office.round()
    before = office.kept()
    office.run(office.outbound.settle("f:1", Outcome.ANSWERED, "8001"))
    late = office.db.run_sync(office.outbound.not_tried, before, "outbound.x", timedelta(0))
    assert late is None
    [attempt] = office.run(office.outbound.attempts("f:1"))
    assert attempt.outcome is Outcome.ANSWERED


def test_what_was_over_long_ago_is_forgotten(office: Office) -> None:
    office.put("f:1")
    office.put("f:2", due=office.now() + timedelta(days=900))
    office.round()
    office.run(office.outbound.settle("f:1", Outcome.ANSWERED, "8001"))
    keeping = Ageing(office.clock, Tasks(), office.db, 30, "tasks", store.remove_before)
    office.later(days=29)
    assert office.run(keeping.tidy()) == 0
    office.later(days=2)
    assert office.run(keeping.tidy()) == 1
    assert [one.task.key for one in office.run(office.outbound.list(Wanted()))] == ["f:2"]
    assert office.run(office.outbound.attempts("f:1")) == ()


def test_purposes_are_told_once_each(office: Office) -> None:
    for number, purpose in enumerate(("b", "a", "b", "c")):
        office.put(f"f:{number}", purpose=purpose)
    assert office.db.run_sync(store.purposes) == ["a", "b", "c"]


def test_an_assigned_task_is_taken_by_nobody_else(office: Office) -> None:
    office.put("f:1", mode=Mode.PREVIEW, flow="", whose="8002")
    office.put("f:2", mode=Mode.PREVIEW, flow="")
    taken = office.run(office.outbound.take("8001"))
    assert taken is not None
    assert taken.task.key == "f:2"
    office.run(office.outbound.put_back("f:2", "8001"))
    assert office.db.run_sync(office.outbound.assign, "f:2", "8003")
    office.later(minutes=2)
    assert office.run(office.outbound.take("8001")) is None
    assert office.db.run_sync(office.outbound.assign, "f:1", "")
    taken = office.run(office.outbound.take("8001"))
    assert taken is not None
    assert taken.task.key == "f:1"


def test_a_task_of_an_absent_agent_is_everybodys_after_a_day(office: Office) -> None:
    office.put("f:1", mode=Mode.PREVIEW, flow="", whose="8002")
    office.later(hours=23)
    office.db.run_sync(office.outbound.tidy)
    assert office.run(office.outbound.take("8001")) is None
    assert office.db.run_sync(office.outbound.assign, "f:1", "8003")  # a leader finds another
    office.later(hours=23)
    office.db.run_sync(office.outbound.tidy)
    assert office.run(office.outbound.take("8001")) is None
    assert office.hub.released == []
    office.later(hours=1)
    office.db.run_sync(office.outbound.tidy)
    assert office.hub.released == ["f:1"], "whoever asked for the call does not name 8003 any more"
    assert office.run(office.outbound.take("8001")) is not None


def test_a_task_of_an_agent_who_serves_its_queue_no_more_is_everybodys(office: Office) -> None:
    office.put("f:1", mode=Mode.PREVIEW, flow="", whose="8005")  # serves booking alone
    office.put("f:2", mode=Mode.PREVIEW, flow="", whose="8002")
    office.db.run_sync(office.outbound.tidy)
    assert office.kept("f:1").task.whose == ""
    assert office.kept("f:2").task.whose == "8002"


def test_what_somebody_says_who_is_not_known_marks_no_number_as_wrong(office: Office) -> None:
    office.put()
    office.db.run_sync(office.outbound.claim, "f:1", "hq-1.1", "hq")
    office.run(office.outbound.settle("f:1", Outcome.WRONG_NUMBER, "followup", sure=False))
    assert office.kept().number == DAUGHTER
    wrong = office.outreach.decide
    again = Contact(
        key="x", number=NUMBER, means=Means.CALL, purpose="p", urgency=Urgency.URGENT, plugin="p"
    )
    assert office.db.run_sync(wrong, again, office.now()).goes
