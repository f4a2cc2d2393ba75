"""The tables of patients.

Search must answer within 200 ms among 500,000 patients, on SQLite and on PostgreSQL, so every
condition is a range of one B-tree:

- Parts of names: ``patient_name`` holds each ending of a name (王小明, 小明, 明), so that
  "contains" is "begins with". SQLite's FTS5 and PostgreSQL's pg_trgm look for trigrams and cannot
  find the one or two characters that people type of a Chinese name; pg_trgm is an extension
  besides, which not every hospital's database administrator grants.
- Pinyin and initials are columns; (initials, pinyin) together answer ``zhxm`` out of the index.
- Tails of numbers and id cards: the same number reversed.

Text that is searched by its beginning is compared byte by byte (:func:`bytewise`): with a
language's own collation PostgreSQL cannot use an index for a prefix, and sorts unlike SQLite.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from careline.patients.fields import FieldKind
from careline.patients.model import Sex
from careline.storage import BigId, EnumValue, Json, UTCDateTime, metadata


def bytewise(length: int) -> Any:
    """Text of at most ``length`` characters, compared byte by byte on both databases."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


def _of_patient() -> Column[int]:
    return Column("patient", BigId, ForeignKey("patient.id", ondelete="CASCADE"), primary_key=True)


patient_table = Table(
    "patient",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("name", bytewise(64), nullable=False),
    Column("pinyin", bytewise(200), nullable=False),
    Column("typed", bytewise(200), nullable=False, index=True),
    Column("initials", bytewise(64), nullable=False),
    Column("sex", EnumValue(Sex), nullable=False),
    Column("birth_date", Date, index=True),
    Column("id_card", bytewise(18), unique=True),
    Column("id_card_reversed", bytewise(18), index=True),
    Column("address", String(200), nullable=False),
    Column("insurance", bytewise(64), nullable=False, index=True),
    Column("category", bytewise(64), nullable=False, index=True),
    Column("note", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("merged_into", BigId),
    Column("created", UTCDateTime, nullable=False),
    Column("changed", UTCDateTime, nullable=False, index=True),
    Index("ix_patient_name_birth_date", "name", "birth_date"),
    Index("ix_patient_initials_pinyin", "initials", "pinyin"),
    # Nearly none are: an index of all would only lead SQLite's planner astray.
    Index(
        "ix_patient_merged_into",
        "merged_into",
        sqlite_where=text("merged_into IS NOT NULL"),
        postgresql_where=text("merged_into IS NOT NULL"),
    ),
    sqlite_autoincrement=True,  # an id is never given twice: what is late about it hits no stranger
)
phone_table = Table(
    "patient_phone",
    metadata,
    _of_patient(),
    Column("number", bytewise(32), primary_key=True),
    Column("reversed", bytewise(32), nullable=False),
    Column("owner", String(64), nullable=False),
    Column("preferred", Boolean, nullable=False),
    Column("place", Integer, nullable=False),
    Index("ix_patient_phone_number", "number"),
    Index("ix_patient_phone_reversed", "reversed"),
)
number_table = Table(
    "patient_number",
    metadata,
    _of_patient(),
    Column("campus", String(32), primary_key=True),
    Column("number", bytewise(32), nullable=False),
    UniqueConstraint("number", "campus"),
)
tag_table = Table(
    "patient_tag",
    metadata,
    _of_patient(),
    Column("tag", bytewise(32), primary_key=True),
    Column("place", Integer, nullable=False),
    Index("ix_patient_tag_tag", "tag", "patient"),
)
value_table = Table(
    "patient_value",
    metadata,
    _of_patient(),
    Column("field", String(32), primary_key=True),
    Column("value", String(200), nullable=False),
    Column("folded", bytewise(200), nullable=False),
    Index("ix_patient_value_folded", "field", "folded"),
)
name_table = Table(
    "patient_name",
    metadata,
    Column("part", bytewise(64), primary_key=True),
    _of_patient(),
    Index("ix_patient_name_patient", "patient"),
    sqlite_with_rowid=False,  # the table is its own index
)
field_table = Table(
    "patient_field",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("title", String(64), nullable=False),
    Column("kind", EnumValue(FieldKind), nullable=False),
    Column("required", Boolean, nullable=False),
    Column("choices", Json, nullable=False),
    Column("place", Integer, nullable=False),
    Column("active", Boolean, nullable=False),
)
merge_table = Table(
    "patient_merge",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("kept", BigId, nullable=False, index=True),
    Column("gone", BigId, nullable=False, index=True),
    Column("at", UTCDateTime, nullable=False),
    Column("by", String(64), nullable=False),
    Column("undone", UTCDateTime),
    Column("before", Json, nullable=False),
    Column("merged", Json, nullable=False),
    Column("other", Json, nullable=False),
)
pair_table = Table(
    "patient_pair",
    metadata,
    Column("one", BigId, ForeignKey("patient.id", ondelete="CASCADE"), primary_key=True),
    Column("other", BigId, ForeignKey("patient.id", ondelete="CASCADE"), primary_key=True),
    Column("why", String(32), nullable=False),
    Column("different", Boolean, nullable=False),
    Index("ix_patient_pair_other", "other"),
)
search_table = Table(
    "patient_search",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("owner", BigId, nullable=False, index=True),
    Column("name", String(64), nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("criteria", Json, nullable=False),
)
transfer_table = Table(
    "patient_transfer",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),
    Column("node", String(16), nullable=False),
    Column("by", String(64), nullable=False),
    Column("file", String(200), nullable=False),
    Column("started", UTCDateTime, nullable=False),
    Column("finished", UTCDateTime),
    Column("state", String(16), nullable=False),
    Column("options", Json, nullable=False),
    Column("error", Json),
    Column("done", Integer, nullable=False),
    Column("total", Integer),
    Column("added", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("left_out", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
)
reject_table = Table(
    "patient_reject",
    metadata,
    Column(
        "transfer",
        BigId,
        ForeignKey("patient_transfer.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("row", Integer, primary_key=True),
    Column("cells", Json, nullable=False),
    Column("reasons", Json, nullable=False),
)
