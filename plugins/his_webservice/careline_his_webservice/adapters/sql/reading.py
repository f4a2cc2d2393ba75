"""Reads of views in threads: a read-only transaction, a time-out in the database, bound values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import define, field
from sqlalchemy import (
    Connection,
    Date,
    Engine,
    String,
    bindparam,
    column,
    create_engine,
    select,
    table,
    text,
)
from sqlalchemy import exc as sql
from sqlalchemy.engine import make_url
from sqlalchemy.pool import QueuePool

from careline.errors import Invalid, Unavailable
from careline_his_webservice.adapters.mapping.records import CONSTANT, parts_of
from careline_his_webservice.adapters.sql.rules import DATES, InfoView, View, bound_in
from careline_his_webservice.adapters.sql.settings import SqlSettings
from careline_his_webservice.calling.exchanges import BAD_ANSWER
from careline_his_webservice.ground import Ground

#: By dialect; {ms} is the campus's time-out. Each makes every write fail.
BEGIN: Mapping[str, tuple[str, ...]] = {
    "postgresql": ("SET TRANSACTION READ ONLY", "SET LOCAL statement_timeout = {ms}"),
    "mysql": ("SET SESSION max_execution_time = {ms}", "START TRANSACTION READ ONLY"),
    "mariadb": ("SET SESSION max_statement_time = {s}", "START TRANSACTION READ ONLY"),
    "sqlite": ("PRAGMA query_only = ON",),
}
MOST_BYTES = 5 * 1024 * 1024
"""Of all rows of an answer together."""
STREAMED = 20
"""Rows that are taken from the database at once."""
#: Characters of rows that an exchange is written down with.
SHOWN = 8192


@define
class Reading:
    """One campus's views."""

    ground: Ground
    settings: SqlSettings
    _engine: Engine = field(init=False)
    _begin: tuple[str, ...] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._engine = _engine(self.settings, self.ground.timeout_s)
        dialect = self._engine.dialect.name
        self._begin = self.settings.begin or BEGIN.get(dialect, ())
        if not self._begin:
            raise Invalid(
                "his.sql_begin",
                "{dialect} needs begin = [statements that begin a read-only transaction]",
                dialect=dialect,
            )

    async def rows(
        self, name: str, view: View | InfoView, given: Mapping[str, Any], most: int
    ) -> list[Mapping[str, Any]]:
        """At most ``most`` rows of a view, each by column.

        Raises Unavailable: ``his.unreachable`` when the database is away or too slow,
        ``his.mapping`` when it does not know a view or column, ``his.bad_answer`` when the rows are
        too long.
        """
        bound = {one: given.get(one, "") for one in bound_in(view.where)}
        for one in bound.keys() & DATES:
            bound[one] = bound[one] or None
        asked = json.dumps({"view": view.view, **bound}, default=str, ensure_ascii=False)
        with self.ground.exchanges.begin(name, asked) as exchange:
            found: list[Mapping[str, Any]] = await self.ground.in_thread(
                self._read, view, bound, most
            )
            exchange.response = _shown(found)
            return found

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _read(
        self, view: View | InfoView, bound: Mapping[str, Any], most: int
    ) -> list[Mapping[str, Any]]:
        """Blocks; ends by itself through the database's own time-out."""
        statement = _statement(view, most)
        try:
            with self._engine.connect() as connection:
                for one in self._begin:
                    ms = int(self.ground.timeout_s * 1000)
                    connection.execute(text(one.format(ms=ms, s=self.ground.timeout_s)))
                return self._taken(view, connection, statement, bound)
        except (sql.ProgrammingError, sql.NoSuchTableError, sql.CompileError) as error:
            raise self._wrong(view, error) from None
        except sql.SQLAlchemyError as error:
            if _is_about_names(error):
                raise self._wrong(view, error) from None
            raise Unavailable(
                "his.unreachable",
                "{campus}: the system cannot be reached ({why})",
                campus=self.ground.campus,
                why=_why(error),
            ) from None

    def _taken(
        self,
        view: View | InfoView,
        connection: Connection,
        statement: Any,
        bound: Mapping[str, Any],
    ) -> list[Mapping[str, Any]]:
        """The rows, streamed: a view of documents must not fill the memory.

        Rows come from the database one by one, where its driver can, so that no more is held than
        is counted here. The database's own time-out is of each portion, so all together have one.
        """
        clock = self.ground.core.clock
        began = clock.seconds()
        rows: list[Mapping[str, Any]] = []
        size = 0
        with connection.execution_options(yield_per=STREAMED).execute(statement, bound) as found:
            for row in found.mappings():
                size += _size(row)
                if size > MOST_BYTES:
                    raise Unavailable(
                        BAD_ANSWER,
                        "{campus}: the view {view} gives more than {bytes} bytes",
                        campus=self.ground.campus,
                        view=view.view,
                        bytes=MOST_BYTES,
                    )
                if clock.seconds() - began > self.ground.timeout_s:
                    raise Unavailable(
                        "his.unreachable",
                        "{campus}: the system cannot be reached ({why})",
                        campus=self.ground.campus,
                        why=f"{view.view}: {len(rows)} rows in time",
                    )
                rows.append(dict(row))
        return rows

    def _wrong(self, view: View | InfoView, error: Exception) -> Unavailable:
        return Unavailable(
            "his.mapping",
            "{campus}: the rules do not fit the view {view}: {reason}",
            campus=self.ground.campus,
            view=view.view,
            reason=_why(error),
        )


def _engine(settings: SqlSettings, timeout: float) -> Engine:
    url = make_url(settings.url)
    if settings.password is not None:
        url = url.set(password=settings.password.reveal())
    options: dict[str, Any] = {}
    if url.get_backend_name() == "postgresql":
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        wait = max(2, int(timeout))  # libpq's least
        options["connect_args"] = {"connect_timeout": wait, "tcp_user_timeout": wait * 1000}
    try:
        return create_engine(
            url,
            poolclass=QueuePool,
            pool_timeout=timeout,
            pool_pre_ping=True,
            pool_recycle=900,
            hide_parameters=True,
            **options,
        )
    except (ImportError, sql.ArgumentError) as error:
        raise Invalid(
            "his.sql_driver",
            "the driver of {url} is not installed: {reason}",
            url=url.drivername,
            reason=str(error),
        ) from error


def _statement(view: View | InfoView, most: int) -> Any:
    schema, _, name = view.view.rpartition(".")
    columns = view.fields if isinstance(view, View) else view.columns
    named: list[Any] = [column(one) for one in _columns(columns.values())]
    statement = select(*named).select_from(table(name, *named, schema=schema or None))
    if view.where:
        bound = [
            bindparam(one, type_=Date() if one in DATES else String())
            for one in bound_in(view.where)
        ]
        statement = statement.where(text(f"({view.where})").bindparams(*bound))
    if view.order:
        statement = statement.order_by(*(column(one.strip()) for one in view.order.split(",")))
    return statement.limit(most)


def _columns(specs: Iterable[str]) -> list[str]:
    parts = [part for spec in specs if not spec.startswith(CONSTANT) for part in parts_of(spec)]
    return list(dict.fromkeys(parts))


def _is_about_names(error: Exception) -> bool:
    """SQLite tells of missing columns as of anything else."""
    return any(word in str(error) for word in ("no such column", "no such table"))


def _size(row: Mapping[Any, Any]) -> int:
    """About how many bytes a row has; a number or a day has a few."""
    return sum(
        len(one.encode()) if isinstance(one, str) else len(one) if isinstance(one, bytes) else 8
        for one in row.values()
    )


def _why(error: Exception) -> str:
    """The database's own words, first line, without statement and values."""
    own = getattr(error, "orig", None) or error
    return (str(own).strip().splitlines() or [type(own).__name__])[0][:200]


def _shown(rows: Sequence[Mapping[str, Any]]) -> str:
    """The first rows, so that somebody can see what came."""
    shown: list[str] = []
    size = 0
    for row in rows:
        line = json.dumps(dict(row), default=str, ensure_ascii=False)
        size += len(line)
        if size > SHOWN:
            break
        shown.append(line)
    return f"{len(rows)} rows\n" + "\n".join(shown)
