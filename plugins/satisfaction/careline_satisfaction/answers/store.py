"""Answers in the database: of one call there is one, and the first score counts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from attrs import asdict, evolve, fields, frozen
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from careline.errors import NotFound
from careline.storage import AnyRow, BigId, EnumValue, Tx, UTCDateTime, metadata
from careline_satisfaction.answers.model import Answer, Reply, State, Way

answer_table = Table(
    "satisfaction_answer",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("call", String(64), nullable=False, unique=True),
    Column("survey", String(32), nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", EnumValue(State), nullable=False),
    Column("way", EnumValue(Way), nullable=False),
    Column("agent", String(32), nullable=False),
    Column("queue", String(64), nullable=False),
    Column("campus", String(32), nullable=False),
    Column("department", String(64), nullable=False),
    Column("patient", BigId, nullable=False, index=True),
    Column("day", Date, nullable=False, index=True),
    Column("at", UTCDateTime, nullable=False),
    Column("answered", UTCDateTime),
    Column("points", Integer),
    Column("level", Integer),
    Column("low", Boolean, nullable=False),
    Column("by", String(64), nullable=False),
    Column("seen", UTCDateTime),
    Column("seen_by", String(64), nullable=False),
    Index(None, "low", "seen"),
)
reply_table = Table(
    "satisfaction_reply",
    metadata,
    Column("answer", ForeignKey("satisfaction_answer.id", ondelete="CASCADE"), primary_key=True),
    Column("question", String(32), primary_key=True),
    Column("value", Integer, nullable=False),
    Column("text", Text, nullable=False),
)
a, r = answer_table.c, reply_table.c
PLAIN = tuple(one.name for one in fields(Answer) if one.name not in ("id", "replies"))


@frozen(kw_only=True)
class Wanted:
    """Which answers: local days, both included; empty fields do not matter.

    ``agents``: whose answers may be seen at all, None for everybody's.
    """

    first: date
    last: date
    agent: str = ""
    queue: str = ""
    department: str = ""
    low: bool = False
    worded: bool = False
    open: bool = False
    agents: tuple[str, ...] | None = None


def begin(tx: Tx, new: Answer) -> tuple[Answer, bool]:
    """The answer of that call: the one that is there, else ``new``; and whether it is new.

    For READ COMMITTED transactions, which see what another one has just written.
    """
    there = of_call(tx, new.call)
    if there is not None:
        return there, False
    try:
        with tx.savepoint():
            row = {name: getattr(new, name) for name in PLAIN}
            made = tx.scalar(insert(answer_table).returning(a.id), row)
        return evolve(new, id=int(made)), True
    except IntegrityError:
        there = of_call(tx, new.call)
        if there is None:
            raise
        return there, False


def of_call(tx: Tx, call: str) -> Answer | None:
    """The answer of one call, None when there is none."""
    found = _answers(tx, select(answer_table).where(a.call == call))
    return found[0] if found else None


def get(tx: Tx, answer_id: int) -> Answer:
    """One answer; NotFound when there is none."""
    found = _answers(tx, select(answer_table).where(a.id == answer_id))
    if not found:
        raise NotFound("satisfaction.unknown", "there is no answer {id}", id=answer_id)
    return found[0]


def change(tx: Tx, answer_id: int, *states: State, **values: Any) -> bool:
    """Change an answer that is in one of ``states``; False when it is not."""
    where = (a.id == answer_id, a.state.in_(states))
    return bool(tx.execute(update(answer_table).where(*where).values(values)).rowcount)


def put_reply(tx: Tx, answer_id: int, reply: Reply) -> bool:
    """Store the reply to one question; False when it was replied to before."""
    try:
        with tx.savepoint():
            tx.execute(insert(reply_table), {"answer": answer_id, **asdict(reply)})
    except IntegrityError:
        return False
    return True


def see(tx: Tx, answer_id: int, by: str, now: datetime) -> bool:
    """Somebody looks after a low score; False when somebody did before."""
    where = (a.id == answer_id, a.seen.is_(None))
    return bool(
        tx.execute(update(answer_table).where(*where).values(seen=now, seen_by=by)).rowcount
    )


def listed(tx: Tx, wanted: Wanted, offset: int = 0, most: int = 50) -> list[Answer]:
    """Answers that were given, the latest first."""
    query = (
        select(answer_table)
        .where(*conditions(wanted), a.state == State.ANSWERED)
        .order_by(a.at.desc(), a.id.desc())
        .offset(offset)
        .limit(most)
    )
    return _answers(tx, query)


def conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    """``wanted`` for a query of the table."""
    found = [a.day >= wanted.first, a.day <= wanted.last]
    if wanted.agent:
        found.append(a.agent == wanted.agent)
    if wanted.queue:
        found.append(a.queue == wanted.queue)
    if wanted.department:
        found.append(a.department == wanted.department)
    if wanted.low or wanted.open:
        found.append(a.low)
    if wanted.open:
        found.append(a.seen.is_(None))
    if wanted.worded:
        found.append(a.id.in_(select(r.answer).where(r.text != "")))
    if wanted.agents is not None:
        found.append(a.agent.in_(wanted.agents))
    return found


def _answers(tx: Tx, query: Select[Any]) -> list[Answer]:
    rows = tx.all(query)
    replies = _replies(tx, [row.id for row in rows])
    return [_answer(row, replies.get(row.id, ())) for row in rows]


def _replies(tx: Tx, ids: Collection[int]) -> dict[int, list[Reply]]:
    found: dict[int, list[Reply]] = {}
    if ids:
        for row in tx.all(select(reply_table).where(r.answer.in_(ids)).order_by(r.question)):
            one = Reply(question=row.question, value=row.value, text=row.text)
            found.setdefault(row.answer, []).append(one)
    return found


def _answer(row: AnyRow, replies: Sequence[Reply]) -> Answer:
    values = {name: row._mapping[name] for name in ("id", *PLAIN)}
    return Answer(**values, replies=tuple(replies))
