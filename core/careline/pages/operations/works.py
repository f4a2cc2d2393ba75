"""Work that takes a while: begun here, left and found again while it goes on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime

from attrs import define, field
from twisted.internet.defer import Deferred

from careline.clock import Clock, TimeoutError
from careline.errors import CarelineError, Conflict, Unavailable
from careline.i18n import Text
from careline.tasks import Tasks

AT_ONCE_S = 0.8
"""Who begins something waits so long for its end: most of it is done by then."""


@define
class Work:
    """One piece of work; ``share`` is how much is done (0 to 1) where that is known."""

    name: str
    title: Text
    started: datetime
    share: float | None = None
    ended: datetime | None = None
    error: CarelineError | None = None
    told: Text | None = None
    over: Deferred[None] = field(factory=Deferred, repr=False)

    @property
    def runs(self) -> bool:
        """True until its end."""
        return self.ended is None


class Works:
    """The works of this core by name, the last of each name; nothing of it is stored."""

    def __init__(self, clock: Clock, tasks: Tasks) -> None:
        self._clock = clock
        self._tasks = tasks
        self._works: dict[str, Work] = {}

    def get(self, name: str) -> Work | None:
        """The last work of that name."""
        return self._works.get(name)

    def beginning(self, prefix: str) -> dict[str, Work]:
        """All works whose names begin so, by the rest of the name."""
        return {
            name.removeprefix(prefix): work
            for name, work in self._works.items()
            if name.startswith(prefix)
        }

    async def begin(self, name: str, title: Text, do: Callable[[Work], Awaitable[Text]]) -> Work:
        """Do it beside everything else; returns when it has ended or after a moment.

        ``do`` is given the work, to note how far it is, and answers with what to say of it.
        Conflict while one of the same name goes on.
        """
        was = self._works.get(name)
        if was is not None and was.runs:
            raise Conflict("works.runs", "This is under way already.")
        work = Work(name=name, title=title, started=self._clock.now())
        self._works[name] = work
        self._tasks.spawn(self._do(work, do), name)
        with suppress(TimeoutError):  # it goes on; the page shows how far it is
            await self._clock.within(AT_ONCE_S, _beside(work.over))
        return work

    async def _do(self, work: Work, do: Callable[[Work], Awaitable[Text]]) -> None:
        try:
            work.told = await do(work)
        except CarelineError as error:
            work.error = error
        finally:
            if work.told is None and work.error is None:  # what nobody foresaw; the log has it
                work.error = Unavailable("works.failed", "Something went wrong")
            work.ended = self._clock.now()
            work.over.callback(None)


def _beside(over: Deferred[None]) -> Deferred[None]:
    """Fires with ``over``; to give it up leaves ``over`` alone."""
    waits: Deferred[None] = Deferred()

    def fire(_: None) -> None:
        if not waits.called:
            waits.callback(None)

    over.addCallback(fire)
    return waits
