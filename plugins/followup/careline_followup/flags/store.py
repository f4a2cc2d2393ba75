"""Red flags and who is told of them, in the database."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from attrs import asdict, evolve
from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    case,
    delete,
    func,
    insert,
    select,
    update,
)

from careline.errors import NotFound
from careline.storage import BigId, EnumValue, Json, Tx, UTCDateTime, metadata
from careline_followup.cases.model import CaseState
from careline_followup.cases.store import case_table
from careline_followup.flags.model import LEADERS, Flag, FlagState, Post
from careline_followup.storable import storable

flag_table = Table(
    "followup_flag",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("task", BigId, nullable=False),
    Column("case", BigId, nullable=False),
    Column("question", String(32), nullable=False),
    Column("turn", Integer, nullable=False),
    Column("value", Integer, nullable=False),
    Column("words", String(400), nullable=False),
    Column("words_en", String(400), nullable=False),
    Column("campus", String(32), nullable=False),
    Column("department", String(100), nullable=False),
    Column("ward", String(100), nullable=False),
    Column("patient", BigId, nullable=False),
    Column("day", Date, nullable=False),
    Column("raised", UTCDateTime, nullable=False),
    Column("state", EnumValue(FlagState, 16), nullable=False),
    Column("level", Integer, nullable=False),
    Column("deadline", UTCDateTime),
    Column("lost", Json, nullable=False),
    Column("seen", UTCDateTime),
    Column("seen_by", String(64), nullable=False),
    Column("closed", UTCDateTime),
    Column("closed_by", String(64), nullable=False),
    Column("note", String(400), nullable=False),
    # An answer that is repeated is one alert.
    UniqueConstraint("task", "question", "turn"),
    Index("ix_followup_flag_state", "state", "deadline"),
    Index("ix_followup_flag_day", "day", "campus"),
    Index("ix_followup_flag_case", "case"),
)
post_table = Table(
    "followup_post",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("campus", String(32), nullable=False),
    Column("ward", String(100), nullable=False),
    Column("doctor", String(100), nullable=False, server_default=""),
    Column("level", Integer, nullable=False),
    Column("who", String(100), nullable=False),
    Column("number", String(32), nullable=False),
    UniqueConstraint("campus", "ward", "doctor", "level", "number"),
)
f, p, c = flag_table.c, post_table.c, case_table.c


def add(tx: Tx, flag: Flag) -> Flag | None:
    """Store a new one and give it with its id; None when somebody looks after the same already."""
    mine = (f.task == flag.task, f.question == flag.question)
    row = tx.one(select(flag_table).where(*mine).order_by(f.turn.desc()).limit(1))
    if row is not None and row.words == flag.words and row.state is not FlagState.CLOSED:
        return None
    new = evolve(flag, turn=0 if row is None else row.turn + 1)
    key = tx.execute(insert(flag_table).values(_values(new))).inserted_primary_key
    return evolve(new, id=int(key[0]) if key else 0)


def put(tx: Tx, flag: Flag) -> None:
    """Store a changed one."""
    values = _values(evolve(flag, note=storable(flag.note, 400)))
    tx.execute(update(flag_table).where(f.id == flag.id).values(values))


def _values(flag: Flag) -> dict[str, Any]:
    values = asdict(flag, recurse=False)
    del values["id"]
    return values | {"lost": list(flag.lost)}


def get(tx: Tx, flag_id: int) -> Flag:
    """One flag, else NotFound."""
    row = tx.one(select(flag_table).where(f.id == flag_id).with_for_update())
    if row is None:
        raise NotFound("followup.no_flag", "There is no such red flag.")
    return Flag(**row._mapping)


def of_task(tx: Tx, task: int) -> list[Flag]:
    """All flags of a task."""
    rows = tx.all(select(flag_table).where(f.task == task).order_by(f.id))
    return [Flag(**row._mapping) for row in rows]


def listed(
    tx: Tx,
    states: Collection[FlagState],
    campuses: Collection[str] = (),
    wards: Collection[str] = (),
    first: date | None = None,
    last: date | None = None,
    most: int = 200,
) -> list[Flag]:
    """Flags nobody looks after first; of those the most often passed on, then the oldest."""
    where: list[ColumnElement[bool]] = [f.state.in_(states)]
    if campuses:
        where.append(f.campus.in_(campuses))
    if wards:
        where.append(f.ward.in_(wards))
    if first:
        where.append(f.day >= first)
    if last:
        where.append(f.day <= last)
    turn = case((f.state == FlagState.OPEN, 0), (f.state == FlagState.SEEN, 1), else_=2)
    rows = select(flag_table).where(*where).order_by(turn, f.level.desc(), f.raised, f.id)
    rows = rows.limit(most)
    return [Flag(**row._mapping) for row in tx.all(rows)]


def late(tx: Tx, now: datetime, most: int) -> list[int]:
    """Flags that nobody has looked after and whose deadline is over; ids."""
    over = (f.state != FlagState.CLOSED, f.deadline <= now)
    return tx.scalars(select(f.id).where(*over).order_by(f.deadline).limit(most))


def count_passed_on(tx: Tx) -> int:
    """Open flags that nobody has seen within their first deadline."""
    where = (f.state == FlagState.OPEN, f.level > 0)
    return int(tx.scalar(select(func.count()).select_from(flag_table).where(*where)))


# Who is told


def posts(tx: Tx) -> list[Post]:
    """All, by campus, ward and level."""
    rows = tx.all(select(post_table).order_by(p.campus, p.ward, p.level, p.id))
    return [Post(**row._mapping) for row in rows]


def posts_of(tx: Tx, flag: Flag) -> list[Post]:
    """Who is told of a flag at its level: the patient's doctor, and the ward.

    Of the ward its own, else those of all wards of the campus.
    """
    found = [one for one in told_of(tx, flag) if one.level == flag.level]
    doctors = [one for one in found if one.doctor]
    wards = [one for one in found if not one.doctor]
    own = [one for one in wards if one.ward == flag.ward]
    numbers = {one.number for one in doctors}
    return [*doctors, *(one for one in own or wards if one.number not in numbers)]


def told_of(tx: Tx, flag: Flag) -> list[Post]:
    """Who is told of a flag at any level."""
    of_campus = (p.campus == flag.campus, p.level >= 0)
    rows = tx.all(select(post_table).where(*of_campus).order_by(p.level, p.id))
    doctor = _plain(tx.scalar(select(c.doctor).where(c.id == flag.case)) or "")
    return [one for row in rows if _is_for(one := Post(**row._mapping), flag, doctor)]


def _is_for(post: Post, flag: Flag, doctor: str) -> bool:
    if post.doctor:
        return _plain(post.doctor) == doctor
    return post.ward in (flag.ward, "")


def next_level(tx: Tx, flag: Flag) -> int | None:
    """The first level above a flag's own at which somebody is told; None when nobody is."""
    above = (one.level for one in told_of(tx, flag) if one.level > flag.level)
    return min(above, default=None)


def leaders(tx: Tx) -> list[Post]:
    """Who hears of follow-ups that are overdue, by campus."""
    rows = tx.all(select(post_table).where(p.level == LEADERS).order_by(p.campus, p.id))
    return [Post(**row._mapping) for row in rows]


def _plain(name: str) -> str:
    """A name without what systems write around it: spaces."""
    return "".join(name.casefold().split())


def untold_wards(tx: Tx, since: datetime) -> list[tuple[str, str]]:
    """Campus and ward of patients who left since, and that no telephone stands for."""
    lately = (c.at >= since, c.state == CaseState.PLANNED)
    wards = tx.all(select(c.campus, c.ward).where(*lately).distinct().order_by(c.campus, c.ward))
    rows = tx.all(select(p.campus, p.ward).where(p.level == 0, p.doctor == ""))
    told = {(row.campus, row.ward) for row in rows}  # an empty ward is all of a campus
    found = [(one.campus, one.ward) for one in wards]
    return [one for one in found if one not in told and (one[0], "") not in told]


def put_post(tx: Tx, post: Post) -> None:
    """Add one, or change the one of that id."""
    values: dict[str, Any] = asdict(post, recurse=False)
    del values["id"]
    if post.id:
        tx.execute(update(post_table).where(p.id == post.id).values(values))
    else:
        tx.execute(insert(post_table).values(values))


def remove_post(tx: Tx, post_id: int) -> bool:
    """Take one out; False when it was not there."""
    return tx.execute(delete(post_table).where(p.id == post_id)).rowcount == 1
