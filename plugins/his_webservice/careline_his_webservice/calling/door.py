"""The one way to a campus's system: bounded in time and number, shut while nobody answers there."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, TypeVar

from attrs import frozen
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.defer import TimeoutError as Late
from twisted.logger import Logger

from careline.clock import Clock
from careline.errors import CarelineError, Refused, Unavailable
from careline.hooks.breaker import Breaker, State
from careline_his_webservice.calling.exchanges import BAD_ANSWER

T = TypeVar("T")

FAILURES = 5
"""Failures in a row after which nobody is let in."""
PAUSE_S = 30.0
"""Seconds after which one is let in, to see."""
QUEUE = 10
"""Times the concurrency: more are not kept waiting but sent away at once."""
LEAST_S = 0.1
"""Seconds that must be left when the turn comes: less is not worth asking."""
MOMENT_S = 0.001
SPAN_S = 3600.0
REMEMBERED = 2_000

log = Logger()


@frozen(kw_only=True)
class DoorState:
    """What is known of a campus's system now; times of answers in milliseconds, of the last hour.

    ``error`` is what went wrong last, None once it answers again.
    """

    state: State
    running: int
    waiting: int
    last_good: datetime | None
    error: CarelineError | None
    error_at: datetime | None
    p50_ms: int | None
    p95_ms: int | None
    asked: int
    failed: int
    retry_in: float


class Door:
    """Lets at most ``concurrency`` calls in at once; the time-out of each counts from its coming.

    What cannot be had raises Unavailable: ``his.resting`` at once while the breaker is open,
    ``his.busy`` when no turn came in time, both before anything was sent; ``his.late`` when the
    answer did not come in time; ``his.broken`` for what the adapter did not foresee, since a fault
    in one campus's adapter must not switch hooks off for the others.
    """

    def __init__(self, campus: str, clock: Clock, concurrency: int) -> None:
        self._campus = campus
        self._clock = clock
        self._concurrency = concurrency
        self._breaker = Breaker(clock, FAILURES, FAILURES, PAUSE_S, PAUSE_S)
        self._running = 0
        self._queue: deque[Deferred[None]] = deque()
        self._times: deque[tuple[float, int, bool]] = deque(maxlen=REMEMBERED)
        self._last_good: datetime | None = None
        self._error: CarelineError | None = None
        self._error_at: datetime | None = None

    async def ask(self, timeout: float, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The answer of ``call``; it is cancelled when its time is over."""
        began = self._clock.seconds()
        await self._turn(timeout)
        try:
            left = timeout - (self._clock.seconds() - began)
            self._let_in(left)
            return await self._called(left, call)
        finally:
            self._running -= 1
            self._next()

    def shut(self) -> bool:
        """True while everybody is sent away."""
        return self._breaker.state is not State.CLOSED and self._retry_in() > 0

    def snapshot(self) -> DoorState:
        """The state now."""
        oldest = self._clock.seconds() - SPAN_S
        recent = [one for one in self._times if one[0] >= oldest]
        times = sorted(ms for _, ms, well in recent if well)
        return DoorState(
            state=self._breaker.state,
            running=self._running,
            waiting=len(self._queue),
            last_good=self._last_good,
            error=self._error,
            error_at=self._error_at,
            p50_ms=_quantile(times, 0.5),
            p95_ms=_quantile(times, 0.95),
            asked=len(recent),
            failed=sum(not well for _, _, well in recent),
            retry_in=self._retry_in(),
        )

    def reset(self) -> None:
        """Let people in again: somebody says that it is mended."""
        self._breaker.reset()

    async def _turn(self, timeout: float) -> None:
        """Wait for a free place; ours is counted in ``_running`` when this returns."""
        if self.shut():
            raise self._resting()
        if self._running < self._concurrency:
            self._running += 1
            return
        if len(self._queue) >= QUEUE * self._concurrency:
            raise self._busy()
        turn: Deferred[None] = Deferred(self._leave)
        self._queue.append(turn)
        try:
            await self._clock.within(timeout, turn)
        except Late:
            raise self._busy() from None

    def _leave(self, turn: Deferred[None]) -> None:
        """One who waited has gone: cancelled, or out of time."""
        if turn in self._queue:
            self._queue.remove(turn)

    def _next(self) -> None:
        """Give the free place to the one who waits longest; all are sent away from a shut door."""
        while self._queue and self._running < self._concurrency:
            turn = self._queue.popleft()
            if self.shut():
                turn.errback(self._resting())
            else:
                self._running += 1
                turn.callback(None)

    def _let_in(self, left: float) -> None:
        if left < LEAST_S:
            raise self._busy()
        if not self._breaker.allows():
            raise self._resting()

    async def _called(self, left: float, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        began = self._clock.seconds()
        error: CarelineError | None = None
        given_up = False
        try:
            answer = await self._clock.within(left, call())
            if self._clock.seconds() - began > left - MOMENT_S:
                error = self._late()  # it was cut off, and says what it knows: nobody answered
            return answer
        except Late:
            error = self._late()
            raise error from None
        except CarelineError as known:
            error = known
            raise
        except CancelledError:
            given_up = True  # by the asker: says nothing of the system
            raise
        except Exception:  # noqa: BLE001 - one campus's adapter must not harm the others
            log.failure("the adapter of campus {campus} has failed", campus=self._campus)
            error = self._broken()
            raise error from None
        finally:
            if given_up:
                self._breaker.release()
            else:
                self._note(began, error)

    def _note(self, began: float, error: CarelineError | None) -> None:
        """An answer that says no, or that is wrong, is one nevertheless: somebody is there."""
        now = self._clock.seconds()
        there = error is None or isinstance(error, Refused) or error.code == BAD_ANSWER
        self._times.append((now, round((now - began) * 1000), there))
        self._breaker.record(there)
        if error is None or isinstance(error, Refused):
            self._last_good = self._clock.now()
            self._error = self._error_at = None
        else:
            self._error, self._error_at = error, self._clock.now()

    def _retry_in(self) -> float:
        if self._breaker.state is State.CLOSED:
            return 0.0
        return max(0.0, self._breaker.opened_until - self._clock.seconds())

    def _resting(self) -> Unavailable:
        return Unavailable(
            "his.resting",
            "the system of campus {campus} does not answer; it is asked again in {seconds} s",
            campus=self._campus,
            seconds=max(1, round(self._retry_in())),
        )

    def _busy(self) -> Unavailable:
        return Unavailable(
            "his.busy",
            "the system of campus {campus} is busy with other questions",
            campus=self._campus,
        )

    def _late(self) -> Unavailable:
        return Unavailable(
            "his.late",
            "the system of campus {campus} has not answered in time",
            campus=self._campus,
        )

    def _broken(self) -> Unavailable:
        return Unavailable(
            "his.broken",
            "the adapter of campus {campus} has failed; the log says why",
            campus=self._campus,
        )


def _quantile(ordered: list[int], part: float) -> int | None:
    """The value below which ``part`` of them lie; None of none."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else None
