"""Group messages and their members in the database; members go once their messages are put."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from attrs import asdict, fields
from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from careline.errors import NotFound
from careline.storage import AnyRow, BigId, EnumValue, Json, Tx, UTCDateTime, metadata
from careline_sms.groups.model import Group, GroupState, Member, Wait
from careline_sms.model import State
from careline_sms.tables import message_table

group_table = Table(
    "sms_group",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("title", String(120), nullable=False),
    Column("text", Text, nullable=False),
    Column("template", String(64), nullable=False),
    Column("values", Json, nullable=False),
    Column("language", String(8), nullable=False),
    Column("due", UTCDateTime),
    Column("by", String(64), nullable=False),
    Column("created", UTCDateTime, nullable=False),
    Column("state", EnumValue(GroupState), nullable=False),
    Column("decided_by", String(64), nullable=False),
    Column("decided", UTCDateTime),
    Column("why", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("put", Integer, nullable=False),
    Column("campus", String(32), nullable=False, server_default=""),
    Index(None, "state"),
)
member_table = Table(
    "sms_group_member",
    metadata,
    Column("group", ForeignKey("sms_group.id", ondelete="CASCADE"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("number", String(32), nullable=False),
    Column("name", String(64), nullable=False),
    Column("patient", BigId, nullable=False, index=True),
    Column("values", Json, nullable=False),
)
g, m, w = group_table.c, member_table.c, message_table.c
NAMES = tuple(one.name for one in fields(Group))


def _group(row: AnyRow) -> Group:
    return Group(**{name: row._mapping[name] for name in NAMES})


def add_group(tx: Tx, group: Group, members: Sequence[Member]) -> Group:
    """Store a new one with all who get it."""
    values = asdict(group, recurse=False)
    values.pop("id")
    values["count"] = len(members)
    new_id = tx.scalar(insert(group_table).values(values).returning(g.id))
    rows = [
        {"group": new_id, "place": place, **asdict(one, recurse=False)}
        for place, one in enumerate(members)
    ]
    for at in range(0, len(rows), 500):
        tx.execute(insert(member_table), rows[at : at + 500])
    return get_group(tx, new_id)


def get_group(tx: Tx, group_id: int) -> Group:
    """The one with that id, else NotFound."""
    row = tx.one(select(group_table).where(g.id == group_id))
    if row is None:
        raise NotFound("sms.group_unknown", "there is no group message {id}", id=group_id)
    return _group(row)


def list_groups(tx: Tx, offset: int, most: int, campuses: Collection[str], by: str) -> list[Group]:
    """Those of some campuses ("" for the whole house) and one's own, the newest first."""
    mine = or_(g.campus.in_(campuses), g.by == by)
    query = select(group_table).where(mine).order_by(g.id.desc()).offset(offset).limit(most)
    return [_group(row) for row in tx.all(query)]


def count_waiting(tx: Tx) -> int:
    """How many wait for approval."""
    query = select(func.count()).where(g.state == GroupState.WAITING)
    return int(tx.scalar(query.select_from(group_table)))


def decide(
    tx: Tx, group_id: int, before: Sequence[GroupState], after: GroupState, **values: Any
) -> bool:
    """Change its state by one conditional update; False when somebody was quicker."""
    query = update(group_table).where(g.id == group_id, g.state.in_(before))
    return tx.execute(query.values(state=after, **values)).rowcount == 1


def members(tx: Tx, group_id: int, after: int = -1, most: int = 20) -> list[tuple[int, Member]]:
    """Those beyond a place, in order, each with its place."""
    query = (
        select(member_table)
        .where(m.group == group_id, m.place > after)
        .order_by(m.place)
        .limit(most)
    )
    return [
        (
            row.place,
            Member(
                number=row.number,
                name=row.name,
                patient=row.patient,
                values=row._mapping["values"],
            ),
        )
        for row in tx.all(query)
    ]


def waits(tx: Tx, name: str, most: int = 5) -> list[Wait]:
    """Why messages of a group wait, the most frequent reason first, and when they are tried."""
    count, first = func.count(), func.min(w.not_before, type_=UTCDateTime())
    query = (
        select(w.detail, count.label("count"), first.label("first"))
        .where(w.group == name, w.state == State.QUEUED)
        .group_by(w.detail)
        .order_by(count.desc(), w.detail)
        .limit(most)
    )
    return [
        Wait(why=row.detail, count=row._mapping["count"], at=row.first) for row in tx.all(query)
    ]


def take_members(tx: Tx, group_id: int, places: Sequence[int]) -> None:
    """Their messages are put: they are forgotten here and counted."""
    tx.execute(delete(member_table).where(m.group == group_id, m.place.in_(places)))
    tx.execute(update(group_table).where(g.id == group_id).values(put=g.put + len(places)))


def forget_members(tx: Tx, group_id: int) -> None:
    """Nobody gets it any more."""
    tx.execute(delete(member_table).where(m.group == group_id))


def erase_patient(tx: Tx, patient: int) -> None:
    """Take a patient out of all that wait."""
    tx.execute(delete(member_table).where(m.patient == patient))


def merge_patients(tx: Tx, kept: int, gone: int) -> None:
    """Members of one record are of another."""
    tx.execute(update(member_table).where(m.patient == gone).values(patient=kept))
