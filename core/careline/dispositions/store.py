"""Dispositions in the database: versions are added, none is ever changed or removed."""

from __future__ import annotations

from attrs import asdict, fields
from sqlalchemy import Boolean, Column, Integer, String, Table, UniqueConstraint, insert, select

from careline.dispositions.model import Disposition, Tree
from careline.storage import BigId, Tx, UTCDateTime, metadata

disposition_table = Table(
    "disposition",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("code", String(32), nullable=False),
    Column("parent", String(32), nullable=False),
    Column("title", String(64), nullable=False),
    Column("title_en", String(64), nullable=False),
    Column("position", Integer, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("since", UTCDateTime, nullable=False),
    Column("pinyin", String(400), nullable=False),
    Column("initials", String(64), nullable=False),
    UniqueConstraint("code", "since"),
)

_NAMES = [attribute.name for attribute in fields(Disposition)]


def read_tree(tx: Tx) -> Tree:
    """All versions of all entries."""
    rows = tx.all(select(disposition_table).order_by(disposition_table.c.id))
    return Tree.of(Disposition(**{name: row._mapping[name] for name in _NAMES}) for row in rows)


def add_version(tx: Tx, entry: Disposition) -> None:
    """Store ``entry`` as the newest version of its code; Invalid or NotFound by its place."""
    read_tree(tx).check(entry)
    tx.execute(insert(disposition_table).values(asdict(entry)))
