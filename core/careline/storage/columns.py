"""The MetaData all tables hang on, and the column types that SQLite and PostgreSQL store alike."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from typing import Any, Generic, TypeVar

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, MetaData, String, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB

E = TypeVar("E", bound=Enum)

#: Names of constraints and indexes are the same on every machine, so that a migration can drop one.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: Primary keys the database counts up itself: 64 bits on PostgreSQL, the rowid on SQLite.
BigId = BigInteger().with_variant(Integer(), "sqlite")


class UTCDateTime(TypeDecorator[datetime]):
    """A moment: aware datetimes in, aware UTC datetimes out; a naive one raises ValueError."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn into UTC; SQLite has no zones and stores the UTC digits."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive datetime says no moment: {value!r}")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the stored moment in UTC, whatever the server's session zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class EnumValue(TypeDecorator[E], Generic[E]):
    """A member of ``members`` stored by its (string) value; an unknown stored value raises."""

    impl = String
    cache_ok = True

    def __init__(self, members: type[E], length: int = 32) -> None:
        super().__init__(length)
        self.length = length
        too_long = [member.value for member in members if len(member.value) > length]
        if too_long:
            raise ValueError(f"{members.__name__}: longer than {length}: {too_long}")
        self.members = members

    def process_bind_param(self, value: E | None, dialect: Dialect) -> str | None:
        """Accept a member (or its value) only, so that a typing error never reaches a table."""
        return None if value is None else str(self.members(value).value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:
        """Give the member."""
        return None if value is None else self.members(value)


class Json(TypeDecorator[Any]):
    """A JSON value; None is SQL NULL. JSONB on PostgreSQL, text on SQLite."""

    impl = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
    cache_ok = True
