"""Queues in the database."""

from __future__ import annotations

from attrs import asdict, fields
from sqlalchemy import Column, Integer, String, Table, delete, insert, select, update

from careline.errors import Conflict, NotFound
from careline.queues.model import Distribution, Queue
from careline.storage import EnumValue, Tx, metadata

queue_table = Table(
    "queue",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("title", String(64), nullable=False),
    Column("title_en", String(64), nullable=False),
    Column("campus", String(32), nullable=False),
    Column("distribution", EnumValue(Distribution), nullable=False),
    Column("ring_s", Integer, nullable=False),
    Column("wrap_up_s", Integer, nullable=False),
    Column("penalty_s", Integer, nullable=False),
    Column("max_callers", Integer, nullable=False),
    Column("weight", Integer, nullable=False),
    Column("announce_s", Integer, nullable=False),
    Column("service_level_s", Integer, nullable=False),
    Column("service_level_pct", Integer, nullable=False),
    Column("abandon_s", Integer, nullable=False),
    Column("overflow", String(32), nullable=False),
    Column("overflow_s", Integer, nullable=False),
    Column("last_agent_s", Integer, nullable=False),
)


def _values(queue: Queue) -> dict[str, object]:
    return asdict(queue, recurse=False)


def add_queue(tx: Tx, queue: Queue) -> None:
    """Store a new queue; Conflict when the id is taken."""
    if get_queue(tx, queue.id):
        raise Conflict("queue.exists", "there is a queue {queue} already", queue=queue.id)
    tx.execute(insert(queue_table).values(_values(queue)))


def change_queue(tx: Tx, queue: Queue) -> None:
    """Store the queue as it is now; NotFound when there is none."""
    changed = update(queue_table).where(queue_table.c.id == queue.id).values(_values(queue))
    if tx.execute(changed).rowcount == 0:
        raise NotFound("queue.unknown", "there is no queue {queue}", queue=queue.id)


def remove_queue(tx: Tx, queue_id: str) -> None:
    """Delete a queue; NotFound when there is none."""
    if tx.execute(delete(queue_table).where(queue_table.c.id == queue_id)).rowcount == 0:
        raise NotFound("queue.unknown", "there is no queue {queue}", queue=queue_id)


def get_queue(tx: Tx, queue_id: str) -> Queue | None:
    """The queue with that id."""
    return next((queue for queue in list_queues(tx) if queue.id == queue_id), None)


def list_queues(tx: Tx) -> list[Queue]:
    """All queues by id."""
    names = [attribute.name for attribute in fields(Queue)]
    rows = tx.all(select(queue_table).order_by(queue_table.c.id))
    return [Queue(**{name: row._mapping[name] for name in names}) for row in rows]
