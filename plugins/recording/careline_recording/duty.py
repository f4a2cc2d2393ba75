"""When the plugin was switched on: nobody expects audio of talks that began at another time.

A core that was killed leaves its time open; the next one goes on with it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Table, exists, insert, or_, select, update

from careline.storage import Tx, UTCDateTime, metadata

duty_table = Table(
    "recording_duty",
    metadata,
    Column("since", UTCDateTime, primary_key=True),
    Column("until", UTCDateTime),
)
_OPEN = duty_table.c.until.is_(None)


def begin(tx: Tx, now: datetime) -> None:
    """It is on from now, if it was not."""
    if not tx.scalar(select(exists().where(_OPEN))):
        tx.execute(insert(duty_table).values(since=now))


def end(tx: Tx, now: datetime) -> None:
    """It is off from now."""
    tx.execute(update(duty_table).where(_OPEN).values(until=now))


def was_on(tx: Tx, at: datetime) -> bool:
    """True when it was on at that time."""
    columns = duty_table.c
    on = (columns.since <= at) & or_(columns.until.is_(None), columns.until > at)
    return bool(tx.scalar(select(exists().where(on))))
