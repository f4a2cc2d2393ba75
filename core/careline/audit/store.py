"""The audit log's table: lines are added, searched and, after years, removed; never changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    String,
    Table,
    and_,
    delete,
    insert,
    or_,
    select,
)

from careline.audit.model import LENGTHS, Entry, Found, Search, cut
from careline.storage import BigId, Tx, UTCDateTime, metadata

PAGE = 100
#: Lines that one transaction removes, so that others need not wait for it.
SWEEP = 5_000
#: What marks a wildcard in a text that is meant as it is written.
ESCAPE = "!"

audit_table = Table(
    "audit",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("at", UTCDateTime, nullable=False),
    *(Column(name, String(length), nullable=False) for name, length in LENGTHS.items()),
    Index("ix_audit_at", "at"),
    Index("ix_audit_actor_id", "actor", "id"),
    Index("ix_audit_kind_whose_id", "kind", "whose", "id"),
    Index("ix_audit_act_id", "act", "id"),
)


def add_entries(tx: Tx, entries: Iterable[Entry]) -> None:
    """Add lines."""
    rows = [
        {"at": one.at, **{name: cut(getattr(one, name), name) for name in LENGTHS}}
        for one in entries
    ]
    if rows:
        tx.execute(insert(audit_table), rows)


def add_entry(tx: Tx, entry: Entry) -> None:
    """Add one line."""
    add_entries(tx, [entry])


def search(tx: Tx, wanted: Search, limit: int = PAGE) -> Found:
    """The newest lines that fit."""
    rows = tx.all(
        select(audit_table)
        .where(and_(*_conditions(wanted)))
        .order_by(audit_table.c.id.desc())
        .limit(limit + 1)
    )
    entries = tuple(Entry(**row._mapping) for row in rows[:limit])
    return Found(entries, more=len(rows) > limit)


def _conditions(wanted: Search) -> list[ColumnElement[bool]]:
    columns = audit_table.c
    found: list[ColumnElement[bool]] = [columns.id > 0]
    if wanted.since:
        found.append(columns.at >= wanted.since)
    if wanted.until:
        found.append(columns.at < wanted.until)
    for name in ("actor", "act", "kind", "whose"):
        value = getattr(wanted, name)
        if value:
            found.append(columns[name] == value)
    if wanted.text:
        like = f"%{_escaped(wanted.text)}%"
        found.append(
            or_(
                *(
                    columns[name].ilike(like, escape=ESCAPE)
                    for name in ("what", "why", "whose", "name", "actor")
                )
            )
        )
    if wanted.before:
        found.append(columns.id < wanted.before)
    return found


def _escaped(text: str) -> str:
    for char in (ESCAPE, "%", "_"):
        text = text.replace(char, ESCAPE + char)
    return text


def remove_before(tx: Tx, moment: datetime) -> int:
    """Remove lines older than ``moment``, at most 5,000; gives how many there were."""
    old = select(audit_table.c.id).where(audit_table.c.at < moment).limit(SWEEP)
    done = tx.execute(delete(audit_table).where(audit_table.c.id.in_(old.scalar_subquery())))
    return done.rowcount


def known_values(tx: Tx) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Acts and kinds that occur, for the choices of a search."""
    acts = tx.scalars(select(audit_table.c.act).distinct().order_by(audit_table.c.act))
    kinds = tx.scalars(select(audit_table.c.kind).distinct().order_by(audit_table.c.kind))
    return tuple(acts), tuple(kinds)
