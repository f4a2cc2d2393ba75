"""Plans in the database; those that are removed stay for the tasks that came of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, Column, String, Table, insert, select, update

from careline.storage import Json, Tx, UTCDateTime, metadata
from careline_followup.plans.document import from_document, to_document
from careline_followup.plans.model import Plan

plan_table = Table(
    "followup_plan",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("document", Json, nullable=False),
    Column("removed", Boolean, nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("by", String(64), nullable=False),
)
p = plan_table.c


def plans(tx: Tx) -> list[Plan]:
    """All that are not removed, by name."""
    rows = tx.all(select(plan_table).where(p.removed.is_(False)).order_by(p.name))
    return [from_document(row.name, row.document) for row in rows]


def find(tx: Tx, name: str) -> Plan | None:
    """One plan, removed or not."""
    row = tx.one(select(plan_table).where(p.name == name))
    return from_document(row.name, row.document) if row else None


def put(tx: Tx, plan: Plan, by: str, now: datetime) -> None:
    """Store a plan over the one before."""
    values = {"document": to_document(plan), "removed": False, "at": now, "by": by}
    if tx.execute(update(plan_table).where(p.name == plan.name).values(values)).rowcount == 0:
        tx.execute(insert(plan_table).values(name=plan.name, **values))


def remove(tx: Tx, name: str, by: str, now: datetime) -> bool:
    """Have nobody followed up by it any more; False when there is none."""
    values = {"removed": True, "at": now, "by": by}
    mine = (p.name == name) & p.removed.is_(False)
    return tx.execute(update(plan_table).where(mine).values(values)).rowcount == 1


def any_plan(tx: Tx) -> bool:
    """Whether there ever was one: the starter ones are put only once."""
    return tx.scalar(select(p.name).limit(1)) is not None
