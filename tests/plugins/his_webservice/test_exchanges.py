"""Exchanges: written down with how they ended, masked, found again, and gone after some days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve
from tests.plugins.his_webservice.house import BEGAN, House, never
from twisted.internet.defer import CancelledError

from careline.clock import TimeoutError
from careline.errors import Invalid, Refused, Unavailable
from careline.storage import Database
from careline.testing import run_async
from careline_his_webservice import store
from careline_his_webservice.calling import exchanges as exchanges_module
from careline_his_webservice.calling.model import Kept, Outcome, Wanted
from careline_his_webservice.calling.thinning import KIND, Thinning

ONE = Kept(
    at=BEGAN,
    campus="main",
    what="book",
    outcome=Outcome.DONE,
    took_ms=12,
    request="?",
    response="!",
)


@pytest.fixture
def house() -> Iterator[House]:
    made = House()
    yield made
    made.end()


def kept(house: House, **wanted: Any) -> tuple[Kept, ...]:
    return house.db.run_sync(store.search, Wanted(**wanted))


def test_what_was_said_is_kept_masked_with_the_time_it_took(house: House) -> None:
    said = house.plugin.exchanges.of("main")
    with said.begin("book", "<PatName>王小明</PatName>") as exchange:
        house.fake.advance(0.25)
        exchange.response = b"<Tel>13811112222</Tel>"
    (one,) = kept(house)
    assert (one.campus, one.what, one.outcome, one.took_ms) == ("main", "book", Outcome.DONE, 250)
    assert one.request == "<PatName>王**</PatName>"
    assert one.response == "<Tel>138****2222</Tel>"
    assert one.at == BEGAN + timedelta(seconds=0.25)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Refused("his.refused", "no"), Outcome.REFUSED),
        (Unavailable("his.unreachable", "away"), Outcome.UNREACHABLE),
        (Unavailable("his.bad_answer", "nonsense"), Outcome.WRONG),
        (TimeoutError(), Outcome.LATE),
        (CancelledError(), Outcome.LATE),
        (KeyError("王小明"), Outcome.WRONG),
    ],
    ids=["refused", "away", "nonsense", "time-out", "cancelled", "bug"],
)
def test_what_failed_is_kept_with_how_it_ended_and_goes_on(
    house: House, error: Exception, outcome: Outcome
) -> None:
    with pytest.raises(type(error)), house.plugin.exchanges.of("main").begin("state", "?"):
        raise error
    (one,) = kept(house)
    assert one.outcome is outcome
    assert "王" not in one.response


def test_a_refusal_inside_a_good_answer_is_told_by_the_adapter(house: House) -> None:
    with house.plugin.exchanges.of("main").begin("book", "?") as exchange:
        exchange.outcome = Outcome.REFUSED
    assert [one.outcome for one in kept(house)] == [Outcome.REFUSED]


def test_fifty_megabytes_are_cut_before_they_are_read(house: House) -> None:
    house.plugin.exchanges.of("main").note("x", "?", b"<a>" * (50 * 2**20 // 3), 1)
    (one,) = kept(house)
    assert len(one.response) == 4096


def test_while_the_database_is_away_memory_has_a_bound(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchanges_module, "MOST_WAITING", 3)
    monkeypatch.setattr(house.db, "run", lambda *_: never())
    for at in range(10):
        house.plugin.exchanges.of("main").note(f"x{at}", "", "", 1)
    assert house.plugin.exchanges.left_out == 7


def test_they_are_found_by_campus_question_outcome_and_time(db: Database) -> None:
    hour = timedelta(hours=1)
    rows = [
        ONE,
        evolve(ONE, campus="east", at=BEGAN + hour),
        evolve(ONE, what="state", at=BEGAN + 2 * hour),
        evolve(ONE, outcome=Outcome.LATE, at=BEGAN + 3 * hour),
    ]
    db.run_sync(store.add_exchanges, rows)

    def found(**wanted: Any) -> list[int]:
        return [one.id for one in db.run_sync(store.search, Wanted(**wanted))]

    assert found() == [4, 3, 2, 1]
    assert found(campus="east") == [2]
    assert found(what="state") == [3]
    assert found(outcome=Outcome.LATE) == [4]
    assert found(since=BEGAN + hour, until=BEGAN + 3 * hour) == [3, 2]
    assert found(before=3) == [2, 1]
    assert db.run_sync(store.whats) == ("book", "state")
    assert db.run_sync(store.load, 2) == evolve(rows[1], id=2)
    assert db.run_sync(store.load, 99) is None


def test_old_ones_go_however_many_there_are(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "SWEEP", 2)
    old = [evolve(ONE, at=BEGAN - timedelta(days=7, seconds=at + 1)) for at in range(5)]
    young = evolve(ONE, at=BEGAN - timedelta(days=7), what="young")
    house.db.run_sync(store.add_exchanges, [*old, young])
    thinning = Thinning(house.plugin.core, 7)
    (handler,), (schedule,) = thinning.job_handlers(), thinning.schedules()
    assert handler.kind == schedule.kind == KIND
    run_async(handler.do({}, None), house.fake)
    assert [one.what for one in kept(house)] == ["young"]


def test_the_plugin_brings_the_job_and_stores_the_last_ones_when_it_stops(house: House) -> None:
    assert KIND in [one.kind for one in house.hub.job_handlers()]
    assert KIND in [one.kind for one in house.hub.schedules()]
    house.plugin.exchanges.of("main").note("last", "", "", 1)
    house.ask(house.plugin.stop())
    assert [one.what for one in kept(house)] == ["last"]


def test_what_is_wrong_with_a_table_is_no_exchange() -> None:
    assert exchanges_module.outcome_of(Invalid("his.mapping", "wrong")) is Outcome.WRONG
