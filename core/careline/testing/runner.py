"""Run coroutines from synchronous tests: on a fake clock, or on the real reactor.

:func:`run_async` needs no reactor and takes microseconds. :class:`Spinner` (pytest fixture
``spin``) runs Twisted's one reactor again and again in one process, with a time-out, and refuses to
let a test leave timers, sockets or unhandled errors behind.
"""

from __future__ import annotations

import functools
import inspect
import signal
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar, cast

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock as FakeClock
from twisted.python.failure import Failure

from careline.clock import Clock
from careline.testing.unhandled import Unhandled

T = TypeVar("T")

LIMIT_S = 180.0
"""What a whole test may take on the reactor: only one that hangs should meet it."""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)


def run_async(
    coro: Awaitable[T], clock: FakeClock | Clock | None = None, *, limit: float = 3600.0
) -> T:
    """Run ``coro`` to its end without a reactor and return what it returns.

    Everything it awaits must fire at once or by a timer of ``clock`` (a ``task.Clock`` or a
    careline Clock on one), moved on from timer to timer for at most ``limit`` fake seconds.
    Raises what ``coro`` raises; AssertionError when it waits for what no timer brings, and for
    errors that nobody handled.
    """
    fake = clock.reactor if isinstance(clock, Clock) else clock
    if fake is not None and not isinstance(fake, FakeClock):
        raise TypeError("run_async moves a task.Clock; use the spin fixture for a real reactor")
    with Unhandled() as unhandled:
        deferred = Deferred.fromCoroutine(_coroutine(coro))
        outcome: list[Any] = []
        deferred.addBoth(outcome.append)
        problem = _advance(fake, outcome, limit)
        if problem:
            where = where_it_waits(coro)
            deferred.cancel()
            raise AssertionError(f"{problem}; it waits in\n{where}")
        result = _unwrap(outcome[0])
        del deferred, outcome
        unhandled.check()
    return cast("T", result)


async def _await(awaitable: Awaitable[T]) -> T:
    return await awaitable


def _coroutine(awaitable: Awaitable[T]) -> Coroutine[Any, Any, T]:
    return awaitable if inspect.iscoroutine(awaitable) else _await(awaitable)


def _advance(clock: FakeClock | None, outcome: list[Any], limit: float) -> str:
    """Move ``clock`` until there is an outcome; else say why there is none."""
    end = limit + (clock.seconds() if clock else 0.0)
    while not outcome:
        calls = clock.getDelayedCalls() if clock else []
        if clock is None or not calls:
            return "the coroutine waits for something that no timer brings"
        due = min(call.getTime() for call in calls)
        if due > end:
            return f"the coroutine did not end within {limit:g} s of fake time"
        clock.advance(max(0.0, due - clock.seconds()))
    return ""


def _unwrap(result: Any) -> Any:
    if isinstance(result, Failure):
        result.raiseException()
    return result


def where_it_waits(awaitable: Any) -> str:
    """The chain of ``await`` lines at which a coroutine stands, outermost first."""
    lines: list[str] = []
    while awaitable is not None and len(lines) < 30:
        frame = getattr(awaitable, "cr_frame", None)
        if frame is None:
            lines.append(f"  {awaitable!r}")
            break
        lines.append(f"  {frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_qualname}")
        awaitable = awaitable.cr_await
    return "\n".join(lines)


def the_reactor() -> Any:
    """Twisted's one reactor, installed on first use."""
    from twisted.internet import reactor  # noqa: TID251 -- the one place where tests get it

    return reactor


class Spinner:
    """Runs coroutines on the real reactor, as often as wanted; the ``spin`` fixture.

    Call it with a coroutine: ``spin(talk())``. Between two calls the reactor stands still, and what
    was begun (servers, phones) is still there. ``close`` ends the test and checks what is left.
    """

    def __init__(self, timeout: float = LIMIT_S) -> None:
        self.reactor = the_reactor()
        if not self.reactor.getDelayedCalls():
            # As the composition root does: a step of the wall clock must freeze no time-out.
            self.reactor.seconds = time.monotonic
        self.clock = Clock(self.reactor)
        self.timeout = timeout
        self.unhandled = Unhandled()
        self.unhandled.__enter__()
        self._before = self._footprint()

    def __call__(self, coro: Awaitable[T], timeout: float | None = None) -> T:
        """Run ``coro`` on the reactor and return its result, or raise what it raises.

        After ``timeout`` seconds (the fixture's when None) it is cancelled, and AssertionError says
        where it stood.
        """
        limit = self.timeout if timeout is None else timeout
        outcome: list[Any] = []
        deferred = Deferred.fromCoroutine(_coroutine(coro))
        deferred.addBoth(outcome.append)
        if not outcome:
            deferred.addBoth(lambda _: self._crash())
            if not self._run(limit) and not outcome:
                where = where_it_waits(coro)
                deferred.cancel()
                self._run(1.0, until=outcome)
                raise AssertionError(f"not finished after {limit:g} s; it waited in\n{where}")
        return cast("T", _unwrap(outcome[0]))

    def _crash(self) -> None:
        self.reactor.crash()

    def _run(self, limit: float, until: list[Any] | None = None) -> bool:
        """Turn the reactor until something crashes it; False when the time was up."""
        if until:
            return True
        in_time = True

        def expire() -> None:
            nonlocal in_time
            in_time = False
            self._crash()

        interrupted: list[bool] = []

        def stop() -> None:
            interrupted.append(True)
            self._crash()

        timer = self.reactor.callLater(limit, expire)
        handlers = {number: signal.getsignal(number) for number in SIGNALS}
        # The reactor's own stop() would fire "shutdown", after which it never runs again.
        self.reactor.stop = stop
        try:
            self.reactor.run()
        finally:
            del self.reactor.stop
            for number, handler in handlers.items():
                signal.signal(number, handler)
            if timer.active():
                timer.cancel()
        if interrupted:
            raise KeyboardInterrupt
        return in_time

    def flush_errors(self, *kinds: type[BaseException]) -> list[BaseException]:
        """Take the unhandled errors of ``kinds`` that the test provoked on purpose."""
        return self.unhandled.flush(*kinds)

    def _footprint(self) -> set[Any]:
        """All that keeps the reactor busy: timers, sockets, pipes."""
        internal = self.reactor._internalReaders
        busy = {*self.reactor.getReaders(), *self.reactor.getWriters()} - set(internal)
        return busy | {call for call in self.reactor.getDelayedCalls() if call.active()}

    def close(self) -> None:
        """End the test: AssertionError for anything left behind, which is removed first."""
        try:
            self._settle()
            left = self._footprint() - self._before
            texts = sorted(str(one) for one in left)
            self._remove(left)
            self.unhandled.check()
            if texts:
                raise AssertionError("left behind on the reactor:\n  " + "\n  ".join(texts))
        finally:
            self.unhandled.__exit__(None, None, None)
            if self.reactor.threadpool is not None:
                # Its threads would hold up the end of the process; the next test gets new ones.
                self.reactor._stopThreadPool()

    def _settle(self) -> None:
        """Let sockets that were told to close do so: two turns, as trial does it."""
        if self._footprint() - self._before:
            self(self.clock.sleep(0))
            self(self.clock.sleep(0))

    def _remove(self, left: set[Any]) -> None:
        for one in left:
            if hasattr(one, "cancel"):
                if one.active():  # it may have gone with what it belonged to
                    one.cancel()
            else:
                self.reactor.removeReader(one)
                self.reactor.removeWriter(one)
                one.connectionLost(Failure(CancelledError()))  # type: ignore[no-untyped-call]  # Twisted's


def on_reactor(timeout: float = LIMIT_S) -> Callable[[Callable[..., Any]], Callable[..., None]]:
    """Decorator: let an ``async def`` test run through the ``spin`` fixture.

    The test keeps its fixtures; it may name ``spin`` itself to reach the reactor and the clock.
    """

    def decorate(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
        signature = inspect.signature(test)
        wants_spin = "spin" in signature.parameters

        @functools.wraps(test)
        def run(*args: Any, spin: Spinner, **fixtures: Any) -> None:
            if wants_spin:
                fixtures["spin"] = spin
            spin(test(*args, **fixtures), timeout)

        if not wants_spin:
            spin = inspect.Parameter("spin", inspect.Parameter.KEYWORD_ONLY)
            signature = signature.replace(parameters=[*signature.parameters.values(), spin])
        run.__signature__ = signature  # type: ignore[attr-defined]
        return run

    return decorate
