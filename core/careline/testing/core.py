"""A whole core in memory: real services, pages, hooks, jobs and calls, on a clock that tests move.

No threads, no processes, no network: it takes a moment and is the same each time. Calls come over
the scripted switch, browsers speak HTTP with it in memory, and sentences are spoken in silence::

    core = MemoryCore(tmp_path, ["parking"], tables={"parking": {"places": 3}})
    core.run(core.up())
    caller = core.run(core.calls_in("13800001111"))
    page = core.run(core.browser("8001").get("/parking"))
    core.run(core.down())

The fixtures ``core`` and ``make_core`` do that. What a story needs of calls is the same as in
:class:`careline.testing.house.House`, so that one written for this core plays on Asterisk too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import tomlkit
from attrs import evolve
from twisted.internet.defer import Deferred

from careline.agents.store import list_agents, list_phones
from careline.app import App
from careline.asterisk.model import AsteriskFiles
from careline.calls.model import CallRecord
from careline.campuses.store import list_trunks
from careline.clock import Clock
from careline.config import Home, Settings, load, write_default
from careline.plugins.catalog import Catalog, read_catalog
from careline.plugins.edit import edited
from careline.prompts.service import Prompts
from careline.prompts.speech import Tools
from careline.queues.store import list_queues
from careline.setup.prepare import prompts_of
from careline.setup.switch_files import switch_files
from careline.storage import Database, Tx, open_database
from careline.testing.floor import Staged
from careline.testing.memory import MemoryReactor
from careline.testing.pool import InlinePool
from careline.testing.prepared import Databases
from careline.testing.runner import run_async
from careline.testing.speech import SilentVoice
from careline.testing.stage import ScriptedStage
from careline.testing.unhandled import Unhandled
from careline.testing.visitors import Visitors
from careline.testing.walking import Walking

T = TypeVar("T")
#: Monday, ten in the morning in Shanghai.
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
IN_STEP_S = 30.0


class InlineReactor(MemoryReactor):
    """A reactor in memory in which "from a thread" is at once."""

    def callFromThread(self, callable: Any, *args: Any, **kwargs: Any) -> None:
        """Call now."""
        callable(*args, **kwargs)


def written(
    folder: Path,
    plugins: Collection[str] = (),
    tables: Mapping[str, Mapping[str, Any]] | None = None,
    url: str = "",
) -> Settings:
    """A home in ``folder`` with ``plugins`` enabled and their ``tables`` in careline.toml.

    ``url`` is the database, a SQLite file of the home when empty.
    """
    home = Home(folder)
    if not home.config.exists():
        write_default(home)
    document = tomlkit.parse(edited(home.config.read_text(encoding="utf-8"), list(plugins)))
    if tables:
        document["plugin"] = {name: dict(table) for name, table in tables.items()}
    if url:
        document["database"]["url"] = url
    home.config.write_text(tomlkit.dumps(document), encoding="utf-8")
    return load(home.config, {})


class MemoryCore(Staged, Visitors, Walking, App):
    """A core in memory, with the demonstration's campuses, queues, agents and accounts.

    ``plugins`` are enabled, each with its table of ``tables`` in careline.toml. ``folder`` becomes
    its home. ``url`` is an empty PostgreSQL database; without it there is a SQLite file.
    ``began`` is the wall clock at the begin. ``voice.texts`` are the sentences that were spoken.
    """

    reactor: InlineReactor
    stage: ScriptedStage

    def __init__(
        self,
        folder: Path,
        plugins: Collection[str] = (),
        catalog: Catalog | None = None,
        tables: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        url: str = "",
        began: datetime = NOW,
        databases: Databases | None = None,
    ) -> None:
        self.voice = SilentVoice()
        reactor = InlineReactor()
        settings = written(folder, plugins, tables, url)
        clock = Clock(reactor, lambda: began + timedelta(seconds=reactor.seconds()))
        catalog = read_catalog() if catalog is None else catalog
        (databases or Databases(folder)).put(settings, catalog, clock)
        super().__init__(reactor, settings, clock, catalog)
        self.app = self
        self._is_up = False

    # What is not as in a house: no threads, no voice, no sockets

    def _open_threads(self, count: int, name: str) -> Any:
        return InlinePool()

    def _open_database(self) -> Database:
        return open_database(self.settings.database_url, clock=self.clock, tasks=self.tasks)

    def _open_prompts(self) -> Prompts:
        made = prompts_of(self.settings, self.db, self.clock, self.in_call_thread, tools=Tools())
        return evolve(made, engine=self.voice)

    def _prepare(self) -> None:
        """Nothing is read ahead: it would take longer than most tests."""

    # Its life

    async def up(self) -> None:
        """Start the switch, then the core; returns when they are in step."""
        own = self.settings
        self.stage = ScriptedStage(
            self.reactor, self.db.run_sync(_files, own), own.core.agi_port, self.clock
        )
        in_step: Deferred[None] = Deferred()
        self.resynced.append(lambda: None if in_step.called else in_step.callback(None))
        await self.start()
        self._is_up = True
        await self.clock.within(IN_STEP_S, in_step)
        await self.settled()

    async def down(self) -> None:
        """End it, as a restart does; nothing happens when it is not up."""
        if self._is_up:
            self._is_up = False
            await self.stop()
            await self.stage.close()

    def run(self, coro: Awaitable[T]) -> T:
        """Run a coroutine to its end; the clock moves on as far as that takes."""
        return run_async(coro, self.clock)

    async def over(self, timeout: float = 600.0) -> CallRecord:
        """Wait until no call is open any more; the record of the latest, as stored."""
        return await super().over(timeout)

    def wait(self, **duration: float) -> None:
        """Let time pass at once: ``core.wait(days=1)``; then do what has fallen due.

        A timer that repeats fires once for all of that time. AssertionError for errors that nobody
        handled.
        """
        with Unhandled() as unhandled:
            self.reactor.advance(timedelta(**duration).total_seconds())
            unhandled.check()
        self.run(self.settled())


#: Makes cores: the fixture ``make_core``.
MakeCore: TypeAlias = Callable[..., MemoryCore]


def _files(tx: Tx, settings: Settings) -> AsteriskFiles:
    return switch_files(
        settings, list_phones(tx), list_agents(tx), list_trunks(tx), list_queues(tx)
    )
