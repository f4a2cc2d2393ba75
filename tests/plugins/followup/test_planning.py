"""Tasks by their days: whatever the plan and however late the news, each contact is there once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from careline_followup.cases.model import Case, Source
from careline_followup.cases.planning import Calendar, tasks_for
from careline_followup.plans.model import Plan, Step
from careline_followup.tasks.model import State, Task

ABROAD = ZoneInfo("America/New_York")
DAYS = st.lists(st.integers(0, 120), max_size=6, unique=True).map(sorted)


def case_of(day: date) -> Case:
    at = datetime(day.year, day.month, day.day, 15, tzinfo=UTC)
    return Case(id=1, source=Source.HIS, reference="1", campus="main", at=at, day=day, told=at)


def planned(days: list[int], keep: int, late: int, zone: ZoneInfo = ABROAD) -> list[Task]:
    """Tasks of a discharge of 20 October that was told so many hours later."""
    steps = tuple(Step(days=one, keep_days=keep) for one in days)
    case = case_of(date(2026, 10, 20))
    now = case.at + timedelta(hours=late)
    plan = Plan(name="p", title="p", questionnaire="q", steps=steps)
    return tasks_for(case, [plan], Calendar(now=now, zone=zone))


@given(days=DAYS, keep=st.integers(1, 20), late=st.integers(0, 24 * 150))
def test_each_contact_is_planned_once_and_the_past_is_made_up_for_once(
    days: list[int], keep: int, late: int
) -> None:
    now = case_of(date(2026, 10, 20)).at + timedelta(hours=late)
    tasks = planned(days, keep, late)
    assert [task.step for task in tasks] == list(range(len(days)))
    open_ones = [task for task in tasks if task.state is State.PLANNED]
    assert all(task.deadline > now and task.due < task.deadline for task in open_ones)
    assert bool(open_ones) == bool(days)  # nobody who fits a plan is left without a contact
    assert len([task for task in open_ones if task.due == now]) <= 1
    assert [task.due for task in open_ones] == sorted(task.due for task in open_ones)


def test_contacts_begin_at_nine_by_the_campuss_clock_all_year() -> None:
    tasks = planned([3, 12, 30], 2, 0)  # summer time ends on the 12th day
    assert [task.due.astimezone(ABROAD).hour for task in tasks] == [9, 9, 9]
    assert [task.due.hour for task in tasks] == [13, 14, 14]
    assert [task.deadline.astimezone(ABROAD).hour for task in tasks] == [9, 9, 9]
