from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from attrs import evolve

from careline.campuses import store
from careline.campuses.calendar import DayEntry, DayKind, OpenState
from careline.campuses.hours import Span, parse_hours
from careline.campuses.model import Campus, Listed, NumberList, Trunk
from careline.campuses.service import Campuses
from careline.clock import Clock
from careline.errors import Invalid, NotFound, Refused
from careline.numbers import NumberRules, parse_phone
from careline.storage import Database
from careline.testing.runner import run_async

EAST = Campus(id="east", title="东院", hours=parse_hours("mon-fri 08:00-17:00"), area_code="010")
LINE = Trunk(
    id="telecom",
    title="电信",
    host="10.0.0.1:5060",
    campus="east",
    channels=60,
    rules=NumberRules(area_code="010", long_distance="0", strip=["17951"]),
)
NOON = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
CALLER = parse_phone("13811112222")


def service(db: Database, db_clock: Clock) -> Campuses:
    return Campuses(db, evolve(db_clock, wall=lambda: NOON))


def test_campuses_trunks_days_come_back_as_they_were_stored(db: Database) -> None:
    day = DayEntry(day=date(2026, 12, 1), kind=DayKind.WORKDAY, spans=(Span(480, 720),))
    db.run_sync(store.put_campus, EAST)
    db.run_sync(store.put_trunk, LINE)
    db.run_sync(store.put_day, day)
    assert db.run_sync(store.list_campuses) == [EAST]
    assert db.run_sync(store.list_trunks) == [LINE]
    assert db.run_sync(store.list_days) == [day]
    renamed = evolve(EAST, title="新东院")
    db.run_sync(store.put_campus, renamed)
    assert db.run_sync(store.get_campus, "east") == renamed
    db.run_sync(store.remove_day, day.day)
    with pytest.raises(Refused):
        db.run_sync(store.remove_campus, "east")
    db.run_sync(store.remove_trunk, "telecom")
    db.run_sync(store.remove_campus, "east")
    assert db.run_sync(store.list_campuses) == []


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        (store.get_campus, ["x"]),
        (store.remove_campus, ["x"]),
        (store.remove_trunk, ["x"]),
        (store.remove_day, [date(2026, 1, 1)]),
        (store.remove_listed, [NumberList.VIP, "+86138"]),
    ],
)
def test_what_is_not_there_is_not_found(
    db: Database, verb: object, arguments: list[object]
) -> None:
    with pytest.raises(NotFound):
        db.run_sync(verb, *arguments)


def test_calls_are_answered_from_memory(db: Database, db_clock: Clock) -> None:
    campuses = service(db, db_clock)
    run_async(campuses.change(store.put_campus, EAST), db_clock)
    run_async(campuses.change(store.put_trunk, LINE), db_clock)
    assert campuses.state_at("east").state is OpenState.OPEN
    assert campuses.state_at("east", NOON + timedelta(hours=8)).state is OpenState.AFTER_HOURS
    assert campuses.trunk("telecom") == LINE
    with pytest.raises(NotFound):
        campuses.campus("west")
    with pytest.raises(NotFound):
        campuses.trunk("west")


def test_listed_numbers_count_until_their_end(db: Database, db_clock: Clock) -> None:
    campuses = service(db, db_clock)
    entry = Listed(list=NumberList.BLOCK, number=CALLER.e164, reason="骚扰", who="8001", since=NOON)
    run_async(campuses.change(store.put_listed, entry), db_clock)
    assert campuses.listed(NumberList.BLOCK, CALLER) == entry
    assert campuses.listed(NumberList.VIP, CALLER) is None
    ended = evolve(entry, until=NOON)
    run_async(campuses.change(store.put_listed, ended), db_clock)
    assert campuses.listed(NumberList.BLOCK, CALLER) is None
    assert db.run_sync(store.list_listed, NumberList.BLOCK) == [ended]
    run_async(campuses.change(store.remove_listed, NumberList.BLOCK, CALLER.e164), db_clock)
    assert db.run_sync(store.list_listed) == []


def test_wrong_data_is_refused_with_all_its_faults(db: Database, db_clock: Clock) -> None:
    campuses = service(db, db_clock)
    wrong = evolve(LINE, rules=NumberRules(area_code="x", prefix="y"))
    with pytest.raises(Invalid) as caught:
        run_async(campuses.change(store.put_trunk, wrong), db_clock)
    assert len(caught.value.problems) == 2
