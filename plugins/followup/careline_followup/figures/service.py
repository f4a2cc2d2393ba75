"""Coverage and collated answers, counted from the rows themselves whenever they are asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, case, func, literal, select

from careline.storage import Tx
from careline_followup.answers.store import answer_table
from careline_followup.cases.model import CaseKind, CaseState
from careline_followup.cases.store import case_table
from careline_followup.figures.model import Collated, Coverage
from careline_followup.flags.model import FlagState
from careline_followup.flags.store import flag_table
from careline_followup.tasks import store as tasks
from careline_followup.tasks.model import FINAL, OPEN, State, Why
from careline_followup.tasks.store import task_table

c, t, f, a = case_table.c, task_table.c, flag_table.c, answer_table.c
#: What lines can be by; plan is each task's own.
BY = ("", "campus", "department", "ward", "plan")
STATES = (
    State.PLANNED,
    State.WITH_WARD,
    State.ANSWERED,
    State.DECLINED,
    State.UNREACHABLE,
    State.CANCELLED,
)


class Figures:
    """Counts; ``core`` is a ``careline.plugins.Core``."""

    def __init__(self, core: Any) -> None:
        self._core = core

    async def coverage(
        self, first: date, last: date, by: str = "", campuses: Collection[str] = ()
    ) -> list[Coverage]:
        """Lines for cases of these days (their own, local ones), by key; without cases none."""
        now = self._core.clock.now()
        found: list[Coverage] = await self._core.db.run(coverage, first, last, by, campuses, now)
        return found

    async def collated(
        self,
        first: date,
        last: date,
        questionnaire: str,
        by: str = "department",
        campuses: Collection[str] = (),
    ) -> list[Collated]:
        """How often each answer was given by patients whose cases are of these days."""
        found: list[Collated] = await self._core.db.run(
            collated, first, last, questionnaire, by, campuses
        )
        return found

    async def overdue(self, campuses: Collection[str] = ()) -> int:
        """Open tasks whose deadline is over."""
        now = self._core.clock.now()
        count: int = await self._core.db.run(tasks.count_overdue, now, campuses)
        return count


def coverage(
    tx: Tx, first: date, last: date, by: str, campuses: Collection[str], now: datetime
) -> list[Coverage]:
    """Cases, tasks and flags are counted apart: a join of them would count some twice."""
    of_cases = c.plan if by == "plan" else _key(by)
    of_tasks = t.plan if by == "plan" else _key(by)
    where = list(_days(first, last, campuses))
    lines: dict[str, dict[str, int]] = {}
    for found, grouped in (
        (_cases(of_cases), of_cases),
        (_tasks(of_tasks, now), of_tasks),
        (_flags(of_tasks), of_tasks),
    ):
        lines_of = found.where(*where)
        for row in tx.all(lines_of.group_by(grouped) if by else lines_of):
            values = dict(row._mapping)
            name = str(values.pop("key"))
            lines.setdefault(name, {}).update({key: int(one or 0) for key, one in values.items()})
    return [Coverage(key=key, **values) for key, values in sorted(lines.items())]


def collated(
    tx: Tx, first: date, last: date, questionnaire: str, by: str, campuses: Collection[str]
) -> list[Collated]:
    """Answers by key, version, question and value; a correction is the answer."""
    key = t.plan if by == "plan" else _key(by)
    of = (t.version, a.question, a.value)
    columns = (key.label("key"), *of, func.count().label("count"), _sum(a.red))
    joined = answer_table.join(task_table, t.id == a.task).join(case_table, c.id == t.case)
    where = (*_days(first, last, campuses), t.questionnaire == questionnaire)
    found = select(*columns).select_from(joined).where(*where)
    keys = (key, *of) if by else of
    rows = tx.all(found.group_by(*keys).order_by(*keys))
    return [
        Collated(
            key=str(one),
            questionnaire=questionnaire,
            version=version,
            question=question,
            value=value,
            count=count,
            red=int(red or 0),
        )
        for one, version, question, value, count, red in rows
    ]


def _key(by: str) -> ColumnElement[Any]:
    if by not in BY:
        raise ValueError(f"lines cannot be by {by}")
    return c[by] if by else literal("")


def _days(first: date, last: date, campuses: Collection[str]) -> Iterator[ColumnElement[bool]]:
    yield c.day.between(first, last)
    if campuses:
        yield c.campus.in_(campuses)


def _cases(key: ColumnElement[Any]) -> Select[Any]:
    states = {
        "covered": CaseState.PLANNED,
        "left_out": CaseState.LEFT_OUT,
        "bare": CaseState.BARE,
        "withdrawn": CaseState.WITHDRAWN,
    }
    counts = [_sum(c.state == state).label(name) for name, state in states.items()]
    counts.append(_sum(c.kind == CaseKind.OPERATION).label("operations"))
    return select(key.label("key"), func.count().label("cases"), *counts).select_from(case_table)


def _tasks(key: ColumnElement[Any], now: datetime) -> Select[Any]:
    counts = [_sum(t.state == state).label(state.value) for state in STATES]
    running = _sum(t.state.in_((State.DUE, State.RUNNING))).label("running")
    come = (t.due <= now) | t.state.in_(FINAL)
    due = _sum(come & (t.state != State.CANCELLED)).label("due")
    overdue = _sum(t.state.in_(OPEN) & (t.deadline < now)).label("overdue")
    partly = _sum((t.state == State.UNREACHABLE) & (t.answers > 0)).label("partly")
    uncalled = _sum((t.state == State.UNREACHABLE) & (t.why == Why.NO_NUMBER)).label("no_number")
    ends = (running, due, overdue, partly, uncalled)
    shown = (key.label("key"), func.count().label("tasks"), *counts, *ends)
    return select(*shown).select_from(task_table.join(case_table, c.id == t.case))


def _flags(key: ColumnElement[Any]) -> Select[Any]:
    open_ones = _sum(f.state == FlagState.OPEN).label("flags_open")
    joined = flag_table.join(case_table, c.id == f.case).join(task_table, t.id == f.task)
    shown = (key.label("key"), func.count().label("flags"), open_ones)
    return select(*shown).select_from(joined)


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0), type_=Integer)
