"""Which queue gets which survey, in the database."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Column, String, Table, delete, insert, select

from careline.storage import Tx, metadata

queue_table = Table(
    "satisfaction_queue",
    metadata,
    Column("queue", String(64), primary_key=True),
    Column("survey", String(32), nullable=False),
)


def queues(tx: Tx) -> dict[str, str]:
    """Queue -> survey, empty for none; the empty queue stands for all others."""
    return {row.queue: row.survey for row in tx.all(select(queue_table))}


def put_queues(tx: Tx, given: Mapping[str, str]) -> None:
    """Which queue gets which survey: an empty one for none, left out for that of all others."""
    tx.execute(delete(queue_table))
    rows = [{"queue": queue, "survey": survey} for queue, survey in given.items()]
    if rows:
        tx.execute(insert(queue_table), rows)
