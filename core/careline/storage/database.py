"""Database: runs store functions, each in one transaction, in threads of its own."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Engine
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.interfaces import IReactorFromThreads
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool

from careline.clock import Clock
from careline.errors import Unavailable
from careline.storage.attempt import TOO_LATE, Attempt, Work
from careline.storage.engine import POSTGRESQL_THREADS, build_engine
from careline.storage.faults import DATABASE_ERRORS, classify, retry_pause, unavailable, was_cut
from careline.storage.inline import InlineThreads
from careline.storage.tx import Tx, isolation_of
from careline.tasks import Tasks

P = ParamSpec("P")
T = TypeVar("T")
log = Logger()
DEADLINE = 30.0  # seconds for one run, waiting and retries included


class Pool(Protocol):
    """What Database needs of a thread pool."""

    def callInThread(self, func: Callable[P, object], *args: P.args, **kw: P.kwargs) -> None:
        """Call in one of the threads."""

    def stop(self) -> None:
        """End the threads."""


class Database:
    """The one door to the database; safe to share, started by construction, ended by ``close``."""

    def __init__(
        self,
        engine: Engine,
        pool: Pool,
        reactor_thread: IReactorFromThreads,
        clock: Clock,
        tasks: Tasks,
        deadline: float = DEADLINE,
    ) -> None:
        self.engine = engine
        self.dialect = engine.dialect.name
        self._pool = pool
        self._reactor_thread = reactor_thread
        self._clock = clock
        self._tasks = tasks
        self._deadline = deadline
        # SQLite has one writer; in-process callers queue here rather than run into "locked".
        self._gate = threading.RLock() if self.dialect == "sqlite" else nullcontext()
        self._inflight: set[Deferred[Any]] = set()

    async def run(
        self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``fn(tx, ...)`` as one transaction in a database thread and give its result.

        It is tried again on conflict, so it must have no side effects but those on ``tx``; put
        others into ``tx.after_commit``. Cancelling the caller does not stop the transaction.
        Raises Unavailable (``db.away``, ``db.busy``, ``db.slow``, ``db.full`` ...) within the
        deadline, and TypeError when the result holds a row.
        """
        outcome: Deferred[T] = Deferred()
        work = _bind(fn, *args, **kwargs)
        inflight = Deferred.fromCoroutine(self._attempts(work))
        self._inflight.add(inflight)

        def deliver(result: T | Failure) -> None:
            self._inflight.discard(inflight)
            if outcome.called and isinstance(result, Failure):
                log.failure("transaction of a cancelled caller failed", failure=result)
            elif not outcome.called:
                outcome.callback(result)

        inflight.addBoth(deliver)
        return await outcome

    def run_sync(
        self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Do the same in the calling thread and wait: for CLI and tests, never on the reactor."""
        work = _bind(fn, *args, **kwargs)
        ends = time.monotonic() + self._deadline
        tries = 0
        while True:
            tries += 1
            attempt = Attempt(self.engine, self._gate, work)
            try:
                result = attempt.make()
            except DATABASE_ERRORS as error:
                pause = _pause(error, tries, ends - time.monotonic())
                time.sleep(pause)
                continue
            _call_all(attempt.callbacks)
            return result

    async def close(self) -> None:
        """Wait for running transactions, then end threads and connections."""
        await DeferredList(list(self._inflight))
        self._pool.stop()
        self.engine.dispose()

    async def _attempts(self, work: Work[T]) -> T:
        ends = self._clock.seconds() + self._deadline
        tries = 0
        while True:
            tries += 1
            try:
                return await self._attempt(work, ends)
            except DATABASE_ERRORS as error:
                pause = _pause(error, tries, ends - self._clock.seconds())
            if pause > 0:
                await self._clock.sleep(pause)

    async def _attempt(self, work: Work[T], ends: float) -> T:
        attempt = Attempt(self.engine, self._gate, work)
        done: Deferred[T] = Deferred()

        def expire() -> None:
            if attempt.expire() and not done.called:
                detail = "it waited for a free thread"
                done.errback(Unavailable("db.slow", TOO_LATE, detail=detail))

        timer = self._clock.call_later(max(0.0, ends - self._clock.seconds()), expire)
        self._pool.callInThread(self._in_thread, attempt, done)
        try:
            return await done
        finally:
            if timer.active():
                timer.cancel()

    def _in_thread(self, attempt: Attempt[T], done: Deferred[T]) -> None:
        result: T | Failure
        try:
            result = attempt.make()
        except BaseException:  # noqa: BLE001 - handed over to the reactor thread whole
            result = Failure()  # type: ignore[no-untyped-call]  # Twisted has no types here
        self._reactor_thread.callFromThread(_finish, attempt.callbacks, done, result)


def open_database(
    url: str,
    *,
    clock: Clock,
    tasks: Tasks,
    reactor: IReactorFromThreads | None = None,
    deadline: float = DEADLINE,
) -> Database:
    """Open ``url`` with threads of its own: one for SQLite, four for PostgreSQL.

    Without ``reactor`` everything runs inline in the caller (unit tests, CLI). Connects lazily.
    """
    engine = build_engine(url)
    if reactor is None:
        inline = InlineThreads()
        return Database(engine, inline, inline, clock, tasks, deadline)
    threads = 1 if engine.dialect.name == "sqlite" else POSTGRESQL_THREADS
    pool = ThreadPool(threads, threads, "database")
    pool.start()
    return Database(engine, pool, reactor, clock, tasks, deadline)


def _bind(fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Work[T]:
    return Work(partial(_call_with_tx, fn, args, kwargs), isolation_of(fn))


def _call_with_tx(fn: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any], tx: Tx) -> T:
    return fn(tx, *args, **kwargs)


def _pause(error: Exception, tries: int, left: float) -> float:
    """Seconds until the next try; raises what the caller shall see when there is none."""
    fault = classify(error)
    if fault is None:
        raise error
    chance = random.random()  # noqa: S311 - jitter, not secrecy
    pause = retry_pause(fault, tries, was_cut(error), chance)
    if pause is None or pause >= left:
        raise unavailable(fault, error) from error
    return pause


def _finish(callbacks: list[Callable[[], object]], done: Deferred[T], result: T | Failure) -> None:
    """On the reactor thread: first what was to follow the commit, then the caller."""
    _call_all(callbacks)
    if not done.called:
        done.callback(result)  # a Failure goes on as errback


def _call_all(callbacks: list[Callable[[], object]]) -> None:
    for call in callbacks:
        try:
            call()
        except Exception:  # noqa: BLE001 - the commit stands whatever its followers do
            log.failure("after_commit failed")
