"""Who holds up the process: calls that block, seen by Python's audit events, and work done at once.

Both are counted outside threads only: what a plugin does by ``core.in_thread`` and in transactions
holds up nobody. Work is measured by the processor's time, so that a busy machine accuses nobody.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

import tomlkit
from attrs import define, field
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import ILogObserver, LogEvent, LogLevel, formatEvent, globalLogPublisher
from zope.interface import implementer

from careline.app import App
from careline.clock import Clock
from careline.config import Home, load, write_default
from careline.plugins import Catalog
from careline.storage import Database, InlineThreads
from careline.storage.engine import build_engine
from careline.testing.memory import MemoryReactor
from careline.testing.pool import InlinePool
from careline.testing.runner import run_async
from careline_migrations.tables import import_stores

T = TypeVar("T")

#: Audit events of what blocks (docs.python.org, "Audit events table").
BLOCKS = {
    "socket.connect": "socket.connect",
    "socket.getaddrinfo": "socket.getaddrinfo",
    "subprocess.Popen": "subprocess",
    "os.system": "os.system",
    "urllib.Request": "urllib.request",
}
#: Seconds of work at once, without letting anybody else have a turn.
BUDGET_S = 1.0
#: So many turns at one and the same moment are a loop without pauses.
AT_ONCE = 5000


@define(eq=False)
class Watched:
    """What was seen while watched: ``blocked`` names calls, ``worked`` is seconds."""

    blocked: list[str] = field(factory=list)
    worked: float = 0.0
    in_threads: float = 0.0
    depth: int = 0


_watched: list[Watched] = []
_hooked: list[bool] = []


def _note(event: str, _: object) -> None:
    if _watched and event in BLOCKS and not _watched[-1].depth:
        _watched[-1].blocked.append(BLOCKS[event])


@contextmanager
def watch() -> Iterator[Watched]:
    """Watch this thread's plugin code; audit hooks stay for good and are idle outside."""
    if not _hooked:
        _hooked.append(True)
        sys.addaudithook(_note)
    seen = Watched()
    _watched.append(seen)
    began, sleep = time.thread_time(), time.sleep

    def noted(seconds: Any) -> None:  # its own audit event comes with Python 3.13
        if not seen.depth:
            seen.blocked.append("time.sleep")
        sleep(seconds)

    time.sleep = noted
    try:
        yield seen
    finally:
        time.sleep = sleep
        _watched.remove(seen)
        seen.worked = time.thread_time() - began - seen.in_threads


def elsewhere(call: Callable[..., Any], *args: object, **more: object) -> Any:
    """Call as a thread would: not counted."""
    if not _watched:
        return call(*args, **more)
    seen, began = _watched[-1], time.thread_time()
    seen.depth += 1
    try:
        return call(*args, **more)
    finally:
        seen.depth -= 1
        if not seen.depth:
            seen.in_threads += time.thread_time() - began


class Calm(MemoryReactor):
    """A clock that a loop without pauses cannot stop: what comes at once too often comes later."""

    def __init__(self) -> None:
        super().__init__()
        self.floods = 0
        self._now, self._at_once = 0.0, 0

    def callLater(
        self, delay: float, callable: Callable[..., object], *args: object, **kw: object
    ) -> IDelayedCall:
        """Call later, by a second more when somebody calls all the time."""
        if self.seconds() != self._now:
            self._now, self._at_once = self.seconds(), 0
        self._at_once += delay <= 0
        if self._at_once > AT_ONCE:
            self.floods += 1
            delay += 1.0
        return super().callLater(delay, callable, *args, **kw)


@implementer(ILogObserver)
class Logged:
    """Context manager that keeps the errors which the core logs about ``plugin``."""

    def __init__(self, plugin: str) -> None:
        self.said: list[str] = []
        self._plugin = plugin

    def __call__(self, event: LogEvent) -> None:
        """Look at one line of the log (ILogObserver)."""
        bad = event.get("log_level") in (LogLevel.error, LogLevel.critical)
        if bad and event.get("plugin") == self._plugin:
            self.said.append(formatEvent(event))

    def __enter__(self) -> Self:
        globalLogPublisher.addObserver(self)
        return self

    def __exit__(self, *_: object) -> None:
        globalLogPublisher.removeObserver(self)


class _Threads(InlineThreads):
    """The database's threads: what a transaction does is not counted, what follows it is."""

    def __init__(self) -> None:
        self._told: list[Callable[[], object]] = []

    def callInThread(self, func: Callable[..., object], *args: Any, **kw: Any) -> None:
        """Call now, then what it tells the reactor's thread."""
        elsewhere(func, *args, **kw)
        told, self._told = self._told, []
        for call in told:
            call()

    def callFromThread(self, callable: Callable[..., Any], *args: object, **kwargs: object) -> None:
        """After the call in the thread."""
        self._told.append(partial(callable, *args, **kwargs))


class WatchedCore(App):
    """A core in memory with ``plugins`` enabled, in a home of its own at ``folder``.

    Threads are told apart from what holds up the process. ``tables`` are the plugins' tables of
    careline.toml.
    """

    reactor: Calm

    def __init__(
        self,
        folder: Path,
        plugins: Sequence[str],
        catalog: Catalog,
        tables: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        home = Home(folder)
        write_default(home)
        document = tomlkit.parse(home.config.read_text(encoding="utf-8"))
        document["plugins"] = list(plugins)
        document["plugin"] = dict(tables or {})
        home.config.write_text(tomlkit.dumps(document), encoding="utf-8")
        reactor = Calm()
        super().__init__(reactor, load(home.config, {}), Clock(reactor), catalog)

    def _open_threads(self, count: int, name: str) -> Any:
        return InlinePool(elsewhere)

    def _open_database(self) -> Database:
        threads = _Threads()
        engine = build_engine(self.settings.database_url)
        return Database(engine, threads, threads, self.clock, self.tasks)

    def run(self, awaited: Awaitable[T]) -> T:
        """Run a coroutine to its end, moving the clock on."""
        return run_async(awaited, self.reactor)

    async def up(self) -> None:
        """Make the tables, load the plugins, read the state, start plugins and jobs; no ports."""
        import_stores()
        self.migrations.upgrade(self.settings.plugins)
        await self.plugins.load()
        await self._read_state()
        await self.plugins.start()
        self.worker.start()

    async def down(self) -> None:
        """End all that was begun."""
        await self.plugins.stop()
        await self.worker.stop(1.0)
        for service in (self.agents, self.figures, self.presence):
            service.stop()
        await self.tasks.stop()
        await self.db.close()
        self.migrations.close()
