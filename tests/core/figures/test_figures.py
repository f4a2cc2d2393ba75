"""Figures: what each kind of call adds, and that counting as it happens equals counting anew."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from tests.core.calls.support import (
    CALL,
    T0,
    at,
    bridged,
    caller_up,
    connected,
    dequeued,
    gone,
    outside_up,
    phone_up,
    queued,
    rang,
    unbridged,
)
from twisted.internet.task import Clock as FakeClock

from careline.agents import store as agents_store
from careline.agents.model import Agent, Reason, Skill, State
from careline.agents.service import Agents
from careline.calls import facts as f
from careline.calls.fold import apply, begin
from careline.calls.model import CallRecord
from careline.calls.service import Calls
from careline.calls.staffing import Staffing
from careline.calls.writer import CallWriter
from careline.campuses.model import Campus
from careline.campuses.service import Campuses
from careline.campuses.store import put_campus
from careline.clock import Clock
from careline.figures import store
from careline.figures.days import by_day
from careline.figures.model import NOTHING, Key, Kind, Tally, parts
from careline.figures.service import Figures
from careline.figures.times import Spell, times_of
from careline.queues.model import Queue
from careline.storage import Database
from careline.storage.behind import WriteBehind
from careline.tasks import Tasks

SHANGHAI = ZoneInfo("Asia/Shanghai")
BOOKING = Queue(id="booking", title="预约", service_level_s=20, abandon_s=5, wrap_up_s=30)
SERVICE = Queue(id="service", title="服务", service_level_s=10, abandon_s=0, wrap_up_s=0)
QUEUES = {one.id: one for one in (BOOKING, SERVICE)}
IDENTIFIED = f.Identified(at=at(0), channel=CALL, campus="main")
BOOKING_KEY, CAMPUS_KEY = Key(Kind.QUEUE, "booking"), Key(Kind.CAMPUS, "main")


def told(*facts: f.Fact) -> CallRecord:
    first, *others = facts
    assert isinstance(first, f.ChannelUp)
    call = begin(first)
    for fact in others:
        call = apply(call, fact)
    return call


def answered_after(wait: float) -> CallRecord:
    """Waits, rings two seconds, talks ten, wraps up four."""
    begin, end = 1 + wait, 11 + wait
    return told(
        caller_up(),
        IDENTIFIED,
        queued("booking", 1),
        phone_up("a", begin - 2),
        rang("a", begin - 2),
        f.RingEnded(at=at(begin), channel="a", result="answered"),
        connected("a", begin),
        bridged("a", begin),
        bridged(CALL, begin),
        gone("a", end),
        gone(CALL, end),
        f.WrapUpStarted(at=at(end), channel="", agent="8001"),
        f.WrapUpEnded(at=at(end + 4), channel="", agent="8001"),
    )


def test_an_answered_call_adds_to_queue_campus_and_agent() -> None:
    found = parts(answered_after(15), QUEUES)
    work = Tally(taken=1, ring_ms=2000, talk_ms=10_000, wrap_ms=4000)
    fate = Tally(offered=1, answered=1, in_target=1, wait_ms=15_000)
    assert found == {
        BOOKING_KEY: fate + work,
        CAMPUS_KEY: fate + work + Tally(incoming=1),
        Key(Kind.AGENT, "8001"): work,
    }


@pytest.mark.parametrize(("wait", "in_target"), [(20, 1), (20.001, 0)])
def test_the_target_is_met_to_the_millisecond(wait: float, in_target: int) -> None:
    assert parts(answered_after(wait), QUEUES)[BOOKING_KEY].in_target == in_target


@pytest.mark.parametrize(("wait", "counted"), [(4.9, 0), (5, 1)])
def test_who_hangs_up_at_once_is_not_abandoned(wait: float, counted: int) -> None:
    call = told(caller_up(), IDENTIFIED, queued("booking", 1), gone(CALL, 1 + wait))
    tally = parts(call, QUEUES)[BOOKING_KEY]
    assert (tally.abandoned, tally.short, tally.counted) == (counted, 1 - counted, counted)
    assert tally.offered == 1


def test_a_caller_in_two_queues_is_one_for_the_campus() -> None:
    call = told(
        caller_up(),
        IDENTIFIED,
        queued("booking", 1),
        dequeued("booking", 31),
        dequeued("booking", 31, "timeout"),
        queued("service", 32),
        gone(CALL, 45),
    )
    found = parts(call, QUEUES)
    assert (found[BOOKING_KEY].diverted, found[BOOKING_KEY].abandoned) == (1, 0)
    assert found[Key(Kind.QUEUE, "service")].abandoned == 1
    campus = found[CAMPUS_KEY]
    assert (campus.offered, campus.abandoned, campus.diverted) == (1, 1, 0)
    assert campus.lost_wait_ms == 30_000 + 13_000


def test_who_still_waits_is_offered_and_nothing_else() -> None:
    for facts in ([], [dequeued("booking", 9, "left")]):  # how it ended is told next
        call = told(caller_up(), IDENTIFIED, queued("booking", 1), *facts)
        assert parts(call, QUEUES)[BOOKING_KEY] == Tally(offered=1)


def test_a_phone_that_rings_out_is_its_agents_miss_and_its_queue_s() -> None:
    call = told(
        caller_up(),
        queued("booking", 1),
        phone_up("a", 2),
        rang("a", 2),
        f.RingEnded(at=at(22), channel="a", result="no_answer"),
    )
    found = parts(call, QUEUES)
    assert found[Key(Kind.AGENT, "8001")] == Tally(missed=1)
    assert found[BOOKING_KEY] == Tally(offered=1, missed=1)


def test_an_agent_who_answers_twice_in_one_call_has_taken_one() -> None:
    again = [
        f.RingEnded(at=at(when), channel=channel, result="answered")
        for channel, when in (("a", 3), ("b", 20))
    ]
    call = told(
        caller_up(),
        queued("booking", 1),
        phone_up("a", 2),
        rang("a", 2),
        again[0],
        gone("a", 10),
        phone_up("b", 18),
        rang("b", 18),
        again[1],
        gone("b", 30),
        f.WrapUpStarted(at=at(30), channel="", agent="8001"),
        f.WrapUpEnded(at=at(34), channel="", agent="8001"),
    )
    tally = parts(call, QUEUES)[Key(Kind.AGENT, "8001")]
    assert (tally.taken, tally.wrap_ms) == (1, 4000)


def test_a_call_to_the_outside_is_no_incoming_one() -> None:
    call = told(phone_up(CALL, 0, extension="13800001111"), outside_up("o", 1))
    assert parts(call, QUEUES)[Key(Kind.CAMPUS, "")] == Tally(outgoing=1)


def test_shares_of_nothing_are_unknown() -> None:
    assert NOTHING.service_level is NOTHING.abandonment is NOTHING.asa_ms is NOTHING.aht_ms is None
    some = Tally(answered=3, in_target=2, abandoned=1, wait_ms=30_000, short=7)
    assert (some.service_level, some.abandonment, some.asa_ms) == (0.5, 0.25, 10_000)


def test_a_span_over_midnight_falls_on_both_days() -> None:
    midnight = datetime(2026, 11, 22, 16, tzinfo=UTC)  # in Shanghai
    span = midnight - timedelta(seconds=30), midnight + timedelta(seconds=5)
    assert list(by_day(*span, SHANGHAI)) == [
        (date(2026, 11, 22), 30_000),
        (date(2026, 11, 23), 5_000),
    ]
    assert list(by_day(span[1], span[0], SHANGHAI)) == []


class Day:
    """A whole floor over a real database: calls, agents, and figures that listen."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.fake = FakeClock()
        self.clock = Clock(self.fake, lambda: at(self.fake.seconds()))
        self.tasks = Tasks()
        self.people = {
            number: Agent(id=number, name=number, phone=f"1{number[1:]}", campus="main",
                          skills=(Skill(queue="booking"),))
            for number in ("8001", "8002")
        }  # fmt: skip
        self.campuses = Campuses(db, self.clock)
        self.start()

    def _behind(self, store: object) -> WriteBehind[object]:
        def write(tx: object, items: object) -> None:
            for item in items:  # type: ignore[attr-defined]
                store(tx, item)  # type: ignore[operator]

        return WriteBehind(self.db, self.clock, self.tasks, write)

    def start(self) -> None:
        """A core starts: nothing in memory."""
        self.writer = CallWriter(
            self.db, self.clock, self.tasks, lambda tx, call: None, self._closed
        )
        self.calls = Calls(self.writer)
        self.agents = Agents(
            self.clock, lambda: self.people, self._behind(agents_store.log_state)  # type: ignore[arg-type]
        )  # fmt: skip
        Staffing(self.clock, self.calls, self.agents, lambda: QUEUES)
        self.figures = Figures(
            clock=self.clock,
            db=self.db,
            node="hq",
            calls=self.calls,
            agents=self.agents,
            campuses=self.campuses,
            queues=lambda: QUEUES,
            behind=self._behind(store.put_counted),  # type: ignore[arg-type]
        )

    def _closed(self, call_id: str) -> None:
        self.figures.closed(call_id)
        self.calls.forget(call_id)

    async def begin(self) -> None:
        """What an earlier core left."""
        from careline.calls import store as calls_store

        await self.campuses.load()
        for stored in await self.db.run(calls_store.load_open, "hq"):
            self.calls.resume(stored)
        self.agents.resume((await self.db.run(agents_store.current_states)).values())
        await self.figures.load()

    def random_call(self, number: int, chance: random.Random) -> None:
        """A call of some kind, now."""
        call_id, start = f"hq-{number}.1", self.fake.seconds()
        agent = chance.choice(["8001", "8002"])
        phone = f"hq-{number}.2"

        def happens(wait: float, *facts: f.Fact) -> None:
            self.fake.advance(wait)
            for fact in facts:
                self.calls.fact(call_id, evolve(fact, at=at(self.fake.seconds())))

        here: dict[str, Any] = {"channel": call_id, "at": at(0)}
        happens(0, caller_up(start, channel=call_id), f.Identified(campus="main", **here))
        if chance.random() < 0.1:
            happens(3, gone(call_id, 0))
            return
        happens(chance.random(), f.Queued(queue=chance.choice(["booking", "service"]), **here))
        if chance.random() < 0.3:
            happens(chance.random() * 40, gone(call_id, 0))
            return
        queue = self.calls.get(call_id).waiting_in  # type: ignore[union-attr]
        self.agents.ready(agent)
        happens(chance.random() * 30, phone_up(phone, 0), rang(phone, 0, agent, queue))
        if chance.random() < 0.2:
            happens(20, f.RingEnded(at=at(0), channel=phone, result="no_answer"), gone(phone, 0))
            happens(1, gone(call_id, 0))
            return
        happens(
            3,
            f.RingEnded(at=at(0), channel=phone, result="answered"),
            connected(phone, 0, agent, queue),
            bridged(phone, 0),
            bridged(call_id, 0),
        )
        happens(chance.random() * 100, unbridged(phone, 0), gone(phone, 0), gone(call_id, 0))
        if chance.random() < 0.5:
            self.fake.advance(40)  # wrap-up is over

    def sign_in(self) -> None:
        for agent in self.people:
            self.agents.sign_in(agent)
            self.agents.ready(agent)


@pytest.fixture
def floor(db: Database) -> Day:
    db.run_sync(put_campus, Campus(id="main", title="总院"))
    made = Day(db)
    for person in made.people.values():
        db.run_sync(agents_store.add_agent, person)
    return made


def run(coro: object) -> object:
    """The database is inline: nothing waits."""
    from twisted.internet.defer import Deferred

    out: list[object] = []
    Deferred.fromCoroutine(coro).addBoth(out.append)  # type: ignore[arg-type]
    assert out, "it waits"
    if hasattr(out[0], "raiseException"):
        out[0].raiseException()
    return out[0]


def today(floor: Day) -> date:
    return floor.figures.today("main")


def test_counted_as_it_happened_equals_computed_from_the_records(floor: Day) -> None:
    """The promise that every figure can be reproduced, over a random day with a restart in it."""
    run(floor.begin())
    floor.sign_in()
    chance = random.Random(7)
    for number in range(60):
        floor.random_call(number, chance)
    floor.fake.advance(60)
    live = dict(floor.figures.all_of(today(floor)))
    assert live[CAMPUS_KEY].incoming == 60
    assert live == run(floor.figures.computed(today(floor)))
    assert live == run(floor.figures.of_day(today(floor)))
    for agent in floor.people:
        spells = [
            one
            for one in floor.db.run_sync(store.spells, T0 - timedelta(days=1))
            if one.agent == agent
        ]
        anew = times_of(spells, today(floor), floor.clock.now(), SHANGHAI)
        assert floor.figures.times(agent) == anew
        assert anew.of(State.TALKING) > 0


def test_a_new_core_goes_on_where_the_old_one_was(floor: Day) -> None:
    run(floor.begin())
    floor.sign_in()
    chance = random.Random(3)
    for number in range(20):
        floor.random_call(number, chance)
    floor.calls.fact("hq-99.1", caller_up(floor.fake.seconds(), channel="hq-99.1"))
    floor.calls.note("hq-99.1", f.Queued(at=floor.clock.now(), channel="hq-99.1", queue="booking"))
    live = dict(floor.figures.all_of(today(floor)))
    times = floor.figures.times("8001")
    floor.agents.stop()
    floor.start()
    assert floor.figures.all_of(today(floor)) == {}
    run(floor.begin())
    assert floor.figures.all_of(today(floor)) == live
    assert floor.figures.times("8001") == times
    floor.fake.advance(9)
    assert floor.figures.waiting()["booking"].longest_ms(floor.clock.now()) == 9000
    floor.calls.note("hq-99.1", gone("hq-99.1", floor.fake.seconds()))
    anew = run(floor.figures.computed(today(floor)))
    assert floor.figures.all_of(today(floor)) == anew


def test_what_a_killed_core_could_not_count_is_counted_by_the_next(floor: Day) -> None:
    run(floor.begin())
    floor.sign_in()
    floor._closed = floor.calls.forget  # type: ignore[method-assign]  # killed before it counts
    floor.writer._on_closed = floor.calls.forget
    for number in range(5):
        floor.random_call(number, random.Random(number))
    floor.fake.advance(60)
    assert run(floor.figures.of_day(today(floor))) == {}
    floor.agents.stop()
    floor.start()
    run(floor.begin())
    assert floor.figures.all_of(today(floor)) == run(floor.figures.computed(today(floor)))
    run(floor.figures.load())  # and nothing twice
    assert floor.figures.campus("main").incoming == 5


def test_what_was_counted_of_a_call_stays(floor: Day) -> None:
    run(floor.begin())
    call = "hq-1.1"
    floor.calls.fact(call, caller_up(0, channel=call))
    floor.calls.fact(call, gone(call, 1))
    [counted] = floor.db.run_sync(store.finished, "hq", at(-10), at(10))
    other = {Key(Kind.CAMPUS, ""): Tally(incoming=9)}
    again = store.Counted(counted.id, today(floor), counted.started, other)
    floor.db.run_sync(store.put_counted, again)
    found = run(floor.figures.of_day(today(floor)))
    assert found == {Key(Kind.CAMPUS, ""): Tally(incoming=1)}


def test_midnight_in_the_campus_s_zone_begins_a_new_day(floor: Day) -> None:
    run(floor.begin())
    floor.agents.sign_in("8001")
    floor.agents.not_ready("8001", Reason.MEAL)
    midnight = (datetime(2026, 11, 22, 16, tzinfo=UTC) - T0).total_seconds()
    floor.fake.advance(midnight - 10)
    floor.calls.fact("hq-1.1", caller_up(midnight - 10, channel="hq-1.1"))
    floor.calls.note("hq-1.1", f.Identified(at=floor.clock.now(), channel="hq-1.1", campus="main"))
    assert floor.figures.campus("main").incoming == 1
    floor.fake.advance(25)
    assert floor.figures.today("main") == date(2026, 11, 23)
    assert floor.figures.campus("main") == NOTHING
    assert floor.figures.times("8001").of(State.NOT_READY) == 15_000
    floor.agents.ready("8001")
    floor.fake.advance(5)
    assert floor.figures.times("8001").of(State.NOT_READY, State.READY) == 20_000
    yesterday = floor.figures.all_of(date(2026, 11, 22))
    assert yesterday[CAMPUS_KEY].incoming == 1


def test_last_week_counts_to_the_same_time_of_the_day(floor: Day) -> None:
    run(floor.begin())
    for number, hour in ((1, 0), (2, 3)):
        floor.fake.advance(hour * 3600)
        floor.calls.fact(
            f"hq-{number}.1", caller_up(floor.fake.seconds(), channel=f"hq-{number}.1")
        )
        floor.calls.note(
            f"hq-{number}.1",
            f.Identified(at=floor.clock.now(), channel=f"hq-{number}.1", campus="main"),
        )
        floor.calls.fact(f"hq-{number}.1", gone(f"hq-{number}.1", floor.fake.seconds() + 1))
    floor.fake.advance(7 * 86400 - 3600)
    found = run(floor.figures.last_week("main"))
    assert found[CAMPUS_KEY].incoming == 1  # type: ignore[index]
    floor.fake.advance(3600 + 60)
    assert run(floor.figures.last_week("main"))[CAMPUS_KEY].incoming == 2  # type: ignore[index]


def test_staff_of_a_queue(floor: Day) -> None:
    floor.agents.sign_in("8001")
    floor.agents.sign_in("8002")
    floor.agents.ready("8002")
    staff = floor.figures.staff("booking")
    assert (staff.signed_in, staff.ready, staff.busy) == (2, 1, 0)
    assert floor.figures.staff("service").signed_in == 0


def test_spells_overlap_is_not_counted_backwards() -> None:
    spell = Spell("8001", State.READY, at(10), at(5))
    assert times_of([spell], date(2026, 11, 22), at(60), SHANGHAI).signed_in == 0


def test_listeners_are_told_at_once_and_then_once_a_second(floor: Day) -> None:
    told: list[float] = []
    floor.figures.listen(lambda: told.append(floor.fake.seconds()))
    for _ in range(3):
        for verb in (floor.agents.sign_in, floor.agents.sign_out):
            verb("8001")
            floor.fake.advance(0.25)
    for _ in range(10):
        floor.fake.advance(0.25)
    assert told == [0, 1, 2]
    floor.agents.sign_in("8001")
    assert told[3:] == [floor.fake.seconds()]
    floor.figures.stop()
    floor.agents.sign_out("8001")
    floor.fake.advance(5)
    assert len(told) == 4
