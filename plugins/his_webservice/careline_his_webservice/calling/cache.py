"""What was read lately, with its age: given again while it is fresh, and while nobody answers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable
from functools import partial
from typing import Any, Generic, TypeVar

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from careline.clock import Clock, TimeoutError
from careline.errors import CarelineError, Unavailable
from careline.tasks import Tasks

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

PATIENCE_S = 1.5
"""Seconds for which a new answer is waited for when an older one is there to be given."""
MOST = 300
"""Copies that are kept."""
MOST_WEIGHT = 200_000
"""What all copies may weigh together: slots of schedules, some 250 bytes each."""


@define
class _Copy(Generic[V]):
    """A value, when it was asked for (monotonic seconds), and whether it may still be fresh."""

    value: V
    asked: float
    stale: bool = False

    @property
    def newness(self) -> tuple[float, bool]:
        """Of two copies the later is newer; of one moment's the one that is not overtaken."""
        return self.asked, not self.stale


@define
class _Fetch(Generic[V]):
    """A question under way, and those who wait for its answer."""

    asked: float
    waiting: list[Deferred[V]] = field(factory=list)
    stale: bool = False
    """True when what it will bring is overtaken already."""


class Cache(Generic[K, V]):
    """Copies by key. Fresh (``fresh_s``) ones are given at once; older ones are asked for anew.

    When that fails, or takes longer than a moment, the old copy is given up to ``max_age_s``; the
    answer is kept when it comes. Equal questions at the same time are asked once. The copies that
    nobody has asked for longest go when there are too many, or what they ``weigh`` is too much.
    """

    def __init__(
        self,
        clock: Clock,
        tasks: Tasks,
        fresh_s: float,
        max_age_s: float,
        weigh: Callable[[V], int] = lambda _: 1,
    ) -> None:
        self._clock = clock
        self._tasks = tasks
        self._fresh_s = fresh_s
        self._max_age_s = max_age_s
        self._weigh = weigh
        self._weight = 0
        self._copies: OrderedDict[K, _Copy[V]] = OrderedDict()
        self._fetches: dict[K, _Fetch[V]] = {}

    async def read(self, key: K, ask: Callable[[], Coroutine[Any, Any, V]]) -> V:
        """The value of ``key``; what ``ask`` raises when there is no copy to give."""
        copy = self._usable(key)
        if copy is None:
            return await self._fetched(key, ask)
        if not copy.stale and self._clock.seconds() - copy.asked < self._fresh_s:
            return copy.value
        try:
            return await self._clock.within(PATIENCE_S, self._fetched(key, ask))
        except (Unavailable, TimeoutError):
            return copy.value

    def overtake(self, which: Callable[[K, V], bool]) -> None:
        """Ask anew for what ``which`` picks: something was changed there by ourselves.

        What is being read meanwhile may be from before, and counts as old too.
        """
        for key, copy in self._copies.items():
            if which(key, copy.value):
                copy.stale = True
        for fetch in self._fetches.values():
            fetch.stale = True
        self._fetches.clear()

    def _usable(self, key: K) -> _Copy[V] | None:
        copy = self._copies.get(key)
        if copy is None or self._clock.seconds() - copy.asked > self._max_age_s:
            return None
        self._copies.move_to_end(key)
        return copy

    async def _fetched(self, key: K, ask: Callable[[], Coroutine[Any, Any, V]]) -> V:
        """The answer to one question that all who ask the same wait for."""
        fetch = self._fetches.get(key)
        if fetch is None:
            fetch = self._fetches[key] = _Fetch(self._clock.seconds())
            mine = self._waiter(fetch)
            self._tasks.spawn(self._run(key, fetch, ask), "reading from a hospital's system")
        else:
            mine = self._waiter(fetch)
        return await mine

    @staticmethod
    def _waiter(fetch: _Fetch[V]) -> Deferred[V]:
        def gone(one: Deferred[V]) -> None:
            fetch.waiting = [other for other in fetch.waiting if other is not one]

        mine: Deferred[V] = Deferred(gone)
        fetch.waiting.append(mine)
        return mine

    async def _run(
        self, key: K, fetch: _Fetch[V], ask: Callable[[], Coroutine[Any, Any, V]]
    ) -> None:
        """Ask; what comes is kept and told, whatever it is."""
        asked = Deferred.fromCoroutine(ask())
        await asked.addBoth(partial(self._came, key, fetch))

    def _came(self, key: K, fetch: _Fetch[V], result: V | Failure) -> Failure | None:
        """A failure is told to those who wait; with none, one that is a bug is logged."""
        if self._fetches.get(key) is fetch:
            del self._fetches[key]
        waiting, fetch.waiting = fetch.waiting, []
        if isinstance(result, Failure):
            for one in waiting:
                one.errback(result)
            return None if waiting or isinstance(result.value, CarelineError) else result
        self._keep(key, _Copy(result, fetch.asked, fetch.stale))
        for one in waiting:
            one.callback(result)
        return None

    def _keep(self, key: K, copy: _Copy[V]) -> None:
        before = self._copies.get(key)
        if before is not None and before.newness > copy.newness:
            return  # a later question was answered earlier
        self._weight += self._weigh(copy.value) - (self._weigh(before.value) if before else 0)
        self._copies[key] = copy
        self._copies.move_to_end(key)
        while len(self._copies) > MOST or (self._weight > MOST_WEIGHT and len(self._copies) > 1):
            _, gone = self._copies.popitem(last=False)
            self._weight -= self._weigh(gone.value)
