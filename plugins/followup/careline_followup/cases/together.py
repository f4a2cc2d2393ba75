"""One person with two discharges in a day or two, of two departments: asked the same once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from attrs import evolve

from careline.storage import Tx
from careline_followup.cases import store
from careline_followup.cases.model import Case
from careline_followup.tasks import store as tasks
from careline_followup.tasks.model import State, Task, Why

#: Contacts with the same questionnaire that lie no further apart are one.
NEAR = timedelta(days=1)
#: Contacts that will still be made, or are being made.
COMING = (State.PLANNED, State.DUE, State.RUNNING)


def together(tx: Tx, case: Case, new: Sequence[Task]) -> list[Task]:
    """New tasks of a case; cancelled where another discharge's contact asks the same then."""
    there = list(_others(tx, case)) if new else []
    return [_once(task, there) for task in new]


def left_alone(tx: Tx, case: Case) -> list[Task]:
    """Contacts of others that were not made for this case's sake, and that nobody makes now."""
    mine = tasks.of_case(tx, case.id)
    others = [
        one
        for other in store.beside(tx, case)
        for one in tasks.of_case(tx, other.id)
        if one.why is Why.TOGETHER
    ]
    return [one for one in others if any(_near(one, task) for task in mine)]


def _once(task: Task, there: Sequence[Task]) -> Task:
    if task.state is State.PLANNED and any(_same(one, task) for one in there):
        return evolve(task, state=State.CANCELLED, why=Why.TOGETHER, finished=task.changed)
    return task


def _others(tx: Tx, case: Case) -> Iterator[Task]:
    for other in store.beside(tx, case):
        yield from tasks.of_case(tx, other.id)


def _same(there: Task, task: Task) -> bool:
    return there.state in COMING and _near(there, task)


def _near(one: Task, other: Task) -> bool:
    return one.questionnaire == other.questionnaire and abs(one.day - other.day) <= NEAR
