"""Tasks: one way after the other, until the answers are there or every way was gone."""

from __future__ import annotations

import runpy
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve
from sqlalchemy import event, text, update
from tests.plugins.followup.site import CARD, DAUGHTER, PHONE, Site

import careline_followup
from careline.errors import Conflict, Invalid, NotFound
from careline.outbound.model import Mode, Outcome, Stage
from careline.patients.model import PatientPhone
from careline.storage import Database, Tx
from careline_followup.cases.model import CaseKind
from careline_followup.plans.model import Last, Way
from careline_followup.tasks.model import FINAL, OPEN, State, Task, Why, may_follow
from careline_followup.tasks.store import task_table

DAY = {"days": 3}
URL = "https://call.hospital.example"
FOLDER = Path(careline_followup.__file__).parent / "migrations"


@pytest.fixture
def site(db: Database) -> Site:
    """One patient, whose first contact is due."""
    made = Site(db, public_url=URL)
    made.stay()
    made.work()
    return made


def due(site: Site) -> None:
    site.later(**DAY)


def test_a_task_begins_on_its_day_and_not_before(site: Site) -> None:
    site.later(days=2, hours=22)
    assert site.states() == [State.PLANNED] * 2
    site.later(hours=2)
    assert site.states() == [State.DUE, State.PLANNED]
    [call] = site.calls()
    assert (call.task.mode, call.task.flow, call.task.args["followup"]) == (
        Mode.AUTOMATIC,
        "followup",
        str(site.first().id),
    )


def test_a_task_begun_twice_calls_once(site: Site) -> None:
    due(site)
    for _ in range(3):
        site.minute()
    assert len(site.calls()) == 1


def test_answers_to_all_questions_end_it(site: Site) -> None:
    due(site)
    begun = site.dial()
    site.well()
    site.db.run_sync(site.outbound.over, begun, Outcome.ANSWERED)
    site.work()
    task = site.first()
    assert (task.state, task.answers, task.version) == (State.ANSWERED, 4, 1)
    site.later(days=2)
    assert site.calls() == []


def test_after_an_automatic_call_without_all_answers_an_agent_calls(site: Site) -> None:
    due(site)
    begun = site.dial()
    site.reply("feeling", 1)
    site.db.run_sync(site.outbound.over, begun, Outcome.ANSWERED)
    site.work()
    [call] = site.calls()
    assert (call.task.mode, call.task.queue) == (Mode.PREVIEW, "service")
    assert site.run(site.s.answers.next(site.first().id)).name == "medicine"


def test_who_is_never_there_is_called_by_an_agent_and_then_not_reached(site: Site) -> None:
    due(site)
    rung = 0
    while site.first().state is State.DUE and rung < 20:
        rung += site.rings(Outcome.NO_ANSWER)
        site.later(hours=2)
    assert rung == 5  # twice by the flow, three times by an agent
    task = site.first()
    assert task.state is State.UNREACHABLE
    tried = site.run(site.s.tasks.attempts(task.id))
    assert [one.way for one in tried] == [Way.AUTOMATIC, Way.AGENT]


def test_numbers_are_the_patients_own_and_then_the_familys(db: Database) -> None:
    site = Site(db)
    site.patient()
    site.stay(id_card=CARD, phone="13700000003")
    site.work()
    due(site)
    [call] = site.calls()
    assert [(rung.number, rung.who) for rung in call.task.rungs] == [
        (PHONE, "本人"),
        ("+8613700000003", "本人"),
        (DAUGHTER, "女儿"),
    ]


def test_without_a_number_it_says_so(db: Database) -> None:
    site = Site(db)
    site.stay(phone="无")
    site.work()
    due(site)
    task = site.first()
    assert (task.state, task.why) == (State.UNREACHABLE, Why.NO_NUMBER)
    assert site.calls() == []
    days = task.day.replace(day=1), task.day
    [line] = site.run(site.s.figures.coverage(*days))
    assert (line.due, line.no_number, line.done, line.tried) == (1, 1, 0, 0)


@pytest.mark.parametrize("told", ["by the system", "by the record"])
def test_who_gets_a_number_is_called_after_all(db: Database, told: str) -> None:
    site = Site(db)
    stay = site.stay(phone="无", id_card=CARD)
    site.work()
    due(site)
    if told == "by the system":
        site.house.stays[stay.id] = evolve(stay, phone="13800000001")
    else:
        site.patient()
    site.night()
    task = site.first()
    assert (task.state, task.why) == (State.PLANNED, None)
    site.minute()
    [call] = site.calls()
    assert call.task.rungs[0].number == PHONE
    site.night()  # who is called already is not called again
    assert len(site.calls()) == 1


def test_a_number_that_is_never_dialled_is_none(db: Database) -> None:
    """The core's list of numbers that may be dialled refuses it: nobody has called."""
    site = Site(db)
    site.stay(phone="+85291234567")
    site.work()
    due(site)
    [call] = site.calls()
    site.db.run_sync(site.outbound.refused, call.task.key, "outbound.abroad")
    site.work()
    assert (site.first().state, site.first().why) == (State.UNREACHABLE, Why.NO_NUMBER)
    site.night()
    assert site.first().state is State.UNREACHABLE


def test_a_link_is_sent_and_after_a_day_of_silence_somebody_calls(site: Site) -> None:
    site.ways(Way.MESSAGE, Way.AGENT)
    due(site)
    [message] = site.house.sent.values()
    assert message.to == "+8613800000001"
    token = message.text.split("/f/")[1].split()[0]
    assert site.run(site.s.links.open(token)).id == site.first().id
    assert site.calls() == []
    site.later(hours=25)
    [call] = site.calls()
    assert call.task.mode is Mode.PREVIEW
    # Who answers now is not called any more.
    for question, value in (("feeling", 1), ("medicine", 1), ("visit", 1), ("content", 5)):
        site.reply(question, value, way=Way.MESSAGE)
    site.work()
    assert (site.first().state, site.calls()) == (State.ANSWERED, [])
    with pytest.raises(NotFound):
        site.run(site.s.links.open(token))


def test_a_message_that_cannot_be_sent_is_followed_by_a_call(site: Site) -> None:
    site.ways(Way.MESSAGE, Way.AGENT)
    due(site)
    [message] = site.house.sent.values()
    for _ in range(2):  # told at least once
        site.run(site.plugin.message_settled(message.id, delivered=False))
    assert [call.task.mode for call in site.calls()] == [Mode.PREVIEW]


def test_with_no_channel_the_message_waits_and_goes_once(site: Site) -> None:
    site.ways(Way.MESSAGE, Way.AGENT)
    site.house.mute = True
    due(site)
    assert site.house.sent == {}
    site.house.mute = False
    site.later(hours=1)
    assert len(site.house.sent) == 1


@pytest.mark.parametrize("token", ["", "x", "A" * 22, "../etc", "长" * 300])
def test_guessed_links_lead_nowhere(site: Site, token: str) -> None:
    with pytest.raises(NotFound):
        site.run(site.s.links.open(token))


def test_a_link_ends_by_time_and_when_it_is_spent(site: Site) -> None:
    first, second = (site.db.run_sync(site.s.links.make, site.first().id) for _ in range(2))
    assert site.run(site.s.links.open(first)).id == site.run(site.s.links.open(second)).id
    site.run(site.s.links.spend(second))
    with pytest.raises(NotFound):
        site.run(site.s.links.open(first))
    third = site.db.run_sync(site.s.links.make, site.first().id)
    site.fake.advance(timedelta(days=7).total_seconds())
    with pytest.raises(NotFound):
        site.run(site.s.links.open(third))


def test_after_a_restart_nobody_is_called_for_what_was_answered(site: Site) -> None:
    """The core dies in the call, after the last answer: the try counts as failed, and is over."""
    due(site)
    begun = site.dial()
    site.well()
    site.work()
    site.db.run_sync(site.outbound.over, begun, Outcome.FAILED)  # as a core that comes back says
    assert len(site.calls([Stage.WAITING])) == 1
    site.later(minutes=2)
    assert site.calls() == []
    site.later(hours=5)
    assert site.calls() == []
    assert site.first().state is State.ANSWERED


def test_after_a_restart_the_questions_go_on_where_they_were(site: Site, db: Database) -> None:
    due(site)
    begun = site.dial()
    site.reply("feeling", 3)
    site.reply("symptom", 2)
    site.db.run_sync(site.outbound.over, begun, Outcome.FAILED)
    again = Site(db, site.house, public_url=URL)
    assert again.run(again.s.answers.next(site.first().id)).name == "pain"
    given = again.reply("feeling", 1)  # asked again by mistake: the first answer stands
    assert given.next is not None
    assert again.run(again.s.answers.given(site.first().id))["feeling"].value == 3


def test_the_patient_may_not_be_called_and_is_not(site: Site) -> None:
    due(site)
    [call] = site.calls()
    site.db.run_sync(site.outbound.over, call, Outcome.REFUSED)
    site.work()
    assert (site.first().state, site.calls()) == (State.UNREACHABLE, [])


def test_a_call_withdrawn_by_a_person_is_in_the_list_of_cancelled_ones(site: Site) -> None:
    due(site)
    [call] = site.calls()
    site.db.run_sync(site.outbound.withdraw, call.task.key)
    site.work()
    [task] = site.all(states=(State.CANCELLED,))
    assert task.why is Why.ASKED
    site.run(site.s.tasks.restore(task.id, "leader"))
    site.minute()
    assert len(site.calls()) == 1


def test_what_is_cancelled_calls_nobody_and_can_be_taken_up_again(site: Site) -> None:
    due(site)
    task = site.first()
    with pytest.raises(Invalid):
        site.run(site.s.tasks.cancel(task.id, "leader", " "))
    site.run(site.s.tasks.cancel(task.id, "leader", "转外院"))
    site.work()
    assert (site.calls(), site.first().note) == ([], "转外院")
    with pytest.raises(Conflict):
        site.reply("feeling", 1)
    site.run(site.s.tasks.restore(task.id, "leader"))
    site.minute()
    assert (site.first().state, len(site.calls())) == (State.DUE, 1)


def test_what_is_handed_to_the_ward_is_the_wards(site: Site) -> None:
    due(site)
    task = site.first()
    site.run(site.s.tasks.hand_over(task.id, "8001", "伤口问题"))
    site.later(days=1)
    assert (site.first().state, site.calls()) == (State.WITH_WARD, [])
    site.run(site.s.tasks.take_back(task.id, "nurse"))
    assert [call.task.mode for call in site.calls()] == [Mode.PREVIEW]
    site.run(site.s.tasks.hand_over(task.id, "8001"))
    for question, value in (("feeling", 1), ("medicine", 1), ("visit", 1), ("content", 5)):
        site.reply(question, value, way=Way.WARD, by="nurse")
    assert site.first().state is State.ANSWERED


def test_a_plan_may_give_what_is_not_reached_to_the_ward(site: Site) -> None:
    site.ways(Way.AGENT, last=Last.WARD)
    due(site)
    site.run(site.s.tasks.not_reached(site.first().id, "8001", "停机"))
    assert (site.first().state, site.calls()) == (State.WITH_WARD, [])


def test_an_agent_who_forgets_the_questionnaire_does_not_end_the_task(site: Site) -> None:
    site.ways(Way.AGENT)
    due(site)
    begun = site.dial()
    site.run(site.s.tasks.begin(site.first().id, "8001", "hq-1.1"))
    site.db.run_sync(site.outbound.over, begun, Outcome.ANSWERED)
    site.work()
    assert site.first().state is State.RUNNING
    site.later(minutes=31)
    assert site.first().state is State.UNREACHABLE


def test_a_patient_who_wants_to_be_called_later_is(site: Site) -> None:
    site.ways(Way.AGENT)
    due(site)
    at = site.clock.now() + timedelta(hours=3)
    site.run(site.s.tasks.later(site.first().id, at, "8001", "下午再打"))
    [call] = site.calls()
    assert (call.task.due, call.task.mode) == (at, Mode.PREVIEW)
    with pytest.raises(Invalid):
        site.run(site.s.tasks.later(site.first().id, site.clock.now(), "8001"))


def test_an_overdue_task_is_told_once(site: Site) -> None:
    site.ways(Way.AGENT)
    due(site)
    site.later(days=4)
    site.shown.clear()
    assert site.run(site.s.figures.overdue()) == 1
    assert [task.id for task in site.all(overdue=True)] == [site.first().id]
    site.minute()
    assert site.shown == []  # it was told in the minute in which it became so
    assert site.first().warned


def test_a_job_that_is_told_twice_or_late_changes_nothing(site: Site) -> None:
    due(site)
    [call] = site.calls()
    task = site.first()
    for _ in range(2):
        site.run(site.plugin.outbound_settled(call.task.key, "no_answer"))
    site.run(site.s.settling.silent({"task": task.id, "round": task.round}))
    now = site.first()
    assert (now.round, now.way, now.state) == (task.round + 1, Way.AGENT, State.DUE)
    site.run(site.plugin.outbound_settled("followup:999:1", "answered"))
    site.run(site.plugin.outbound_settled("satisfaction:7", "answered"))


def test_no_state_follows_the_end_but_by_a_persons_will() -> None:
    after = {one for one in State if may_follow(State.ANSWERED, one)}
    assert after == {State.ANSWERED, State.RUNNING}  # a correction asks for more
    assert {one for one in FINAL if any(may_follow(one, some) for some in OPEN)} == {
        State.ANSWERED,
        State.CANCELLED,
        State.UNREACHABLE,
    }


def test_who_is_asked_before_the_day_is_called_for_the_rest(site: Site) -> None:
    site.reply("feeling", 1, way=Way.AGENT, by="8001")
    assert site.first().state is State.PLANNED
    due(site)
    assert (site.first().state, len(site.calls())) == (State.DUE, 1)
    assert site.run(site.s.answers.next(site.first().id)).name == "medicine"


def test_who_was_not_reached_and_calls_back_is_asked(site: Site) -> None:
    site.ways(Way.AGENT)
    due(site)
    site.run(site.s.tasks.not_reached(site.first().id, "8001"))
    task = site.run(site.s.tasks.begin(site.first().id, "8002", "hq-9.1"))
    assert task.state is State.RUNNING
    site.later(minutes=31)  # and has no time after all
    assert site.first().state is State.UNREACHABLE
    site.run(site.s.tasks.begin(task.id, "8002", "hq-9.2"))
    for question, value in (("feeling", 1), ("medicine", 1), ("visit", 1), ("content", 5)):
        site.reply(question, value, way=Way.AGENT, by="8002")
    assert site.first().state is State.ANSWERED


def test_one_that_cannot_begin_stops_no_other(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.stay(2)
    site.work()
    bad = site.first().id
    begin = site.s.ways.begin

    def fails(tx: Tx, task: Task, by: str = "") -> Task:
        begun = begin(tx, task, by)
        if task.id == bad:
            raise Invalid("followup.test", "this one cannot begin")
        return begun

    monkeypatch.setattr(type(site.s.ways), "begin", lambda _, *args: fails(*args))
    due(site)
    assert site.states() == [State.PLANNED, State.PLANNED, State.DUE, State.PLANNED]
    assert len(site.calls()) == 1
    checks = {one.name: one.level.value for one in site.run(site.plugin.health())}
    assert checks["followup.begin"] == "ok"
    site.later(hours=2)
    checks = {one.name: one.level.value for one in site.run(site.plugin.health())}
    assert checks["followup.begin"] == "major"
    monkeypatch.undo()
    site.minute()
    assert len(site.calls()) == 2


def test_who_was_asked_before_the_day_is_called_on_the_day(site: Site) -> None:
    """An agent writes down one answer in another call; nobody rings half an hour later."""
    planned = site.first().due
    site.run(site.s.tasks.begin(site.first().id, "8001", "call"))
    site.reply("feeling", 1, way=Way.AGENT)
    site.later(minutes=40)
    assert (site.first().state, site.first().due, site.calls()) == (State.PLANNED, planned, [])
    site.later(days=3)
    assert [call.task.mode for call in site.calls()] == [Mode.AUTOMATIC]


def test_a_relatives_number_that_may_not_be_dialled_does_not_lose_the_patient(db: Database) -> None:
    """The patient's own rings in vain, the daughter's is not allowed: an agent tries."""
    site = Site(db, automatic_tries=9)
    site.patient()
    site.stay(id_card=CARD, phone="")
    site.work()
    due(site)
    [call] = site.calls()
    while call.rung == 0:
        site.rings(Outcome.NO_ANSWER)
        site.later(hours=2, minutes=10)
        [call] = site.calls()
    site.db.run_sync(site.outbound.refused, call.task.key, "outbound.number")
    site.work()
    assert [call.task.mode for call in site.calls()] == [Mode.PREVIEW]


def test_who_says_no_by_a_person_is_not_called_at_other_numbers(db: Database) -> None:
    site = Site(db)
    site.patient()
    site.stay(id_card=CARD, phone="")
    site.work()
    due(site)
    begun = site.dial()
    for _ in begun.task.rungs:
        site.run(site.outbound.settle(begun.task.key, Outcome.REFUSED, "8001"))
        site.work()
        if site.calls([Stage.WAITING]):
            site.dial()
    assert (site.first().state, site.calls()) == (State.UNREACHABLE, [])


def test_a_message_that_waits_is_kept_back_when_it_is_not_needed(site: Site) -> None:
    site.ways(Way.MESSAGE, Way.AGENT)
    due(site)
    [message] = site.house.sent
    assert site.house.unwanted == []
    site.run(site.s.cases.no_more(site.first().case, Why.DECEASED, "家属告知", "8001"))
    site.work()
    assert site.house.unwanted == [message]


def test_nobody_is_prepared_for_an_operation_that_is_over(db: Database) -> None:
    site = Site(db)
    site.ways(Way.AGENT, name="before-operation")
    case = site.s.cases.intake.case_of(site.stay(told=False))
    assert case is not None
    at = case.at + timedelta(days=2)
    planned = evolve(case, kind=CaseKind.OPERATION, operation="疝修补术", at=at, day=at.date())
    site.run(site.s.cases.add(planned))
    site.later(hours=24)
    [call] = site.calls()
    assert call.task.not_after == at
    site.later(hours=30)
    site.run(site.s.tasks.later(site.first().id, site.clock.now() + timedelta(hours=1), "8001"))
    assert (site.first().state, site.first().why) == (State.CANCELLED, Why.LATE)
    assert site.calls() == []


def test_no_machine_rings_while_an_agent_asks(site: Site) -> None:
    due(site)
    site.run(site.s.tasks.begin(site.first().id, "8001", "hq-7.1"))
    site.work()
    assert (site.first().state, site.calls()) == (State.RUNNING, [])
    site.later(minutes=31)
    assert [call.task.mode for call in site.calls()] == [Mode.PREVIEW]


def test_a_daughters_number_is_a_daughters_whoever_tells_it(db: Database) -> None:
    """The hospital's system knows one number of the patient: it is the daughter's."""
    site = Site(db)
    site.patient(phones=(PatientPhone(DAUGHTER, owner="女儿"),))
    site.stay(id_card=CARD, phone=DAUGHTER)
    site.work()
    due(site)
    [call] = site.calls()
    assert [(rung.number, rung.who) for rung in call.task.rungs] == [(DAUGHTER, "女儿")]


def test_a_progressive_way_is_called_for_whoever_is_free_and_waits_for_the_form(
    site: Site,
) -> None:
    site.ways(Way.PROGRESSIVE, Way.MESSAGE)
    due(site)
    [call] = site.calls()
    assert (call.task.mode, call.task.queue, call.task.not_after) == (
        Mode.PROGRESSIVE,
        "service",
        None,
    )
    begun = site.dial()
    site.run(site.s.tasks.begin(site.first().id, "8001", "hq-1.1"))
    site.reply("feeling", 1, way=Way.AGENT, by="8001")
    site.db.run_sync(site.outbound.over, begun, Outcome.ANSWERED)
    site.work()
    assert site.first().state is State.RUNNING
    site.later(minutes=31)
    assert (site.first().state, site.first().way) == (State.DUE, Way.MESSAGE)


def test_a_progressive_call_is_withdrawn_with_its_task(site: Site) -> None:
    site.ways(Way.PROGRESSIVE)
    due(site)
    site.run(site.s.tasks.cancel(site.first().id, "leader", "moved away"))
    assert site.calls() == []


def test_who_was_given_a_task_alone_is_offered_it(site: Site) -> None:
    site.ways(Way.AGENT)
    site.run(site.s.tasks.assign(site.first().id, "8002", "leader"))
    due(site)
    assert site.run(site.outbound.take("8001")) is None
    site.run(site.s.tasks.assign(site.first().id, "", "leader"))
    taken = site.run(site.outbound.take("8001"))
    assert taken is not None


def test_one_that_its_agent_left_lying_for_a_day_is_nobody_s_in_the_list_either(
    site: Site,
) -> None:
    site.ways(Way.AGENT)
    site.run(site.s.tasks.assign(site.first().id, "8002", "leader"))
    due(site)
    assert site.first().agent == "8002"
    site.later(hours=25)
    site.db.run_sync(site.outbound.tidy)
    site.work()
    assert site.first().agent == ""
    assert site.first().state is State.DUE


def test_who_has_asked_once_is_not_the_only_one_who_may_ask_again(site: Site) -> None:
    site.ways(Way.AUTOMATIC, Way.AGENT)
    due(site)
    site.dial()
    site.run(site.s.tasks.begin(site.first().id, "nurse.zhang.min"))
    site.later(minutes=31)
    [call] = site.calls([Stage.WAITING])
    assert (call.task.mode, call.task.whose) == (Mode.PREVIEW, "")


def test_the_numbers_of_many_patients_are_read_at_once(site: Site) -> None:
    for nth in (2, 3, 4):
        site.stay(nth, id_card=site.patient(id_card=f"{nth}").id_card)
    site.work()
    said: list[str] = []
    event.listen(site.db.engine, "before_cursor_execute", lambda *args: said.append(args[2]))
    one = site.run(site.s.tasks.first_numbers([3]))
    alone = len(said)
    all_ = site.run(site.s.tasks.first_numbers([1, 2, 3]))
    assert (one, all_) == ({3: PHONE}, dict.fromkeys((1, 2, 3), PHONE))
    assert len(said) == 2 * alone


def test_tasks_of_before_that_had_no_number_wait_for_one(site: Site) -> None:
    [revision] = FOLDER.glob("followup_0004*.py")
    first, second = (task.id for task in site.all())
    old = {"state": State.UNREACHABLE, "note": "There is no number to call."}
    asked = update(task_table).where(task_table.c.id == second).values(answers=3)
    sql = text(runpy.run_path(str(revision))["UNCALLED"])

    def upgrade(tx: Tx) -> None:
        for one in (update(task_table).values(old), asked, sql):
            tx.execute(one)

    site.db.run_sync(upgrade)
    found = {task.id: (task.why, task.note) for task in site.all()}
    assert found == {first: (Why.NO_NUMBER, ""), second: (None, old["note"])}
