"""The door to a campus's system: bounded calls, time-outs, and the breaker."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock as FakeClock
from twisted.logger import capturedLogs
from twisted.python.failure import Failure

from careline.clock import Clock
from careline.errors import CarelineError, Refused, Unavailable
from careline.hooks import State
from careline.testing import run_async
from careline_his_webservice.calling.door import Door

FAILED = Unavailable("his.unreachable", "not reached")


class Bench:
    """One door on a fake clock."""

    def __init__(self, concurrency: int = 2) -> None:
        self.fake = FakeClock()
        self.door = Door("main", Clock(self.fake), concurrency)
        self.asked = 0

    def begin(self, answer: Any = None, timeout: float = 5.0) -> tuple[Deferred[Any], list[Any]]:
        """Ask; the answer is a value, an error or a Deferred."""

        async def call() -> Any:
            self.asked += 1
            if isinstance(answer, Exception):
                raise answer
            return await answer if isinstance(answer, Deferred) else answer

        told: list[Any] = []
        asked = Deferred.fromCoroutine(self.door.ask(timeout, call))
        asked.addBoth(told.append)
        return asked, told

    def code(self, answer: Any = None, timeout: float = 5.0) -> str:
        """The code of what an answer ended with; ``ok`` when it came."""
        _, told = self.begin(answer, timeout)
        if not told:
            self.fake.advance(timeout)
        return code_of(told)


def code_of(told: list[Any]) -> str:
    """The error's code, ``ok`` for an answer."""
    (result,) = told
    if not isinstance(result, Failure):
        return "ok"
    assert isinstance(result.value, CarelineError), result
    return result.value.code


def test_it_shuts_after_five_failures_in_a_row_and_tries_one_after_30_seconds() -> None:
    bench = Bench()
    for _ in range(4):
        assert bench.code(FAILED) == "his.unreachable"
    assert bench.code("good") == "ok"  # in a row: this begins anew
    for _ in range(5):
        assert bench.code(FAILED) == "his.unreachable"
    assert bench.asked == 10
    assert bench.code("good") == "his.resting"
    assert bench.asked == 10  # nobody was asked
    bench.fake.advance(29.9)
    assert bench.code("good") == "his.resting"
    bench.fake.advance(0.2)
    answer: Deferred[str] = Deferred()
    _, probe = bench.begin(answer)
    assert bench.code("good") == "his.resting"  # one is tried, no other
    answer.callback("good")
    assert code_of(probe) == "ok"
    assert bench.door.snapshot().state is State.CLOSED
    assert bench.code("good") == "ok"


def test_a_failed_trial_shuts_it_for_another_30_seconds() -> None:
    bench = Bench()
    for _ in range(5):
        bench.code(FAILED)
    for _ in range(3):
        bench.fake.advance(30)
        assert bench.code(FAILED) == "his.unreachable"
        bench.fake.advance(29)
        assert bench.code("good") == "his.resting"
        bench.fake.advance(1)
        assert bench.code(FAILED) == "his.unreachable"


def test_what_takes_too_long_is_cancelled_and_counts_as_a_failure() -> None:
    bench = Bench()
    cancelled: list[object] = []
    for _ in range(5):
        assert bench.code(Deferred(cancelled.append)) == "his.late"
    assert len(cancelled) == 5
    assert bench.code("good") == "his.resting"


def test_an_order_that_says_unknown_when_it_is_cut_off_counts_as_a_failure() -> None:
    bench = Bench()

    async def cut_off() -> str:
        try:
            return await Deferred()
        except CancelledError:
            return "unknown"

    for _ in range(5):
        bench.fake.advance(0.3)
        assert run_async(bench.door.ask(5.0, cut_off), bench.fake) == "unknown"
    assert bench.code("good") == "his.resting"


@pytest.mark.parametrize(
    "error",
    [Refused("his.refused", "no"), Unavailable("his.bad_answer", "nonsense")],
    ids=["no", "nonsense"],
)
def test_one_who_says_no_or_nonsense_is_there_and_shuts_nothing(error: CarelineError) -> None:
    bench = Bench()
    for _ in range(20):
        assert bench.code(error) == error.code
    assert bench.code("good") == "ok"


def test_a_trial_that_is_given_up_lets_another_try() -> None:
    bench = Bench()
    for _ in range(5):
        bench.code(FAILED)
    bench.fake.advance(30)
    asked, told = bench.begin(Deferred())
    asked.cancel()
    assert isinstance(told[0], Failure)
    assert bench.code("good") == "ok"


def test_no_more_than_so_many_are_asked_at_once_and_the_rest_in_order() -> None:
    bench = Bench(concurrency=2)
    answers: list[Deferred[int]] = [Deferred() for _ in range(5)]
    told = [bench.begin(one)[1] for one in answers]
    assert bench.asked == 2
    assert bench.door.snapshot().waiting == 3
    answers[1].callback(1)
    assert bench.asked == 3
    for at in (0, 2, 3, 4):
        answers[at].callback(at)
    assert [one[0] for one in told] == [0, 1, 2, 3, 4]
    assert bench.asked == 5
    assert (bench.door.snapshot().running, bench.door.snapshot().waiting) == (0, 0)


def test_waiting_for_a_turn_counts_and_what_was_not_sent_says_so() -> None:
    bench = Bench(concurrency=1)
    bench.begin(Deferred(), timeout=30)
    _, told = bench.begin("good", timeout=5)
    bench.fake.advance(5)
    assert code_of(told) == "his.busy"
    assert bench.asked == 1
    assert bench.door.snapshot().state is State.CLOSED  # being busy here is no failure there


def test_time_spent_waiting_is_not_given_again() -> None:
    bench = Bench(concurrency=1)
    first: Deferred[str] = Deferred()
    bench.begin(first, timeout=30)
    _, told = bench.begin(Deferred(), timeout=5)
    bench.fake.advance(4)
    first.callback("good")
    assert (bench.asked, told) == (2, [])
    bench.fake.advance(1)
    assert code_of(told) == "his.late"


def test_who_has_no_time_left_when_the_turn_comes_is_not_sent() -> None:
    bench = Bench(concurrency=1)
    first: Deferred[str] = Deferred()
    bench.begin(first, timeout=30)
    _, told = bench.begin("good", timeout=5)
    bench.fake.advance(4.95)
    first.callback("good")
    assert (code_of(told), bench.asked) == ("his.busy", 1)


def test_a_crowd_is_sent_away_at_once_and_so_is_who_waits_when_it_shuts() -> None:
    bench = Bench(concurrency=1)
    _, first = bench.begin(Deferred())
    waiting = [bench.begin("good", timeout=60)[1] for _ in range(10)]
    assert bench.code("good") == "his.busy"
    for _ in range(4):
        bench.door._breaker.record(False)
    bench.fake.advance(5)
    assert code_of(first) == "his.late"
    assert {code_of(told) for told in waiting} == {"his.resting"}
    assert bench.asked == 1


def test_who_goes_away_while_waiting_takes_no_turn() -> None:
    bench = Bench(concurrency=1)
    first: Deferred[str] = Deferred()
    bench.begin(first)
    gone, _ = bench.begin("good")
    gone.cancel()
    _, third = bench.begin("third")
    first.callback("good")
    assert third == ["third"]
    assert bench.asked == 2


def test_a_bug_of_the_adapter_is_logged_and_counts_and_reaches_nobody_else() -> None:
    bench = Bench()
    with capturedLogs() as logged:
        for _ in range(5):
            assert bench.code(KeyError("姓名")) == "his.broken"
    assert [one["log_failure"].type for one in logged] == [KeyError] * 5
    assert bench.code("good") == "his.resting"
    error = bench.door.snapshot().error
    assert error is not None
    assert error.code == "his.broken"


def test_the_state_tells_of_the_last_hour() -> None:
    bench = Bench()
    bench.code(FAILED)
    for ms in range(1, 101):
        answer: Deferred[str] = Deferred()
        bench.begin(answer)
        bench.fake.advance(ms / 1000)
        answer.callback("good")
    state = bench.door.snapshot()
    assert (state.p50_ms, state.p95_ms) == (51, 96)
    assert (state.asked, state.failed) == (101, 1)
    assert state.error is None
    bench.fake.advance(3601)
    assert (bench.door.snapshot().asked, bench.door.snapshot().p95_ms) == (0, None)
