"""Rows kept in a file before tables change."""

from __future__ import annotations

import gzip
import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    select,
    text,
)

from careline.errors import Unavailable
from careline.storage.engine import build_engine
from careline.storage.rows import columns_of, filled, keep_rows
from careline.storage.rows_back import put_back


def test_every_row_is_kept_and_what_is_filled_is_counted(core_url: str, tmp_path: Path) -> None:
    engine = build_engine(core_url or f"sqlite:///{tmp_path}/x.db")
    with engine.begin() as connection:
        connection.execute(text("create table sms_note (id integer, words text, at timestamp)"))
        connection.execute(text("create table sms_none (id integer)"))
        connection.execute(text("insert into sms_note values (1, '您好', '2026-11-22 08:00:00')"))
        connection.execute(text("insert into sms_note values (2, null, null)"))
    columns = columns_of(engine, ["sms_note", "sms_none", "sms_away"])
    assert columns == {"sms_none": ["id"], "sms_note": ["id", "words", "at"]}
    file = tmp_path / "rows.jsonl.gz"
    assert keep_rows(engine, columns, file) == 2
    lines = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    assert [line["table"] for line in lines] == ["sms_note", "sms_note"]
    rows = sorted((line["row"] for line in lines), key=lambda row: row["id"])
    assert rows[0] == {"id": 1, "words": "您好", "at": "2026-11-22 08:00:00"}
    assert rows[1] == {"id": 2, "words": None, "at": None}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (filled(engine, "sms_note"), filled(engine, "sms_note", "words")) == (2, 1)
    engine.dispose()


def test_a_table_that_went_gets_its_rows_with_all_their_types(
    core_url: str, tmp_path: Path
) -> None:
    engine = build_engine(core_url or f"sqlite:///{tmp_path}/x.db")
    known = MetaData()
    table = Table(
        "sms_kept",
        known,
        Column("id", Integer, primary_key=True),
        Column("at", DateTime(timezone=True)),
        Column("day", Date),
        Column("said", JSON(none_as_null=True)),
        Column("voice", LargeBinary),
        Column("well", Boolean),
    )
    known.create_all(engine)
    day = datetime(2026, 11, 22, 8, tzinfo=UTC)
    full = {"at": day, "day": day.date(), "said": {"a": 1}, "voice": b"\x00\xff", "well": True}
    with engine.begin() as connection:
        connection.execute(table.insert(), [full, dict.fromkeys(full)])
        before = connection.execute(select(table)).all()
    columns = columns_of(engine, ["sms_kept"])
    file = tmp_path / "rows.jsonl.gz"
    keep_rows(engine, columns, file)
    known.drop_all(engine)
    known.create_all(engine)
    assert put_back(engine, file, columns) == 2
    with engine.begin() as connection:
        assert connection.execute(select(table)).all() == before
        assert connection.execute(table.insert().values(well=False)).inserted_primary_key == (3,)
    assert put_back(engine, file, columns) == 2, "once more: nothing is double"
    known.drop_all(engine)
    engine.dispose()


def test_a_database_that_is_away_is_said(tmp_path: Path) -> None:
    engine = build_engine("postgresql+psycopg://careline@127.0.0.1:1/x")
    with pytest.raises(Unavailable):
        keep_rows(engine, {"sms_note": ["id"]}, tmp_path / "rows")
