"""Answers in the database: one row for each question of a task."""

from __future__ import annotations

from typing import Any

from attrs import asdict
from sqlalchemy import Boolean, Column, Integer, String, Table, insert, select, update

from careline.storage import BigId, EnumValue, Tx, UTCDateTime, metadata
from careline_followup.answers.model import Reply
from careline_followup.plans.model import Way
from careline_followup.storable import storable

answer_table = Table(
    "followup_answer",
    metadata,
    Column("task", BigId, primary_key=True, autoincrement=False),
    Column("question", String(32), primary_key=True),
    Column("value", Integer, nullable=False),
    Column("text", String(1000), nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("way", EnumValue(Way, 16), nullable=False),
    Column("by", String(64), nullable=False),
    Column("red", Boolean, nullable=False),
)
a = answer_table.c
LONGEST = 1000


def of_task(tx: Tx, task: int) -> dict[str, Reply]:
    """All answers of a task by question."""
    rows = tx.all(select(answer_table).where(a.task == task).order_by(a.at))
    return {row.question: Reply(**row._mapping) for row in rows}


def put(tx: Tx, reply: Reply) -> None:
    """Store an answer over the one before."""
    values: dict[str, Any] = asdict(reply, recurse=False)
    values["text"] = storable(reply.text, LONGEST)
    mine = (a.task == reply.task, a.question == reply.question)
    if tx.execute(update(answer_table).where(*mine).values(values)).rowcount == 0:
        tx.execute(insert(answer_table).values(values))
