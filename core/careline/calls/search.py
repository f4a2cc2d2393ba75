"""Calls found by what people remember of them; each row is what lists show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from attrs import field, frozen
from sqlalchemy import ColumnElement, Row, and_, func, or_, select

from careline.calls.model import Direction, Outcome
from careline.calls.store import call_table, leg_table
from careline.storage import Tx

TAIL = 4
PAGE = 50


@frozen(kw_only=True)
class CallLine:
    """One call in a list; times in ms."""

    id: str
    direction: Direction
    started: datetime
    ended: datetime | None
    campus: str
    number: str
    queue: str
    agent: str
    outcome: Outcome
    disposition: str
    note: str
    wait_ms: int
    talk_ms: int


@frozen(kw_only=True)
class Wanted:
    """What is looked for; empty fields do not matter.

    ``tail``: the number's last digits. ``agents`` and ``campuses``: whose calls may be seen at all,
    None for everybody's. ``since`` and ``until`` bound the begin.
    """

    tail: str = ""
    numbers: tuple[str, ...] | None = None
    queue: str = ""
    agent: str = ""
    dispositions: tuple[str, ...] = ()
    outcome: Outcome | None = None
    direction: Direction | None = None
    note: str = ""
    since: datetime | None = None
    until: datetime | None = None
    agents: tuple[str, ...] | None = None
    campuses: tuple[str, ...] = field(default=())


_COLUMNS = (
    call_table.c.id,
    call_table.c.direction,
    call_table.c.started,
    call_table.c.ended,
    call_table.c.campus,
    call_table.c.number,
    call_table.c.queue,
    call_table.c.agent,
    call_table.c.outcome,
    call_table.c.disposition,
    call_table.c.note,
    call_table.c.wait_ms,
    call_table.c.talk_ms,
)


def find_calls(tx: Tx, wanted: Wanted, page: int = 1) -> tuple[list[CallLine], bool]:
    """A page of 50, newest first, and whether there are more."""
    query = (
        select(*_COLUMNS)
        .where(*_conditions(wanted))
        .order_by(call_table.c.started.desc(), call_table.c.id.desc())
        .offset((page - 1) * PAGE)
        .limit(PAGE + 1)
    )
    rows = [_line(row) for row in tx.all(query)]
    return rows[:PAGE], len(rows) > PAGE


def earlier_calls(tx: Tx, number: str, but: str, limit: int) -> list[CallLine]:
    """The last calls with a number, newest first, without one of them."""
    query = (
        select(*_COLUMNS)
        .where(call_table.c.number == number, call_table.c.id != but)
        .order_by(call_table.c.started.desc())
        .limit(limit)
    )
    return [_line(row) for row in tx.all(query)]


def _line(row: Row[Any]) -> CallLine:
    return CallLine(**row._mapping)


def _conditions(wanted: Wanted) -> Sequence[ColumnElement[bool]]:
    table = call_table.c
    asked: list[tuple[object, Callable[[Any], ColumnElement[bool]]]] = [
        (wanted.tail, lambda tail: table.number.like(f"%{_escaped(tail)}", escape="\\")),
        (wanted.queue, lambda queue: table.queue == queue),
        (wanted.agent, lambda agent: _of_agents((agent,))),
        (wanted.dispositions, table.disposition.in_),
        (wanted.outcome, lambda outcome: table.outcome == outcome),
        (wanted.direction, lambda direction: table.direction == direction),
        (wanted.note, _with_note),
        (wanted.since, lambda since: table.started >= since),
        (wanted.until, lambda until: table.started < until),
    ]
    found = [condition(value) for value, condition in asked if value]
    if wanted.numbers is not None:
        found.append(table.number.in_(wanted.numbers))
    if wanted.agents is not None:
        nobodys = and_(table.agent == "", table.campus.in_(wanted.campuses))
        found.append(or_(_of_agents(wanted.agents), nobodys))
    return found


def _with_note(text: str) -> ColumnElement[bool]:
    note = f"%{_escaped(text.lower())}%"
    return func.lower(call_table.c.note).like(note, escape="\\")


def _of_agents(agents: tuple[str, ...]) -> ColumnElement[bool]:
    """Calls in which one of them talked, not only as the last."""
    legs = select(leg_table.c.call_id).where(leg_table.c.agent.in_(agents))
    return or_(call_table.c.agent.in_(agents), call_table.c.id.in_(legs))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
