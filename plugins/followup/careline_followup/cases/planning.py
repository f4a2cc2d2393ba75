"""The tasks that a case gets by its plans; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta, tzinfo

from attrs import evolve, frozen

from careline_followup.cases.model import Case, CaseKind
from careline_followup.plans.model import Plan, Step
from careline_followup.tasks.model import State, Task, Why


@frozen(kw_only=True)
class Calendar:
    """When contacts begin: at ``begins`` of each day in ``zone``; ``now`` is UTC."""

    now: datetime
    zone: tzinfo
    begins: time = time(9)

    def moment(self, case: Case, days: int) -> datetime:
        """``begins`` so many days after the case's day, UTC."""
        day = case.day + timedelta(days=days)
        return datetime.combine(day, self.begins, tzinfo=self.zone).astimezone(self.now.tzinfo)


def tasks_for(case: Case, plans: Iterable[Plan], calendar: Calendar) -> list[Task]:
    """All contacts by all plans, in order of their days."""
    return [task for plan in plans for task in _by_plan(case, plan, calendar)]


def _by_plan(case: Case, plan: Plan, calendar: Calendar) -> Iterator[Task]:
    """One task for each step; what was told too late is asked now, once.

    Of several contacts whose time is over only the last is made up for, and none when the next
    one is near: the others are cancelled, and say why.
    """
    tasks = [_task(case, plan, place, calendar) for place in range(len(plan.steps))]
    if case.kind is CaseKind.OPERATION and case.at <= calendar.now:
        yield from (_late(one, calendar) for one in tasks)  # nobody is prepared for what is over
        return
    missed = [one for one in tasks if one.deadline <= calendar.now]
    coming = tasks[len(missed)] if len(missed) < len(tasks) else None
    for task in missed:
        step = plan.steps[task.step]
        makes_up = task is missed[-1] and not _near(coming, calendar.now, step)
        yield _now(task, step, calendar) if makes_up else _late(task, calendar)
    yield from tasks[len(missed) :]


def _near(coming: Task | None, now: datetime, step: Step) -> bool:
    return coming is not None and coming.due <= now + timedelta(days=step.keep_days)


def _task(case: Case, plan: Plan, place: int, calendar: Calendar) -> Task:
    step = plan.steps[place]
    due = calendar.moment(case, step.days)
    return Task(
        case=case.id,
        plan=plan.name,
        step=place,
        campus=case.campus,
        department=case.department,
        ward=case.ward,
        patient=case.patient,
        questionnaire=plan.questionnaire,
        due=due,
        deadline=calendar.moment(case, step.days + step.keep_days),
        day=case.day + timedelta(days=step.days),
        changed=calendar.now,
    )


def _now(task: Task, step: Step, calendar: Calendar) -> Task:
    now = calendar.now
    today = now.astimezone(calendar.zone).date()
    return evolve(task, due=now, day=today, deadline=now + timedelta(days=step.keep_days))


def _late(task: Task, calendar: Calendar) -> Task:
    return evolve(task, state=State.CANCELLED, why=Why.LATE, finished=calendar.now)
