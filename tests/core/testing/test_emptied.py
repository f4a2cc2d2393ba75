"""PostgreSQL databases that tests use one after the other are as good as new."""

from __future__ import annotations

import psycopg
import pytest
from tests.support.emptied import Emptied

from careline.testing.postgres import Cluster

pytestmark = pytest.mark.integration

KIND = frozenset({"floor", "room"})
TABLES = """
CREATE TABLE floor (id serial PRIMARY KEY);
CREATE TABLE room (id serial PRIMARY KEY, floor int REFERENCES floor);
"""


def lent(rooms: Emptied) -> str:
    url = rooms.take(KIND)
    if rooms.is_new(url):
        do(url, TABLES)
    rooms.note(url)
    return url


def do(url: str, sql: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(sql)


@pytest.fixture
def rooms(postgres: Cluster) -> Emptied:
    return Emptied(postgres)


def test_the_next_test_finds_no_rows_no_counts_and_nobody(rooms: Emptied) -> None:
    url = lent(rooms)
    do(url, "INSERT INTO floor DEFAULT VALUES; INSERT INTO room (floor) VALUES (1)")
    do(url, "DELETE FROM room")
    with psycopg.connect(url) as forgotten:
        forgotten.execute("LOCK TABLE floor")
        rooms.give_back(url)
        with pytest.raises(psycopg.OperationalError):
            forgotten.execute("SELECT")
    assert lent(rooms) == url
    with psycopg.connect(url) as connection:
        for ask in ("SELECT count(*) FROM floor", "SELECT count(*) FROM room"):
            assert connection.execute(ask).fetchone() == (0,)
        for put in ("INSERT INTO floor", "INSERT INTO room"):
            assert connection.execute(f"{put} DEFAULT VALUES RETURNING id").fetchone() == (1,)
    rooms.give_back(url)
    rooms.cluster.drop(url)


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE room ADD COLUMN door int",
        "ALTER TABLE room DROP COLUMN floor",
        "ALTER TABLE room ALTER COLUMN floor TYPE bigint",
        "ALTER TABLE room ADD CHECK (floor > 0)",
        "DROP TABLE room",
        "CREATE INDEX by_floor ON room (floor)",
    ],
)
def test_one_whose_tables_are_not_what_they_were_is_not_lent_again(
    rooms: Emptied, sql: str
) -> None:
    url = lent(rooms)
    do(url, sql)
    rooms.give_back(url)
    other = lent(rooms)
    assert other != url
    rooms.give_back(other)
    rooms.cluster.drop(other)
