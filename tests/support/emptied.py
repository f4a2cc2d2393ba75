"""PostgreSQL databases that are used again: to make all tables anew takes longer than most tests.

A database that is given back has nobody connected, no rows, and sequences at their begin. One whose
tables a test has changed is dropped instead.
"""

from __future__ import annotations

import psycopg
from attrs import define, field

from careline.testing.postgres import Cluster

#: Whatever a test may have changed of tables, columns, indexes, constraints and triggers.
SHAPE = """
SELECT md5(string_agg(line, E'\\n' ORDER BY line)) FROM (
    SELECT format('%s %s %s %s %s', attrelid, attname, atttypid, attnotnull, attisdropped) AS line
      FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid
     WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT format('%s %s', oid, relname)
      FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT pg_get_constraintdef(oid)
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT tgname FROM pg_trigger
    UNION ALL SELECT nspname FROM pg_namespace
    UNION ALL SELECT extname FROM pg_extension) AS lines
"""
ALONE = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
TABLES = "SELECT format('%I', tablename) FROM pg_tables WHERE schemaname = 'public'"
REWIND = """
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
  FROM pg_sequences WHERE last_value IS NOT NULL
"""


@define
class Emptied:
    """Lends databases of ``cluster``; those of the same tables are lent again."""

    cluster: Cluster
    _free: dict[frozenset[str], list[str]] = field(factory=dict)
    _kinds: dict[str, frozenset[str]] = field(factory=dict)
    _shapes: dict[str, str] = field(factory=dict)

    def take(self, kind: frozenset[str]) -> str:
        """The URL of a database with the tables ``kind`` and no rows, or of a new one."""
        free = self._free.setdefault(kind, [])
        url = free.pop() if free else self.cluster.fresh()
        self._kinds[url] = kind
        return url

    def is_new(self, url: str) -> bool:
        """True when it has no tables yet."""
        return url not in self._shapes

    def note(self, url: str) -> None:
        """Its tables are complete."""
        if self.is_new(url):
            with psycopg.connect(url) as connection:
                self._shapes[url] = _shape(connection)

    def give_back(self, url: str) -> None:
        """Nobody uses it any more."""
        if self._empty(url):
            self._free[self._kinds[url]].append(url)
        else:
            self.cluster.drop(url)

    def _empty(self, url: str) -> bool:
        """Take its rows away; False when its tables are not what they were."""
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(ALONE)
            if _shape(connection) != self._shapes[url]:
                return False
            tables = [name for (name,) in connection.execute(TABLES)]
            filled = _filled(connection, tables)
            if filled:
                connection.execute(f"TRUNCATE {', '.join(filled)} CASCADE")
            connection.execute(REWIND)
        return True


def _shape(connection: psycopg.Connection) -> str:
    row = connection.execute(SHAPE).fetchone()
    assert row is not None
    return str(row[0])


def _filled(connection: psycopg.Connection, tables: list[str]) -> list[str]:
    """Those of ``tables`` that have rows."""
    # S608: names come from the catalogue, quoted by it
    asked = " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})"  # noqa: S608
        for name in tables
    )
    return [name for (name,) in connection.execute(asked)] if tables else []
