"""Answers counted: by day, agent, queue and campus in the database, then summed up as asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from attrs import evolve, frozen
from sqlalchemy import func, select

from careline.storage import Tx
from careline.surveys.model import LEVELS
from careline_satisfaction.answers import store
from careline_satisfaction.answers.model import State, Way
from careline_satisfaction.answers.store import Wanted


@frozen(kw_only=True)
class Sum:
    """How talks were rated. ``talks``: those after which somebody could be asked.

    ``asked``: those who were; ``answered``: those who gave a score; ``levels``: how many of them
    each level from 1 to 5; ``points`` is the sum of their points, 100 to 500 each.
    """

    talks: int = 0
    asked: int = 0
    answered: int = 0
    by_agent: int = 0
    by_message: int = 0
    low: int = 0
    points: int = 0
    levels: tuple[int, ...] = (0, 0, 0, 0, 0)

    def __add__(self, other: Sum) -> Sum:
        """Both together."""
        return Sum(
            talks=self.talks + other.talks,
            asked=self.asked + other.asked,
            answered=self.answered + other.answered,
            by_agent=self.by_agent + other.by_agent,
            by_message=self.by_message + other.by_message,
            low=self.low + other.low,
            points=self.points + other.points,
            levels=tuple(map(sum, zip(self.levels, other.levels, strict=True))),
        )

    @property
    def average(self) -> float | None:
        """The mean score, from 1 to 5; None without answers."""
        return round(self.points / self.answered / 100, 2) if self.answered else None

    @property
    def rate(self) -> float | None:
        """The share of those asked who answered."""
        return self.answered / self.asked if self.asked else None

    @property
    def satisfied(self) -> float | None:
        """The share of answers at level 4 or 5."""
        return sum(self.levels[3:]) / self.answered if self.answered else None


@frozen(kw_only=True)
class Counted:
    """A sum of one day, agent, queue, campus and department."""

    day: date
    agent: str
    queue: str
    campus: str
    department: str
    sum: Sum


def counted(tx: Tx, wanted: Wanted) -> list[Counted]:
    """All sums of these days, the earliest first."""
    a = store.a
    keys = (a.day, a.agent, a.queue, a.campus, a.department, a.state, a.way, a.level, a.low)
    query = (
        select(*keys, func.count().label("n"), func.coalesce(func.sum(a.points), 0).label("points"))
        .where(*store.conditions(wanted))
        .group_by(*keys)
        .order_by(a.day)
    )
    return [
        Counted(
            day=row.day,
            agent=row.agent,
            queue=row.queue,
            campus=row.campus,
            department=row.department,
            sum=_sum(row.n, int(row.points), row.state, row.way, row.level, row.low),
        )
        for row in tx.all(query)
    ]


def _sum(n: int, points: int, state: State, way: Way, level: int | None, low: bool) -> Sum:
    asked = evolve(Sum(talks=n), asked=0 if state is State.WANTED else n)
    if state is not State.ANSWERED:
        return asked
    return evolve(
        asked,
        answered=n,
        by_agent=n if way is Way.AGENT else 0,
        by_message=n if way is Way.MESSAGE else 0,
        low=n if low else 0,
        points=points,
        levels=tuple(n if one == level else 0 for one in LEVELS),
    )


def replied(tx: Tx, wanted: Wanted) -> dict[tuple[str, int, str, int], int]:
    """(survey, version, question, value) -> how many replied so."""
    a, r = store.a, store.r
    keys = (a.survey, a.version, r.question, r.value)
    query = (
        select(*keys, func.count().label("n"))
        .select_from(store.reply_table.join(store.answer_table, r.answer == a.id))
        .where(*store.conditions(wanted), a.state == State.ANSWERED)
        .group_by(*keys)
    )
    return {(row.survey, row.version, row.question, row.value): row.n for row in tx.all(query)}


def together(found: Iterable[Counted], by: Callable[[Counted], str]) -> dict[str, Sum]:
    """The sums of each key, in the order in which they come."""
    sums: dict[str, Sum] = {}
    for one in found:
        key = by(one)
        sums[key] = sums.get(key, Sum()) + one.sum
    return sums
