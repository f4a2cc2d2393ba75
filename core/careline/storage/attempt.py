"""One attempt at one transaction, made in a database thread and watched from the reactor's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Generic, TypeVar

from attrs import frozen
from sqlalchemy import Connection, Engine

from careline.errors import Unavailable
from careline.storage.engine import sever
from careline.storage.faults import DATABASE_ERRORS, classify, was_cut
from careline.storage.tx import Tx, refuse_leak

T = TypeVar("T")
TOO_LATE = "The database took too long and the request was taken back. ({detail})"
UNSURE = "The database went away while saving; look whether it was saved. ({detail})"


@frozen
class Work(Generic[T]):
    """A store function with its arguments bound, and its isolation level (None: the engine's)."""

    do: Callable[[Tx], T]
    isolation: str | None


class Attempt(Generic[T]):
    """``work(tx)`` in one transaction of ``engine``; ``expire`` may come from another thread."""

    def __init__(self, engine: Engine, gate: AbstractContextManager[Any], work: Work[T]) -> None:
        self._engine = engine
        self._gate = gate
        self._work = work
        self._lock = threading.Lock()
        self._driver: Any = None
        self.started = False
        self.expired = False
        self.callbacks: list[Callable[[], object]] = []

    def expire(self) -> bool:
        """Take the attempt back; True when it had not begun (and now never will)."""
        with self._lock:
            self.expired = True
            if self._driver is not None:
                sever(self._driver)
            return not self.started

    def make(self) -> T:
        """Run, commit, and give the result; any error means that nothing was written.

        The one exception is ``Unavailable("db.unsure")``: the connection broke during COMMIT.
        """
        with self._lock:
            if self.expired:
                raise _too_late("it waited for a free thread")
            self.started = True
        try:
            with self._gate, self._connect() as connection:
                self._watch(connection)
                try:
                    return self._transact(connection)
                finally:
                    self._watch(None)
        except DATABASE_ERRORS as error:
            if self.expired:
                raise _too_late("its deadline has passed") from error
            raise

    def _connect(self) -> Connection:
        level = self._work.isolation
        if level is None or self._engine.dialect.name == "sqlite":
            return self._engine.connect()
        return self._engine.connect().execution_options(isolation_level=level)

    def _watch(self, connection: Connection | None) -> None:
        """Let ``expire`` reach this connection while, and only while, it is ours."""
        driver = None if connection is None else connection.connection.driver_connection
        with self._lock:
            self._driver = driver
            if self.expired and connection is not None:
                raise _too_late("it waited for a connection")

    def _transact(self, connection: Connection) -> T:
        transaction = connection.begin()
        tx = Tx(connection)
        try:
            result = self._work.do(tx)
            refuse_leak(result)
            if self.expired:
                raise _too_late("its deadline has passed")
        except BaseException:
            transaction.rollback()
            raise
        finally:
            tx.end()
        self._commit(transaction.commit)
        self.callbacks = tx.callbacks
        return result

    def _commit(self, commit: Callable[[], None]) -> None:
        try:
            commit()
        except DATABASE_ERRORS as error:
            # Nobody can say whether a COMMIT that was cut off came through: never repeat it.
            if was_cut(error) and classify(error) is not None:
                raise Unavailable("db.unsure", UNSURE, detail=str(error.__cause__)) from error
            raise


def _too_late(detail: str) -> Unavailable:
    return Unavailable("db.slow", TOO_LATE, detail=detail)
