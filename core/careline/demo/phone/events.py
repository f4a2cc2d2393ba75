"""What happened to a phone, in order, to be awaited by tests and scripts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import frozen
from twisted.internet.defer import Deferred, TimeoutError

from careline.clock import Clock

if TYPE_CHECKING:
    from careline.demo.phone.call import Call

PATIENCE_S = 60.0
"""How long a wait lasts that nobody limits: a slow machine needs more than a fast one."""


@frozen
class Event:
    """One thing that happened: ``name``, monotonic time ``at`` and, with a call, which one.

    Names: registered, ringing, answered, held, resumed, digit, transfer, ended. ``detail`` is the
    caller's number (ringing), the digit, the transfer's status or why the call ended.
    """

    name: str
    at: float
    detail: str = ""
    call: Call | None = None


class Events:
    """A queue from which the wanted event is taken, whatever came before it.

    ``history`` keeps all events, taken or not.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: list[tuple[Callable[[Event], bool], Deferred[Event]]] = []
        self._pending: list[Event] = []
        self.history: list[Event] = []

    def add(self, name: str, detail: str = "", call: Call | None = None) -> Event:
        """Note that something happened now, and wake the one who waits for it."""
        event = Event(name, self._clock.seconds(), detail, call)
        self.history.append(event)
        for waiter in self._waiting:
            wanted, deferred = waiter
            if wanted(event):
                self._waiting.remove(waiter)
                deferred.callback(event)
                return event
        self._pending.append(event)
        return event

    async def take(self, name: str, timeout: float, call: Call | None = None) -> Event:
        """The first event ``name`` (of ``call``) not taken yet; waits up to ``timeout`` seconds.

        Raises TimeoutError that tells what came instead.
        """

        def wanted(event: Event) -> bool:
            return event.name == name and call in (None, event.call)

        for event in self._pending:
            if wanted(event):
                self._pending.remove(event)
                return event
        deferred: Deferred[Event] = Deferred(
            lambda _: self._waiting.remove(waiter) if waiter in self._waiting else None
        )
        waiter = (wanted, deferred)
        self._waiting.append(waiter)
        try:
            return await self._clock.within(timeout, deferred)
        except TimeoutError:
            seen = ", ".join(f"{one.name} {one.detail}".strip() for one in self.history)
            raise TimeoutError(
                f"no {name!r} within {timeout:g} s; came: {seen or 'nothing'}"
            ) from None


class Milestone:
    """Something that happens once; any number may wait for it, before or after."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: list[Deferred[None]] = []
        self.reached = False

    def reach(self) -> None:
        """It happened: wake all who wait."""
        self.reached = True
        waiting, self._waiting = self._waiting, []
        for deferred in waiting:
            deferred.callback(None)

    async def wait(self, timeout: float) -> None:
        """Wait for it up to ``timeout`` seconds, else TimeoutError."""
        if self.reached:
            return
        deferred: Deferred[None] = Deferred(self._drop)
        self._waiting.append(deferred)
        await self._clock.within(timeout, deferred)

    def _drop(self, deferred: Deferred[None]) -> None:
        if deferred in self._waiting:
            self._waiting.remove(deferred)
