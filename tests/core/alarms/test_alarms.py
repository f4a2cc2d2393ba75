"""Alarms: raised once, followed, cleared when their source is silent of them, and kept."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock as FakeClock

from careline.alarms import sources, store
from careline.alarms.model import Alarm, Condition, as_text, packed, unpacked
from careline.alarms.service import Alarms
from careline.alarms.watch import Source, Watch
from careline.app.watching import conditions_of
from careline.clock import Clock
from careline.errors import Invalid, NotFound, Unavailable
from careline.hooks.hub import Gathered
from careline.hooks.values import HealthCheck, Level
from careline.i18n import Text
from careline.plugins.model import PluginState, PluginStatus
from careline.setup.doctor import Finding
from careline.storage import Database, Tx
from careline.storage.behind import WriteBehind
from careline.tasks import Tasks
from careline.telephony.ami.link import LinkState
from careline.telephony.switch import Contact

T0 = datetime(2026, 11, 22, 8, tzinfo=UTC)
FULL = Condition(name="disk", level=Level.MAJOR, title=Text("full", {"free": 3}))


class Bench:
    """Alarms over a real database on a fake clock."""

    def __init__(self, db: Database) -> None:
        self.fake = FakeClock()
        self.clock = Clock(self.fake, lambda: T0 + timedelta(seconds=self.fake.seconds()))
        self.tasks = Tasks()
        self.db = db
        self.told = 0
        self.start()

    def start(self) -> None:
        def write(tx: Tx, items: Iterable[Alarm]) -> None:
            for item in items:
                store.put_alarm(tx, "hq", item)

        behind = WriteBehind(self.db, self.clock, self.tasks, write)
        self.alarms = Alarms(self.clock, self.db, "hq", behind)
        self.alarms.listen(self._tell)

    def _tell(self) -> None:
        self.told += 1

    def past(self) -> list[Alarm]:
        return self.db.run_sync(store.past)


@pytest.fixture
def bench(db: Database) -> Bench:
    return Bench(db)


def run(coro: Coroutine[Any, Any, Any]) -> Any:
    out: list[Any] = []
    Deferred.fromCoroutine(coro).addBoth(out.append)
    assert out, "it waits"
    return out[0]


def test_a_condition_that_lasts_is_one_alarm(bench: Bench) -> None:
    bench.alarms.take("disk", [FULL])
    bench.fake.advance(60)
    bench.alarms.take("disk", [FULL])
    [alarm] = bench.alarms.open
    assert (alarm.raised, bench.told) == (T0, 1)


def test_what_its_source_does_not_tell_any_more_is_over_and_kept(bench: Bench) -> None:
    bench.alarms.take("disk", [FULL])
    bench.alarms.take("jobs", [evolve(FULL, name="parked")])
    bench.fake.advance(60)
    bench.alarms.take("disk", [])
    assert [one.name for one in bench.alarms.open] == ["parked"]
    [over] = bench.past()
    assert (over.name, over.cleared, over.title) == ("disk", T0 + timedelta(seconds=60), FULL.title)


def test_a_level_of_ok_is_no_alarm(bench: Bench) -> None:
    bench.alarms.take("health", [evolve(FULL, level=Level.OK)])
    assert not bench.alarms.open
    assert bench.alarms.worst() is Level.OK


def test_one_that_gets_worse_must_be_noticed_again_one_that_gets_better_not(bench: Bench) -> None:
    bench.alarms.take("disk", [FULL])
    bench.alarms.acknowledge(bench.alarms.open[0].id, "leader")
    assert not bench.alarms.unseen
    bench.alarms.take("disk", [evolve(FULL, level=Level.MINOR)])
    assert not bench.alarms.unseen
    bench.alarms.take("disk", [evolve(FULL, level=Level.CRITICAL)])
    assert [one.acked_by for one in bench.alarms.unseen] == [""]


def test_the_worst_stands_first_then_the_oldest(bench: Bench) -> None:
    bench.alarms.take("a", [evolve(FULL, level=Level.MINOR)])
    bench.fake.advance(1)
    bench.alarms.take("b", [evolve(FULL, level=Level.CRITICAL)])
    bench.fake.advance(1)
    bench.alarms.take("c", [evolve(FULL, level=Level.CRITICAL)])
    assert [one.source for one in bench.alarms.open] == ["b", "c", "a"]
    assert bench.alarms.worst() is Level.CRITICAL


def test_an_alarm_that_is_over_cannot_be_acknowledged(bench: Bench) -> None:
    bench.alarms.take("disk", [FULL])
    alarm = bench.alarms.open[0]
    first = bench.alarms.acknowledge(alarm.id, "leader")
    assert bench.alarms.acknowledge(alarm.id, "other") == first
    bench.alarms.take("disk", [])
    with pytest.raises(NotFound):
        bench.alarms.acknowledge(alarm.id, "leader")
    assert bench.past()[0].acked_by == "leader"


def test_a_new_core_knows_what_was_open_and_its_sources_end_it(bench: Bench) -> None:
    bench.alarms.take("disk", [FULL])
    bench.alarms.take("gone_plugin", [FULL])
    was = bench.alarms.open
    bench.start()
    run(bench.alarms.load())
    assert [one.id for one in bench.alarms.open] == [one.id for one in was]
    Watch(bench.clock, bench.tasks, bench.alarms, [_source("disk", [FULL])]).start()
    assert [one.source for one in bench.alarms.open] == ["disk"]
    run(bench.tasks.stop())


def _source(name: str, *rounds: object) -> Source:
    """Tells one round's conditions each time, or raises it; the last one for ever."""
    left = list(rounds)

    async def look() -> Any:
        now = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(now, Exception):
            raise now
        return now

    return Source(name=name, every_s=10, look=look)


def test_a_source_that_cannot_be_seen_changes_nothing_and_hides_no_other(bench: Bench) -> None:
    away = Unavailable("db.away", "away")
    watched = [
        _source("jobs", [FULL], away, OSError("x"), KeyError("x"), []),
        _source("disk", [], [FULL]),
    ]
    Watch(bench.clock, bench.tasks, bench.alarms, watched).start()
    bench.fake.advance(0)
    assert [one.source for one in bench.alarms.open] == ["jobs"]
    bench.fake.advance(10)
    assert {one.source for one in bench.alarms.open} == {"jobs", "disk"}
    for _ in range(2):
        bench.fake.advance(10)
        assert {one.source for one in bench.alarms.open} == {"jobs", "disk"}
    bench.fake.advance(10)
    assert {one.source for one in bench.alarms.open} == {"disk"}
    run(bench.tasks.stop())


def test_a_source_that_hangs_is_given_up_and_asked_again(bench: Bench) -> None:
    looks: list[float] = []

    async def look() -> Any:
        looks.append(bench.fake.seconds())
        await Deferred()

    Watch(bench.clock, bench.tasks, bench.alarms, [Source(name="x", every_s=1, look=look)]).start()
    for _ in range(62):
        bench.fake.advance(1)
    assert looks == [1, 62]
    run(bench.tasks.stop())


def test_texts_are_translated_when_they_are_read_not_when_they_were_stored() -> None:
    text = Text("{queue}: {plugin}", {"queue": "预约", "plugin": Text("ready"), "n": 3})
    assert unpacked(packed(text)) == text
    assert unpacked(packed(text)).to("zh") != unpacked(packed(text)).to("en")


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        (Invalid("x", "{a} is {b}", a="1", b="{c}"), "1 is {c}"),
        (["a", "{b}"], "a, {b}"),
        (None, ""),
        ("{not} a field", "{not} a field"),
    ],
)
def test_whatever_was_found_is_shown_as_it_is(found: object, shown: str) -> None:
    assert str(unpacked(packed(as_text(found)))) == shown


def test_what_the_doctor_finds_red_is_an_alarm_unless_another_source_sees_it() -> None:
    findings = [
        Finding(Text("flows"), False, ["a {b}"], Text("publish")),
        Finding(Text("disk"), False, "0.1 GB"),
        Finding(Text("Python"), True, "3.11"),
        Finding(Text("agents signed in"), None, "none"),
    ]
    [one] = conditions_of(findings)
    assert (str(one.title), str(one.detail), str(one.remedy)) == ("flows", "a {b}", "publish")


def levels(found: Iterable[Condition]) -> list[Level]:
    return [one.level for one in found]


def test_the_link() -> None:
    assert levels(sources.link(LinkState.UP, 99)) == []
    assert levels(sources.link(LinkState.DOWN, 9.9)) == []
    assert levels(sources.link(LinkState.CONNECTING, 10)) == [Level.CRITICAL]
    assert levels(sources.link(LinkState.BOOTING, 0)) == [Level.MAJOR]
    assert levels(sources.link(LinkState.REFUSED, 0)) == [Level.CRITICAL]


def test_the_dialplan() -> None:
    assert levels(sources.dialplan(True)) == []
    assert levels(sources.dialplan(False)) == [Level.MAJOR]


def test_the_database() -> None:
    assert levels(sources.database(0.01, 999)) == []
    assert levels(sources.database(1.0, 0)) == [Level.MINOR]
    assert levels(sources.database(5.0, 0)) == [Level.MAJOR]
    assert levels(sources.database(None, 1000, "gone")) == [Level.CRITICAL, Level.MAJOR]


def test_the_disk() -> None:
    assert levels(sources.disk(5_000_000_000)) == []
    assert levels(sources.disk(4_999_999_999)) == [Level.MAJOR]
    assert levels(sources.disk(999_999_999)) == [Level.CRITICAL]


def test_trunks() -> None:
    contacts = [Contact(aor="a", uri="", status="Reachable"), Contact(aor="b", uri="", status="No")]
    found = list(sources.trunks({"a": "A", "b": "B", "c": ""}, contacts))
    assert [one.name for one in found] == ["b", "c"]
    assert "c" in str(found[1].title)


@pytest.mark.parametrize(
    ("waits", "signed_in", "ready", "busy", "level"),
    [
        (14, 0, 0, 0, None),
        (15, 0, 0, 0, Level.CRITICAL),
        (15, 2, 0, 0, Level.MAJOR),
        (15, 2, 1, 0, None),
        (59, 2, 0, 1, None),
        (60, 2, 0, 1, Level.MINOR),
    ],
)
def test_the_floor(waits: int, signed_in: int, ready: int, busy: int, level: Level | None) -> None:
    since = T0 - timedelta(seconds=waits)
    queue = sources.QueueNow("预约", since, signed_in, ready, busy, 20)
    nobody = sources.QueueNow("空", None, 0, 0, 0, 20)
    expected = [] if level is None else [level]
    assert levels(sources.floor({"booking": queue, "empty": nobody}, T0)) == expected


def test_jobs_plugins_health_backup() -> None:
    assert levels(sources.jobs(0)) == []
    assert levels(sources.jobs(1)) == [Level.MINOR]
    assert levels(sources.jobs(20)) == [Level.MAJOR]
    status = PluginStatus(
        name="sms", title="SMS", version="1", enabled=True, state=PluginState.RUNNING
    )
    failed = evolve(status, state=PluginState.FAILED, error="no {route}")
    assert levels(sources.plugins([status, evolve(failed, enabled=False)])) == []
    assert levels(sources.plugins([failed])) == [Level.MAJOR]
    off = evolve(status, hooks_off=("health", "call_ended"))
    assert [one.name for one in sources.plugins([off])] == ["sms.health", "sms.call_ended"]
    check = HealthCheck(name="gateway", title="Gateway", level=Level.CRITICAL)
    told = Gathered({"sms": [check, evolve(check, level=Level.OK)]}, {"his": "late"})
    assert levels(sources.health(told)) == [Level.CRITICAL, Level.OK, Level.MINOR]
    assert levels(sources.backup(None, T0)) == [Level.NOTICE]
    assert levels(sources.backup(T0 - timedelta(days=2), T0)) == []
    assert levels(sources.backup(T0 - timedelta(days=2, seconds=1), T0)) == [Level.MINOR]
