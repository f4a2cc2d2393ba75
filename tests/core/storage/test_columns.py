"""What goes into a column comes out the same, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError
from tests.core.storage import tables
from tests.core.storage.tables import Colour, t

from careline.storage import Database, EnumValue

SHANGHAI = timezone(timedelta(hours=8))


@pytest.fixture
def things(db: Database) -> Database:
    db.run_sync(tables.create)
    return db


def test_moments_come_out_in_utc_whatever_zone_they_had(things: Database) -> None:
    at = datetime(2026, 11, 22, 7, 30, 0, 123456, tzinfo=SHANGHAI)
    things.run_sync(tables.add, "a", at=at)
    thing = things.run_sync(tables.get, "a")
    assert thing is not None
    assert thing.at == at
    assert thing.at.tzinfo is UTC
    assert thing.at.hour == 23


def test_moments_compare_as_moments_across_zones(things: Database) -> None:
    base = datetime(2026, 11, 22, 0, 0, tzinfo=UTC)
    for name, at in [("late", base + timedelta(hours=1)), ("early", base - timedelta(hours=1))]:
        things.run_sync(tables.add, name, at=at)
    local = base.astimezone(SHANGHAI)
    found = things.run_sync(lambda tx: tx.scalars(select(t.name).where(t.at < local)))
    assert found == ["early"]


def test_a_naive_moment_is_refused(things: Database) -> None:
    naive = datetime(2026, 11, 22, 8, 0)  # noqa: DTZ001 - the very thing that is refused
    with pytest.raises(StatementError, match="naive"):
        things.run_sync(tables.add, "a", at=naive)


def test_enums_are_stored_by_value(things: Database) -> None:
    things.run_sync(tables.add, "a", colour=Colour.BLUE)
    stored = things.run_sync(lambda tx: tx.scalar(text("SELECT colour FROM thing")))
    thing = things.run_sync(tables.get, "a")
    assert stored == "blue"
    assert thing is not None
    assert thing.colour is Colour.BLUE


def test_an_enum_that_is_none_of_the_members_is_refused_both_ways(things: Database) -> None:
    with pytest.raises(StatementError, match="green"):
        things.run_sync(tables.add, "a", colour="green")
    things.run_sync(tables.add, "b")
    things.run_sync(lambda tx: tx.execute(text("UPDATE thing SET colour='green'")) and None)
    with pytest.raises(ValueError, match="green"):
        things.run_sync(tables.get, "b")


def test_an_enum_value_longer_than_its_column_is_seen_at_once() -> None:
    with pytest.raises(ValueError, match="longer than 3"):
        EnumValue(Colour, length=3)


@pytest.mark.parametrize(
    "value", [{"姓名": "单雄信", "n": 1.5}, [1, "two", None], "text", 0, False, None]
)
def test_json_keeps_its_value(things: Database, value: Any) -> None:
    things.run_sync(tables.add, "a", extra=value)
    thing = things.run_sync(tables.get, "a")
    assert thing is not None
    assert thing.extra == value
    assert type(thing.extra) is type(value)


def test_json_none_is_null_not_the_text_null(things: Database) -> None:
    things.run_sync(tables.add, "a", extra=None)
    assert things.run_sync(lambda tx: tx.scalar(select(t.name).where(t.extra.is_(None)))) == "a"


def test_json_is_stored_as_readable_text(things: Database) -> None:
    things.run_sync(tables.add, "a", extra={"姓名": "李"})
    stored = things.run_sync(lambda tx: tx.scalar(text("SELECT CAST(extra AS text) FROM thing")))
    assert stored.replace(": ", ":") == '{"姓名":"李"}'
