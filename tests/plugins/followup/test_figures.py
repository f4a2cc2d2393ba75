"""Coverage is right at any moment: compared with a recount after every step of some weeks."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest
from attrs import evolve
from tests.plugins.followup.recount import recount
from tests.plugins.followup.site import NOW, Site

from careline.errors import CarelineError
from careline.outbound.model import Outcome
from careline.storage import Database
from careline.surveys.model import Words
from careline_followup.figures.model import Coverage
from careline_followup.figures.service import BY
from careline_followup.plans.model import Way
from careline_followup.tasks.model import OPEN, Why

FIRST, LAST = date(2026, 1, 1), date(2027, 12, 31)
WARDS = ("一病区", "二病区", "三病区")


def counted(site: Site, by: str) -> list[Coverage]:
    return site.run(site.s.figures.coverage(FIRST, LAST, by))


def agree(site: Site) -> None:
    for by in BY:
        assert counted(site, by) == recount(site, by), by


@pytest.mark.parametrize("seed", range(2))
def test_coverage_is_what_a_recount_says_after_every_step(db: Database, seed: int) -> None:
    site = Site(db)
    chance = random.Random(seed)
    done = set()
    for step in range(35):
        done.add(_something(site, chance, step))
        agree(site)
    assert len(done) >= 8
    [line] = counted(site, "")
    assert line.cases == line.covered + line.left_out + line.bare + line.withdrawn
    parts = line.planned + line.running + line.with_ward + line.cancelled + line.done
    assert line.tasks == parts + line.no_number


def _something(site: Site, chance: random.Random, step: int) -> str:
    """One thing that happens in a hospital, drawn by lot; what is refused changes nothing."""
    tasks = site.all(states=OPEN)
    if not tasks:
        site.stay(step + 1, phone=chance.choice(("", f"138{step:08}")))
        site.work()
        return "discharge"
    task = chance.choice(tasks).id
    does: dict[str, Any] = {
        "discharge": lambda: site.stay(
            step + 1,
            ward=chance.choice(WARDS),
            came=None,
            phone=chance.choice(("无", "13800000009")),
        ),
        "dead": lambda: site.stay(step + 1, diagnosis="死亡", came=None),
        "days": lambda: site.later(days=chance.randint(1, 4)),
        "reply": lambda: site.reply("feeling", 3, task),
        "red": lambda: site.reply("symptom", chance.choice((3, 4)), task),
        "well": lambda: site.well(task),
        "cancel": lambda: site.run(site.s.tasks.cancel(task, "leader", "x")),
        "ward": lambda: site.run(site.s.tasks.hand_over(task, "8001")),
        "decline": lambda: site.run(site.s.tasks.decline(task, "8001", Way.AGENT)),
        "lost": lambda: site.run(site.s.tasks.not_reached(task, "8001")),
        "call": lambda: site.rings(chance.choice((Outcome.NO_ANSWER, Outcome.WRONG_NUMBER))),
        "withdraw": lambda: site.run(
            site.s.cases.withdraw(max(1, step // 2), Why.WITHDRAWN, "", "leader")
        ),
    }
    weights = (6, 1, 4, 3, 3, 3, 1, 2, 1, 3, 3, 1)
    [name] = chance.choices(list(does), weights)
    try:
        does[name]()
        site.work()
    except CarelineError:
        return ""
    return name


def test_a_patient_with_two_flags_and_many_tasks_counts_once(db: Database) -> None:
    site = Site(db)
    site.stay()
    site.work()
    for task in site.all():
        site.reply("feeling", 3, task.id)
        site.reply("symptom", 4, task.id)
    [line] = counted(site, "ward")
    assert (line.key, line.cases, line.tasks, line.flags, line.flags_open) == ("三病区", 1, 2, 2, 2)


def test_days_and_campuses_choose(db: Database) -> None:
    site = Site(db)
    site.stay(1)
    site.stay(2, left=NOW - timedelta(days=2), came=None)
    site.work()
    days = date(2026, 11, 23), date(2026, 11, 23)
    [line] = site.run(site.s.figures.coverage(*days))
    assert line.cases == 1
    assert site.run(site.s.figures.coverage(*days, "campus", ("east",))) == []
    [none] = site.run(site.s.figures.coverage(date(2025, 1, 1), date(2025, 1, 2)))
    assert none == Coverage()
    with pytest.raises(ValueError, match="by name"):
        site.run(site.s.figures.coverage(*days, "name"))


def test_answers_are_collated_by_department_and_a_correction_counts(db: Database) -> None:
    site = Site(db)
    for number, department in enumerate(("心内科", "心内科", "骨科"), 1):
        site.stay(number, department=department)
    site.work()
    tasks = {task.case: task.id for task in reversed(site.all())}
    for case in (1, 2, 3):
        site.reply("feeling", 3, tasks[case])
        site.reply("symptom", 4, tasks[case])
    site.reply("symptom", 5, tasks[2], correct=True)
    found = site.run(site.s.figures.collated(FIRST, LAST, "discharge"))
    assert [(one.key, one.question, one.value, one.count, one.red) for one in found] == [
        ("心内科", "feeling", 3, 2, 0),
        ("心内科", "symptom", 4, 1, 1),
        ("心内科", "symptom", 5, 1, 0),
        ("骨科", "feeling", 3, 1, 0),
        ("骨科", "symptom", 4, 1, 1),
    ]
    whole = site.run(site.s.figures.collated(FIRST, LAST, "discharge", by=""))
    assert [one.count for one in whole] == [3, 2, 1]


def test_what_was_done_before_its_day_was_due(db: Database) -> None:
    site = Site(db)
    site.stay()
    site.work()
    site.well()
    [line] = site.run(site.s.figures.coverage(date(2026, 11, 1), date(2026, 11, 30)))
    assert (line.due, line.done) == (1, 1)


def test_who_has_answered_in_part_was_reached(db: Database) -> None:
    site = Site(db)
    site.ways(Way.AGENT)
    site.stay()
    site.work()
    site.later(days=3)
    task = site.first().id
    site.run(site.s.tasks.begin(task, "8001", "hq-1.1"))
    site.reply("feeling", 1, task)
    site.run(site.s.tasks.not_reached(task, "8001"))
    [line] = counted(site, "")
    assert (line.unreachable, line.partly, line.reached, line.done) == (1, 1, 1, 1)


def test_answers_to_an_older_version_keep_its_words(db: Database) -> None:
    site = Site(db)
    for number in (1, 2):
        site.stay(number)
    site.work()
    first, second = (one.id for one in sorted(site.all(), key=lambda one: one.id)[::2])
    site.reply("feeling", 3, first)
    book = site.s.surveys
    survey = book.newest("discharge")
    assert survey is not None
    changed = evolve(survey.questions[0], words=Words("您现在感觉怎么样？", "How are you now?"))
    site.run(book.save(evolve(survey, questions=(changed, *survey.questions[1:])), "admin"))
    newer = site.run(book.publish("discharge", "admin"))
    site.reply("feeling", 3, second)
    found = site.run(site.s.figures.collated(FIRST, LAST, "discharge", by=""))
    assert [(one.version, one.question, one.count) for one in found] == [
        (survey.version, "feeling", 1),
        (newer.version, "feeling", 1),
    ]
