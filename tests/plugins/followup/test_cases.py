"""Cases: each discharge once with its tasks, whatever comes late, twice, wrong, or never."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from attrs import evolve
from tests.plugins.followup.site import CARD, NOW, House, Site

from careline.clinic import Stay
from careline.storage import Database
from careline_followup.cases import inside, service
from careline_followup.cases.model import CaseKind
from careline_followup.figures.model import Coverage
from careline_followup.plans.model import Plan, PlanKind, Step
from careline_followup.tasks.model import OPEN, State, Why


@pytest.fixture
def site(db: Database) -> Site:
    return Site(db)


def total(site: Site, first: date | None = None) -> Coverage:
    [line] = site.run(site.s.figures.coverage(first or date(2026, 1, 1), date(2027, 12, 31)))
    return line


def test_a_discharge_has_its_tasks_at_once_however_often_it_is_told(site: Site) -> None:
    stay = site.stay()
    site.tell(stay.id)
    site.work()
    site.night()
    assert [(task.plan, task.day.isoformat()) for task in site.all()] == [
        ("general", "2026-11-26"),
        ("general", "2026-12-23"),
    ]
    assert site.all()[0].due.isoformat() == "2026-11-26T01:00:00+00:00"
    assert total(site).cases == total(site).covered == 1


def test_while_the_hospitals_system_does_not_answer_the_event_waits(site: Site) -> None:
    site.house.down = True
    site.stay()
    site.later(minutes=1)
    assert site.all() == []
    site.house.down = False
    site.later(minutes=15)
    assert len(site.all()) == 2


def test_what_was_never_told_is_found_at_night(site: Site) -> None:
    for number in range(1, 8):
        site.stay(number, told=number % 3 == 0)
    site.work()
    assert total(site).cases == 2
    site.night()
    assert (total(site).cases, total(site).tasks) == (7, 14)


def test_a_restart_in_the_middle_loses_and_doubles_nothing(site: Site, db: Database) -> None:
    for number in range(1, 6):
        site.stay(number)
    site.work(most=2)  # and the process dies
    again = Site(db, site.house)
    again.fake.advance(60)
    again.work()
    assert (total(again).cases, total(again).tasks) == (5, 10)


def test_a_discharge_that_is_told_late_is_asked_now_and_once(site: Site) -> None:
    site.stay(left=NOW - timedelta(days=45), came=None)
    site.work()
    early, late = sorted(site.all(), key=lambda task: task.step)
    assert (early.state, early.why) == (State.CANCELLED, Why.LATE)
    assert (late.state, late.due) == (State.PLANNED, NOW)
    assert late.deadline == NOW + timedelta(days=7)


def test_only_what_is_over_is_made_up_for(site: Site) -> None:
    site.stay(left=NOW - timedelta(days=5), came=None)
    site.work()
    early, late = sorted(site.all(), key=lambda task: task.step)
    assert early.state is State.PLANNED
    assert early.due < NOW < early.deadline
    assert late.due > NOW


def test_a_corrected_discharge_moves_its_tasks_and_gains_its_words(site: Site) -> None:
    stay = site.stay(ward="", came=None)
    site.work()
    site.house.stays[stay.id] = evolve(stay, ward="五病区", left=NOW + timedelta(days=1))
    site.night()
    [first, _] = site.all()
    assert (first.ward, first.day.isoformat()) == ("五病区", "2026-11-27")
    assert total(site).cases == 1


def test_who_comes_back_is_not_called_and_leaves_again_as_a_new_case(site: Site) -> None:
    stay = site.stay()
    site.work()
    came = NOW + timedelta(days=2)
    site.house.stays[stay.id] = evolve(stay, came=came, left=None)
    site.run(site.plugin.patient_admitted(stay.id))
    assert site.states() == [State.CANCELLED] * 2
    assert {task.why for task in site.all()} == {Why.READMITTED}
    site.later(days=6)
    site.house.stays[stay.id] = evolve(stay, came=came, left=site.clock.now())
    site.tell(stay.id)
    site.work()
    assert site.states() == [State.CANCELLED] * 2 + [State.PLANNED] * 2
    assert (total(site).cases, total(site).withdrawn) == (2, 1)


def test_the_closest_plan_counts_and_those_beside_it(site: Site) -> None:
    site.plan(
        Plan(
            name="heart",
            title="心内科",
            departments=("心内科",),
            questionnaire="discharge",
            steps=(Step(days=1),),
        )
    )
    site.plan(
        Plan(
            name="ward",
            title="全院满意度",
            questionnaire="discharge",
            steps=(Step(days=5),),
            beside=True,
        )
    )
    site.stay(1)
    site.stay(2, diagnosis="原发性高血压 2级")
    site.stay(3, department="骨科")
    site.stay(4, diagnosis="临床死亡")
    site.work()
    cases = [site.run(site.s.cases.get(number)) for number in range(1, 5)]
    assert [case.plan for case in cases] == ["heart", "hypertension", "general", "deceased"]
    assert [len(site.all(case=case.id)) for case in cases] == [2, 4, 3, 0]


def test_who_fits_no_plan_is_seen_and_planned_once_there_is_one(site: Site) -> None:
    general = site.s.plans.get("general")
    site.run(site.s.plans.remove("general", "admin"))
    site.stay(1)
    site.work()
    assert (total(site).bare, total(site).tasks) == (1, 0)
    checks = {one.name: one.level.value for one in site.run(site.plugin.health())}
    assert checks["followup.bare"] == "minor"
    site.plan(general)
    site.night()
    assert (total(site).bare, total(site).covered, total(site).tasks) == (0, 1, 2)


def test_a_record_that_comes_later_is_found(site: Site) -> None:
    site.stay(1, id_card=CARD)
    site.work()
    patient = site.patient()
    site.night()
    assert {task.patient for task in site.all()} == {patient.id}
    assert len(site.run(site.s.cases.of_patient(patient.id))) == 1


def test_a_month_of_a_large_hospital_is_covered_in_full(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One discharge in ten is never told, one in seven twice, one in five days late."""
    monkeypatch.setattr(service, "PAGE", 25)
    house = House()
    site = Site(db, house)
    count = 120
    for number in range(1, count + 1):
        left = NOW - timedelta(minutes=350 * number)
        came = left - timedelta(days=4)
        house.stays[str(number)] = Stay(
            id=str(number),
            campus="main",
            name=f"患者{number}",
            number=f"ZY{number}",
            phone=f"139{number:08}",
            department="骨科",
            ward=f"{number % 30}病区",
            came=came,
            left=left,
        )
    for number in range(1, count + 1):
        if number % 10:
            site.tell(str(number))
        if not number % 7:
            site.tell(str(number))
    house.down = True
    site.work(most=40)
    house.down = False
    site.later(minutes=30)
    site.night()
    line = total(site)
    assert (line.cases, line.covered, line.bare) == (count, count, 0)
    assert line.tasks == 2 * count


def test_news_of_an_admission_that_come_after_the_discharge_end_nothing(site: Site) -> None:
    stay = site.stay()
    site.work()
    site.run(site.plugin.patient_admitted(stay.id))
    assert site.states() == [State.PLANNED] * 2


def test_a_system_that_knows_nothing_does_not_switch_the_hook_off(site: Site) -> None:
    site.house.down = True
    for number in range(1, 30):
        site.stay(number)
    site.work()
    site.house.down = False
    site.stay(30)
    site.work()
    assert total(site).cases == 1
    site.later(minutes=15)
    assert total(site).cases == 30


def test_the_dead_are_not_called_whatever_else_they_had(site: Site) -> None:
    """A list says that they were operated on, and a plan beside would ask everybody."""
    site.plan(
        Plan(
            name="beside",
            title="全院满意度",
            questionnaire="discharge",
            steps=(Step(days=5),),
            beside=True,
        )
    )
    case = site.s.cases.intake.case_of(site.stay(told=False, diagnosis="死亡"))
    assert case is not None
    added = site.run(site.s.cases.add(evolve(case, operation="阑尾切除术")))
    assert (added.plan, site.all()) == ("deceased", [])


def test_nobody_is_prepared_for_an_operation_that_is_over(site: Site) -> None:
    site.plan(
        Plan(
            name="before",
            title="术前",
            kind=PlanKind.BEFORE,
            questionnaire="discharge",
            steps=(Step(days=-3), Step(days=-1)),
        )
    )
    case = site.s.cases.intake.case_of(site.stay(told=False))
    assert case is not None
    over = evolve(case, kind=CaseKind.OPERATION, reference="op", at=NOW - timedelta(days=1))
    site.run(site.s.cases.add(evolve(over, day=over.at.date())))
    assert {(task.state, task.why) for task in site.all()} == {(State.CANCELLED, Why.LATE)}


def test_a_new_plan_asks_nobody_who_left_long_ago(site: Site) -> None:
    general = site.s.plans.get("general")
    site.run(site.s.plans.remove("general", "admin"))
    site.stay(1)
    site.work()
    site.fake.advance(timedelta(days=100).total_seconds())
    site.stay(2, came=None)
    site.work()
    site.plan(general)
    site.night()
    assert {task.case for task in site.all()} == {2}


def test_who_turns_out_to_have_died_is_not_called(site: Site) -> None:
    """The diagnosis comes a day after the discharge."""
    stay = site.stay(diagnosis="")
    site.work()
    site.house.stays[stay.id] = evolve(stay, diagnosis="死亡")
    site.night()
    assert {(task.state, task.why) for task in site.all()} == {(State.CANCELLED, Why.LEFT_OUT)}
    assert total(site).left_out == 1


def test_who_left_the_hospital_dead_is_not_called(site: Site) -> None:
    site.stay(1, died=True)
    stay = site.stay(2)
    site.work()
    assert len(site.all()) == 2
    site.house.stays[stay.id] = evolve(stay, died=True)
    site.later(days=3)
    assert len(site.calls()) == 1
    site.night()
    assert {(task.state, task.why) for task in site.all()} == {(State.CANCELLED, Why.DECEASED)}
    assert site.calls() == []


def test_a_plan_that_fits_better_takes_over_while_nothing_has_begun(site: Site) -> None:
    stay = site.stay(diagnosis="", left=NOW)
    site.work()
    site.house.stays[stay.id] = evolve(stay, diagnosis="原发性高血压", left=NOW)
    site.night()
    site.house.stays[stay.id] = evolve(stay, diagnosis="肺炎", left=NOW)
    site.night()
    site.night()
    opened = [task for task in site.all() if task.state is State.PLANNED]
    assert {task.plan for task in opened} == {"general"}
    assert [task.day.isoformat() for task in opened] == ["2026-11-26", "2026-12-23"]
    others = [task for task in site.all() if task not in opened]
    assert {(task.plan, task.why) for task in others} == {("hypertension", Why.REPLANNED)}


def test_what_has_begun_goes_on_by_its_plan(site: Site) -> None:
    stay = site.stay(diagnosis="")
    site.work()
    site.later(days=3)
    site.house.stays[stay.id] = evolve(stay, diagnosis="原发性高血压")
    site.night()
    assert {task.plan for task in site.all()} == {"general"}
    assert site.states() == [State.DUE, State.PLANNED]


def test_nobody_asks_for_the_dead_any_more_whatever_is_told_later(site: Site) -> None:
    site.stay(1, id_card=CARD)
    site.stay(2, id_card=CARD, left=NOW - timedelta(days=1))
    site.stay(3)
    site.work()
    site.later(days=3)
    first = site.first()
    assert site.run(site.s.cases.no_more(first.case, Why.DECEASED, "女儿告知", "8001")) == 2
    site.work()
    site.stay(4, id_card=CARD)
    site.work()
    gone = [task for task in site.all() if task.why is Why.DECEASED]
    assert len(gone) == 4
    assert {task.case for task in site.all() if task.state in OPEN} == {3}
    assert len(site.calls()) == 1
    # It was another patient: what is taken up again is asked, and so is what comes later.
    site.run(site.s.tasks.restore(first.id, "leader"))
    site.minute()
    assert len(site.calls()) == 2


def test_who_wants_no_more_is_asked_again_after_another_stay(site: Site) -> None:
    site.stay(1)
    site.work()
    site.run(site.s.cases.no_more(1, Why.DECLINED, "不愿接听", "8001"))
    assert {task.why for task in site.all()} == {Why.DECLINED}
    site.stay(2, number="ZY1")
    site.work()
    assert len([task for task in site.all() if task.state is State.PLANNED]) == 2


def lying(site: Site, nth: int = 9, **values: object) -> Stay:
    """The patient of the first discharge lies in the hospital again."""
    stay = Stay(id=str(nth), campus="main", name="患者1", number="ZY1", came=site.clock.now())
    site.house.stays[stay.id] = evolve(stay, **values)
    return site.house.stays[stay.id]


def test_a_discharge_that_is_told_after_the_next_admission_calls_nobody(site: Site) -> None:
    site.run(site.plugin.patient_admitted(lying(site).id))
    site.stay(1, left=NOW - timedelta(days=1))
    site.work()
    assert {(task.state, task.why) for task in site.all()} == {(State.CANCELLED, Why.READMITTED)}


def test_an_admission_that_was_never_told_is_found_at_night(site: Site) -> None:
    site.stay(1)
    site.work()
    site.fake.advance(3600)
    again = lying(site)
    site.night()
    assert {(task.state, task.why) for task in site.all()} == {(State.CANCELLED, Why.READMITTED)}
    site.house.stays[again.id] = evolve(again, left=site.clock.now())
    site.fake.advance(60)
    site.night()
    assert site.states()[2:] == [State.PLANNED] * 2


def test_who_came_in_while_a_record_was_missing_is_not_called(site: Site) -> None:
    """Only the record says that both stays are of one person: found when the contact begins."""
    site.stay(1, number="OLD", id_card=CARD)
    site.work()
    patient = site.patient()
    site.night()
    site.fake.advance(3600)
    stay = lying(site, number="NEW")
    site.db.run_sync(lambda tx: inside.enter(tx, stay, patient.id, site.clock.now()))
    site.later(days=3)
    assert (site.first().state, site.first().why) == (State.CANCELLED, Why.READMITTED)
    assert site.calls() == []


def test_a_discharge_that_is_taken_back_calls_nobody_until_the_next(site: Site) -> None:
    stay = site.stay(1)
    site.work()
    site.house.stays[stay.id] = evolve(stay, left=None)
    site.run(site.plugin.patient_admitted(stay.id))
    assert {(task.state, task.why) for task in site.all()} == {(State.CANCELLED, Why.WITHDRAWN)}
    site.fake.advance(600)
    site.house.stays[stay.id] = evolve(stay, left=site.clock.now())
    site.tell(stay.id)
    site.tell(stay.id)
    site.work()
    assert site.states()[2:] == [State.PLANNED] * 2


def test_after_an_admission_by_mistake_the_follow_up_goes_on(site: Site) -> None:
    site.stay(1)
    site.work()
    site.fake.advance(3600)
    stay = lying(site)
    site.run(site.plugin.patient_admitted(stay.id))
    assert site.states() == [State.CANCELLED] * 2
    del site.house.stays[stay.id]
    for _ in range(2):
        site.run(site.plugin.admission_cancelled(stay.id))
    assert site.states() == [State.PLANNED] * 2
    site.later(days=3)
    assert len(site.calls()) == 1
