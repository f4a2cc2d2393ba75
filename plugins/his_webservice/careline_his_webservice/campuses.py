"""All campuses that a system speaks for: each with its adapter, its door and threads of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from threading import Thread
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.python.threadpool import ThreadPool

from careline.clinic import Schedule
from careline.clinic.his import His, TellsStays
from careline.clock import TimeoutError
from careline.errors import CarelineError, Unavailable
from careline.plugins import Core
from careline_his_webservice.borrowed import Borrowing
from careline_his_webservice.calling.cache import Cache
from careline_his_webservice.calling.door import Door
from careline_his_webservice.calling.exchanges import ExchangeLog
from careline_his_webservice.campus import Campus
from careline_his_webservice.config import CampusSettings, Config
from careline_his_webservice.ground import Ground

START_S = 5.0
STOP_S = 2.0

log = Logger()

Build = Callable[[Ground, Any], His]


def builder(kind: str) -> Build:
    """An adapter's ``build``, imported when a campus has that kind."""
    build: Build = import_module(f"careline_his_webservice.adapters.{kind}.build").build
    return build


class _Daemon(Thread):
    """Ends with the process, whatever it waits for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs, daemon=True)


class Threads:
    """A few threads of one campus; one that hangs holds up neither others nor careline's end."""

    def __init__(self, core: Core, campus: str, most: int) -> None:
        self._reactor = core.reactor
        self._pool = ThreadPool(0, most, f"his-{campus}")
        self._pool.threadFactory = _Daemon

    def run(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Deferred[Any]:
        """Call in a thread; it must end by itself.

        Given up before its turn it is not called at all: an order must not be sent later, when
        everybody has been told that it was not.
        """
        if not self._pool.started:
            self._pool.start()
        given_up = False

        def work() -> Any:
            return None if given_up else call(*args, **kwargs)

        def settled(result: Any) -> Any:
            nonlocal given_up
            given_up = True  # when it was called, this changes nothing
            return result

        asked: Deferred[Any] = deferToThreadPool(self._reactor, self._pool, work)
        return asked.addBoth(settled)

    def stop(self) -> None:
        """End them, each when its call has ended; waits for none."""
        if self._pool.started:
            Thread(target=self._pool.stop, daemon=True).start()


def _weight_of(schedule: Schedule) -> int:
    """What a copy of it takes of the memory: many departments, or a month, have many slots."""
    return 1 + len(schedule.clinics) + len(schedule.slots)


class Campuses:
    """Campuses by name, in the order of careline.toml."""

    def __init__(self, core: Core, config: Config, exchanges: ExchangeLog) -> None:
        self._core = core
        self._exchanges = exchanges
        self._threads: list[Threads] = []
        self.by_name = {name: self._campus(name, one) for name, one in config.campus.items()}
        borrowers = [one for one in self.by_name.values() if one.settings.borrowed]
        self._borrowing = Borrowing(core, borrowers, self._ground)

    def get(self, name: str) -> Campus | None:
        """One campus; None when no system is configured for it."""
        return self.by_name.get(name)

    def telling_stays(self) -> dict[str, TellsStays]:
        """The campuses whose system is asked for stays, each behind its door."""
        return {name: one for name, one in self.by_name.items() if isinstance(one.his, TellsStays)}

    async def start(self) -> None:
        """Let adapters connect and listen; one that fails says so in its state, others go on."""
        for campus in self.by_name.values():
            if campus.his is not None:
                try:
                    await self._core.clock.within(START_S, campus.his.start())
                except CarelineError as error:
                    self._faulty(campus, error)
                except TimeoutError:
                    self._faulty(campus, _late_start(campus.name))
        await self._borrowing.start()

    async def borrow(self) -> None:
        """Have the adapters that other plugins bring, without following them from then on."""
        await self._borrowing.look()

    async def stop(self) -> None:
        """Close everything; who does not end in time is left behind."""
        await self._borrowing.stop()
        for campus in self.by_name.values():
            if campus.his is not None:
                try:
                    await self._core.clock.within(STOP_S, campus.his.stop())
                except (CarelineError, TimeoutError) as error:
                    log.warn("campus {campus}: {error}", campus=campus.name, error=error)
        for threads in self._threads:
            threads.stop()

    def _campus(self, name: str, settings: CampusSettings) -> Campus:
        core = self._core
        campus = Campus(
            name=name,
            settings=settings,
            door=Door(name, core.clock, settings.concurrency),
            directories=Cache(core.clock, core.tasks, settings.cache_s, settings.max_age_s),
            schedules=Cache(
                core.clock, core.tasks, settings.cache_s, settings.max_age_s, _weight_of
            ),
        )
        if settings.borrowed:
            return campus
        try:
            campus.his = self._built(name, settings, settings.kind)
        except CarelineError as error:
            self._faulty(campus, error)
        return campus

    def _built(self, name: str, settings: CampusSettings, kind: str) -> His:
        return builder(kind)(self._ground(name, settings), settings.settings_of(kind))

    def _ground(self, name: str, settings: CampusSettings) -> Ground:
        threads = Threads(self._core, name, settings.concurrency)
        self._threads.append(threads)
        return Ground(
            campus=name,
            core=self._core,
            folder=self._core.settings.home.root,
            timeout_s=settings.timeout_s,
            exchanges=self._exchanges.of(name),
            in_thread=threads.run,
            companion=partial(self._built, name, settings),
        )

    def _faulty(self, campus: Campus, error: CarelineError) -> None:
        campus.his, campus.fault = None, error
        log.error("campus {campus}: its system cannot be used", campus=campus.name)


def _late_start(campus: str) -> Unavailable:
    return Unavailable(
        "his.start_late", "the adapter of campus {campus} did not start in time", campus=campus
    )
