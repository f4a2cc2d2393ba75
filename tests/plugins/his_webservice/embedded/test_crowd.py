"""Many at once want few places: nobody gets one that another has, on either database."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from sqlalchemy import select
from tests.plugins.his_webservice.embedded.small import (
    MONDAY,
    NEXT_SLOT,
    NOW,
    SLOT,
    order,
    put_small,
)
from tests.support.databases import put_tables
from twisted.internet.task import Clock as FakeClock

from careline.clinic import Order, Reply, Verdict
from careline.clock import Clock
from careline.storage import AnyRow, Database, Tx, open_database
from careline.tasks import Tasks
from careline_his_webservice.adapters.embedded import visits
from careline_his_webservice.adapters.embedded.tables import slot_table, visit_table

PEOPLE = 90
PLACES = 15
THREADS = 6


@pytest.fixture
def hospital(db_url: str) -> Iterator[Database]:
    """Two slots of 15 places."""
    db = open_database(db_url, clock=Clock(FakeClock()), tasks=Tasks())
    put_tables(db)
    db.run_sync(partial(put_small, capacity=PLACES))
    yield db
    db.engine.dispose()


def asked() -> list[tuple[str, Order]]:
    """Everybody books, each key twice; a third cancel, before or after; the order is shuffled."""
    wanted = []
    for who in range(1, PEOPLE + 1):
        one = order(who, slot=(SLOT, NEXT_SLOT)[who % 2])
        wanted += [("book", one), ("book", one)]
        if who % 3 == 0:
            wanted.append(("cancel", one))
    random.Random(5).shuffle(wanted)
    return wanted


def one_by_one(db: Database, work: tuple[str, Order]) -> tuple[str, str, Reply]:
    what, one = work
    if what == "book":
        reply = db.run_sync(visits.book, one, MONDAY, NOW)
    else:
        reply = db.run_sync(visits.cancel, one, "", "", NOW)
    return what, one.key, reply


def rows(tx: Tx) -> tuple[dict[str, str], list[tuple[str, int, int]], Counter[str]]:
    """Keys that hold a turn, turns by slot, and what the slots say is taken."""
    found: list[AnyRow] = list(tx.all(select(visit_table).where(visit_table.c.turn.is_not(None))))
    held = {row.key: row.number for row in found}
    taken = Counter({row.code: row.taken for row in tx.all(select(slot_table))})
    return held, sorted((row.slot, row.turn, 1) for row in found), taken


def test_no_place_is_given_twice_and_none_is_lost(hospital: Database) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        replies = list(pool.map(partial(one_by_one, hospital), asked()))
    held, turns, taken = hospital.run_sync(rows)
    assert len({(slot, turn) for slot, turn, _ in turns}) == len(turns)
    by_slot = Counter(slot for slot, _, _ in turns)
    assert taken == by_slot
    assert max(by_slot.values()) <= PLACES
    cancelled = {key for what, key, _ in replies if what == "cancel"}
    told = {key: one for what, key, one in replies if one.verdict is Verdict.BOOKED}
    assert held == {key: one.number for key, one in told.items() if key not in cancelled}
    assert not cancelled & set(held)


def test_the_last_places_are_all_given(hospital: Database) -> None:
    """Nobody cancels: every place must be taken, and every other told so."""
    wanted = [("book", order(who)) for who in range(1, PEOPLE + 1)]
    with ThreadPoolExecutor(THREADS) as pool:
        replies = list(pool.map(partial(one_by_one, hospital), wanted))
    verdicts = Counter(one.verdict for _, _, one in replies)
    assert verdicts == {Verdict.BOOKED: PLACES, Verdict.TAKEN: PEOPLE - PLACES}
