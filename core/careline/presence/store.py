"""Where agents sit, so that a restarted core knows whose page must show that it lives."""

from __future__ import annotations

from attrs import asdict
from sqlalchemy import Boolean, Column, String, Table, delete, insert, select, update

from careline.presence.model import Seat
from careline.storage import Tx, metadata

seat_table = Table(
    "desk_seat",
    metadata,
    Column("agent", String(8), primary_key=True),
    Column("phone", String(64), nullable=False),
    Column("browser", Boolean, nullable=False),
)


def put_seat(tx: Tx, seat: Seat) -> None:
    """Store where an agent sits; one without a phone has left."""
    mine = seat_table.c.agent == seat.agent
    if not seat.phone:
        tx.execute(delete(seat_table).where(mine))
    elif tx.execute(update(seat_table).where(mine).values(asdict(seat))).rowcount == 0:
        tx.execute(insert(seat_table).values(asdict(seat)))


def read_seats(tx: Tx) -> list[Seat]:
    """All seats that are taken."""
    rows = tx.all(select(seat_table))
    return [Seat(agent=row.agent, phone=row.phone, browser=row.browser) for row in rows]
