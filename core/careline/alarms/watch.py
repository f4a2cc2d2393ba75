"""Looks again and again: each source in its own rhythm, so that a slow one hides no other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence

from attrs import frozen
from twisted.internet.defer import CancelledError
from twisted.logger import Logger

from careline.alarms.model import Condition
from careline.alarms.service import Alarms
from careline.clock import Clock, TimeoutError
from careline.errors import CarelineError
from careline.tasks import Tasks

LIMIT_S = 60.0

log = Logger()


@frozen(kw_only=True)
class Source:
    """Something that is looked at every so many seconds; ``look`` tells all that is wrong.

    The first look is ``after_s`` seconds after the start.
    """

    name: str
    every_s: float
    after_s: float = 0.0
    look: Callable[[], Awaitable[Iterable[Condition]]]


class Watch:
    """Keeps :class:`Alarms` told by all sources, from :meth:`start` until the tasks are stopped."""

    def __init__(
        self, clock: Clock, tasks: Tasks, alarms: Alarms, sources: Sequence[Source]
    ) -> None:
        self._clock = clock
        self._tasks = tasks
        self._alarms = alarms
        self._sources = {one.name: one for one in sources}

    def start(self) -> None:
        """Look at all now and from now on; alarms of sources that are gone are over."""
        self._alarms.drop(self._sources)
        for source in self._sources.values():
            self._tasks.spawn(self._again(source), f"alarms of {source.name}")

    def look_soon(self, name: str) -> None:
        """Look at one source out of turn: something has just happened there."""
        source = self._sources.get(name)
        if source is not None:
            self._tasks.spawn(self.once(source), f"alarms of {name}")

    async def all_once(self) -> None:
        """Look at everything now, one after the other."""
        for source in self._sources.values():
            await self.once(source)

    async def _again(self, source: Source) -> None:
        await self._clock.sleep(source.after_s)
        while True:
            await self.once(source)
            await self._clock.sleep(source.every_s)

    async def once(self, source: Source) -> None:
        """Look; when that cannot be done, what was known stays."""
        try:
            found = list(await self._clock.within(LIMIT_S, source.look()))
        except CancelledError:
            raise
        except (CarelineError, OSError, TimeoutError) as error:
            log.warn("alarms: {source} cannot be seen: {error}", source=source.name, error=error)
        except Exception:  # noqa: BLE001 - one look that fails must not end all that follow
            log.failure("alarms: looking at {source} failed", source=source.name)
        else:
            self._alarms.take(source.name, found)
