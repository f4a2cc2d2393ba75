"""Wallboards in the database."""

from __future__ import annotations

from datetime import datetime

from attrs import asdict, evolve
from sqlalchemy import Column, Integer, String, Table, insert, select, update

from careline.errors import NotFound
from careline.storage import Tx, UTCDateTime, metadata
from careline.wallboards.model import Wallboard

wallboard_table = Table(
    "wallboard",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("title", String(64), nullable=False),
    Column("campus", String(32), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("made", UTCDateTime, nullable=False),
    Column("made_by", String(64), nullable=False),
    Column("revoked", UTCDateTime),
)
c = wallboard_table.c


def add_wallboard(tx: Tx, wallboard: Wallboard) -> Wallboard:
    """Store a new one; gives it with its id."""
    values = asdict(wallboard)
    del values["id"]
    made = tx.scalar(insert(wallboard_table).values(values).returning(c.id))
    return evolve(wallboard, id=int(made or 0))


def revoke(tx: Tx, wallboard_id: int, now: datetime) -> None:
    """Take an address back; NotFound when there is none that is in use."""
    this = (c.id == wallboard_id) & c.revoked.is_(None)
    if tx.execute(update(wallboard_table).where(this).values(revoked=now)).rowcount == 0:
        raise NotFound("wallboard.unknown", "there is no wallboard {id}", id=wallboard_id)


def list_wallboards(tx: Tx) -> list[Wallboard]:
    """Those in use by title."""
    query = select(wallboard_table).where(c.revoked.is_(None)).order_by(c.title, c.id)
    return [Wallboard(**row._mapping) for row in tx.all(query)]
