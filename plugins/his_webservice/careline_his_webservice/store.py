"""Exchanges with hospitals' systems as they are kept: masked, for some days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    Integer,
    String,
    Table,
    Text,
    and_,
    delete,
    insert,
    select,
)

from careline.storage import BigId, EnumValue, Tx, UTCDateTime, metadata
from careline_his_webservice.calling.model import Kept, Outcome, Wanted

PAGE = 50
SWEEP = 2_000
LATELY = 5_000

exchange_table = Table(
    "his_webservice_exchange",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("at", UTCDateTime, nullable=False),
    Column("campus", String(32), nullable=False),
    Column("what", String(64), nullable=False),
    Column("outcome", EnumValue(Outcome), nullable=False),
    Column("took_ms", Integer, nullable=False),
    Column("request", Text, nullable=False),
    Column("response", Text, nullable=False),
    Index("ix_his_webservice_exchange_at", "at"),
    Index("ix_his_webservice_exchange_campus_id", "campus", "id"),
)


def add_exchanges(tx: Tx, exchanges: Sequence[Kept]) -> None:
    """Keep exchanges; their texts are masked already."""
    names = ("at", "campus", "what", "outcome", "took_ms", "request", "response")
    tx.execute(
        insert(exchange_table), [{name: getattr(one, name) for name in names} for one in exchanges]
    )


def search(tx: Tx, wanted: Wanted, limit: int = PAGE) -> tuple[Kept, ...]:
    """The newest that fit, at most ``limit``."""
    rows = tx.all(
        select(exchange_table)
        .where(and_(*_conditions(wanted)))
        .order_by(exchange_table.c.id.desc())
        .limit(limit)
    )
    return tuple(Kept(**row._mapping) for row in rows)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    columns = exchange_table.c
    found: list[ColumnElement[bool]] = [columns.id > 0]
    if wanted.campus:
        found.append(columns.campus == wanted.campus)
    if wanted.what:
        found.append(columns.what == wanted.what)
    if wanted.outcome:
        found.append(columns.outcome == wanted.outcome)
    if wanted.since:
        found.append(columns.at >= wanted.since)
    if wanted.until:
        found.append(columns.at < wanted.until)
    if wanted.before:
        found.append(columns.id < wanted.before)
    return found


def load(tx: Tx, exchange_id: int) -> Kept | None:
    """One exchange."""
    row = tx.one(select(exchange_table).where(exchange_table.c.id == exchange_id))
    return Kept(**row._mapping) if row else None


def whats(tx: Tx) -> tuple[str, ...]:
    """What was asked lately, for the choices of a search; there may be millions of exchanges."""
    columns = exchange_table.c
    lately = select(columns.what).order_by(columns.id.desc()).limit(LATELY).subquery()
    return tuple(tx.scalars(select(lately.c.what).distinct().order_by(lately.c.what)))


def remove_before(tx: Tx, moment: datetime) -> int:
    """Remove what is older than ``moment``, at most 2,000; gives how many there were."""
    old = select(exchange_table.c.id).where(exchange_table.c.at < moment).limit(SWEEP)
    done = tx.execute(delete(exchange_table).where(exchange_table.c.id.in_(old.scalar_subquery())))
    return done.rowcount
