"""The database is away while people call: calls go on, and nothing is lost afterwards.

The full form: CARELINE_AWAY_S=30.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from tests.integration.support.records import all_records
from tests.integration.support.site import Site
from twisted.internet.defer import TimeoutError

from careline.calls.model import Outcome
from careline.config import load
from careline.demo.phone import PATIENCE_S, Answer, Call, CallState, Phone
from careline.storage.migrate import Migrations
from careline.testing.hospital import put_setting
from careline.testing.stage import until

pytestmark = pytest.mark.integration

AWAY_S = float(os.environ.get("CARELINE_AWAY_S", "5"))


class SqliteAway:
    """Another process's long transaction: the file is locked for everybody else."""

    def __init__(self, site: Site) -> None:
        self.connection = sqlite3.connect(site.settings.home.root / "careline.db")
        self.connection.isolation_level = None

    def begin(self) -> None:
        self.connection.execute("BEGIN EXCLUSIVE")

    def end(self) -> None:
        self.connection.execute("ROLLBACK")
        self.connection.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request, spin, asterisk_tree, spoken_prompts, tmp_path) -> Iterator[Site]:
    made = Site(spin.reactor, asterisk_tree, tmp_path / "home", spoken_prompts)
    made.away = lambda: SqliteAway(made)
    if request.param == "postgresql":
        cluster = request.getfixturevalue("postgres")
        _use(made, cluster.fresh())
        made.away = lambda: PostgresqlAway(cluster)
    try:
        spin(made.open())
        yield made
    finally:
        spin(made.close())


class PostgresqlAway:
    """The server is stopped."""

    def __init__(self, cluster) -> None:
        self.begin: Callable[[], None] = cluster.stop
        self.end: Callable[[], None] = cluster.start


def _use(site: Site, url: str) -> None:
    config = site.settings.home.config
    text = put_setting(config.read_text(encoding="utf-8"), "database.url", f'"{url}"')
    config.write_text(text, encoding="utf-8")
    site.settings = site.core.settings = load(config, {})
    migrations = Migrations(site.settings.database_url)
    migrations.upgrade()
    migrations.close()


def test_calls_go_on_without_the_database(spin, site) -> None:
    """In the IVR, in the queue, in talk, and new ones; all of it is stored afterwards."""

    async def play() -> None:
        desk = await site.ready("8001", Answer(0.3))
        talking = await site.dial(site.caller("13800000001"))
        agent = await _put_through(talking, desk)
        waiting = await site.dial(site.caller("13800000002"))
        await _in_queue(site, waiting, "13800000002")
        listening = await site.dial(site.caller("13800000003"))
        away = site.away()
        away.begin()
        began = site.clock.seconds()
        try:
            new = await site.dial(site.caller("13800000004"))
            print(f"answered without database after {site.clock.seconds() - began:.2f} s")
            await agent.hang_up()
            await talking.ended()
            assert await _put_through(waiting, desk, press=False)
            await listening.send_digits("0")
            await _in_queue(site, listening, "13800000003")
            await site.clock.sleep(max(0.0, began + AWAY_S - site.clock.seconds()))
            assert [call.state for call in (waiting, listening, new)] == [CallState.UP] * 3
        finally:
            away.end()
        for call in (new, listening, waiting):
            await call.hang_up()
        await until(site.clock, lambda: _closed(site, 4), PATIENCE_S, "four closed records")

    spin(play(), timeout=300 + AWAY_S)
    outcomes = {n: [r.outcome for r in found] for n, found in all_records(site.db).items()}
    assert outcomes == {
        "13800000001": [Outcome.ANSWERED],
        "13800000002": [Outcome.ANSWERED],
        "13800000003": [Outcome.ABANDONED],
        "13800000004": [Outcome.SELF_SERVICE],
    }


async def _put_through(caller: Call, desk: Phone, *, press: bool = True) -> Call:
    """Wait until the agent talks; press 0 until then."""
    for _ in range(20):
        if press:
            await caller.send_digits("0")
        with suppress(TimeoutError):
            await caller.ended(3)
            raise AssertionError("the call was cut")
        up = [call for call in desk.calls if call.state is CallState.UP]
        if up and await up[0].hears(440):
            return up[0]
    raise AssertionError("no agent")


async def _in_queue(site: Site, caller: Call, number: str) -> None:
    """Press 0 until the caller waits."""
    for _ in range(20):
        with suppress(TimeoutError):
            await caller.ended(2)
            raise AssertionError("the call was cut")
        if any(
            message.name == "QueueCallerJoin" and message.get("CallerIDNum") == number
            for _, message in site.seen
        ):
            return
        await caller.send_digits("0")
    raise AssertionError("not in a queue")


def _closed(site: Site, count: int) -> bool:
    records = [one for found in all_records(site.db).values() for one in found]
    return len(records) == count and all(r.ended and not r.wrapping_up for r in records)
