"""Copies with their age: fresh, old while nobody answers, overtaken by what we did ourselves."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock as FakeClock

from careline.clock import Clock
from careline.errors import Unavailable
from careline.tasks import Tasks
from careline.testing import run_async
from careline_his_webservice.calling.cache import MOST_WEIGHT, PATIENCE_S, Cache

AWAY = Unavailable("his.unreachable", "not reached")


class Bench:
    """A cache and a source that counts how often it is asked."""

    def __init__(self) -> None:
        self.fake = FakeClock()
        self.cache: Cache[str, Any] = Cache(Clock(self.fake), Tasks(), 60.0, 3600.0)
        self.asked = 0
        self.answer: Any = None

    async def _ask(self) -> Any:
        self.asked += 1
        said = self.answer if self.answer is not None else self.asked
        if isinstance(said, Exception):
            raise said
        return await said if isinstance(said, Deferred) else said

    def begin(self, key: str = "a") -> list[Any]:
        told: list[Any] = []
        Deferred.fromCoroutine(self.cache.read(key, self._ask)).addBoth(told.append)
        return told

    def read(self, key: str = "a") -> Any:
        return run_async(self.cache.read(key, self._ask), self.fake)


def test_a_fresh_copy_is_given_again_and_an_old_one_asked_anew() -> None:
    bench = Bench()
    assert bench.read() == 1
    bench.fake.advance(59)
    assert bench.read() == 1
    bench.fake.advance(1)
    assert bench.read() == 2
    assert bench.read("b") == 3


def test_while_nobody_answers_the_old_copy_is_given_up_to_its_age() -> None:
    bench = Bench()
    assert bench.read() == 1
    bench.answer = AWAY
    bench.fake.advance(3600)
    assert bench.read() == 1
    bench.fake.advance(1)
    with pytest.raises(Unavailable):
        bench.read()


def test_who_hangs_makes_nobody_wait_who_has_an_old_copy() -> None:
    bench = Bench()
    assert bench.read() == 1
    bench.fake.advance(61)
    bench.answer = late = Deferred()
    told = bench.begin()
    bench.fake.advance(PATIENCE_S - 0.01)
    assert told == []
    bench.fake.advance(0.02)
    assert told == [1]
    again = bench.begin()
    bench.fake.advance(PATIENCE_S)
    assert again == [1]
    assert bench.asked == 2  # the second waited for the same answer
    late.callback("new")
    assert bench.read() == "new"
    assert bench.asked == 2  # kept when it came, though nobody waited


def test_equal_questions_at_once_are_asked_once_and_share_a_failure() -> None:
    bench = Bench()
    bench.answer = answer = Deferred()
    told = [bench.begin() for _ in range(3)]
    assert bench.asked == 1
    answer.errback(AWAY)
    assert [one[0].value for one in told] == [AWAY] * 3
    bench.answer = None
    assert bench.read() == 2


def test_what_was_changed_is_asked_anew_also_when_it_is_just_being_read() -> None:
    bench = Bench()
    assert (bench.read("a"), bench.read("b")) == (1, 2)
    bench.cache.overtake(lambda key, value: key == "a")
    assert (bench.read("b"), bench.read("a")) == (2, 3)
    bench.fake.advance(61)
    bench.answer = before = Deferred()
    told = bench.begin("a")
    bench.cache.overtake(lambda key, value: True)
    bench.answer = "after"
    assert bench.read("a") == "after"
    before.callback("before")
    assert told == ["before"]  # they asked before it was changed
    asked = bench.asked
    assert bench.read("a") == "after"
    assert bench.asked == asked  # what came late has not taken its place


def test_an_overtaken_copy_is_better_than_none() -> None:
    bench = Bench()
    assert bench.read() == 1
    bench.cache.overtake(lambda key, value: True)
    bench.answer = AWAY
    assert bench.read() == 1


def test_it_does_not_grow_for_ever() -> None:
    bench = Bench()
    for at in range(1000):
        bench.read(str(at))
    assert len(bench.cache._copies) == 300


def test_what_is_heavy_makes_room_by_the_copies_nobody_asked_for_longest() -> None:
    bench = Bench()
    bench.cache = Cache(Clock(bench.fake), Tasks(), 60.0, 3600.0, len)
    bench.answer = "x" * (MOST_WEIGHT // 3)
    for key in "abc":
        bench.read(key)
    bench.read("a")
    assert bench.asked == 3
    bench.read("d")
    for key in "cad":
        bench.read(key)
    assert bench.asked == 4, "three have room"
    bench.read("b")
    assert bench.asked == 5, "the one that nobody asked for longest made room"


def test_a_copy_read_again_weighs_once_and_the_heaviest_alone_is_kept() -> None:
    bench = Bench()
    bench.cache = Cache(Clock(bench.fake), Tasks(), 60.0, 3600.0, len)
    bench.answer = "x" * (MOST_WEIGHT // 3)
    bench.read("b")
    for _ in range(5):
        bench.fake.advance(61)
        bench.read("a")
    asked = bench.asked
    assert len(bench.cache._copies) == 2
    bench.answer = "x" * (2 * MOST_WEIGHT)
    bench.read("huge")
    bench.read("huge")
    assert bench.asked == asked + 1
    assert len(bench.cache._copies) == 1
