"""The lowest floor of a core: what every service stands on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

from careline.clock import Clock
from careline.config import Settings
from careline.control import ControlServer
from careline.hooks import Hub
from careline.jobs.model import Job
from careline.jobs.outbox import Outbox
from careline.jobs.service import Worker
from careline.storage import Database, Tx, open_database
from careline.tasks import Tasks
from careline.telephony.agi import AgiServer, AgiSession
from careline.telephony.ami import AmiLink
from careline.telephony.switch import Switch

SLOW_THREADS = 4
#: Of their own, so that no upload, backup or sign-in stands before what a caller waits for.
CALL_THREADS = 4

Served = Callable[[AgiSession], Awaitable[None]]


class Ground:
    """Reactor, clock, threads, database, jobs, hooks, and the connections to the outside.

    ``served`` are the verbs of FastAGI by path; the floor above fills it.
    """

    def __init__(self, reactor: Any, settings: Settings, clock: Clock | None = None) -> None:
        self.reactor = reactor
        self.settings = settings
        self.clock = clock or Clock(reactor)
        self.tasks = Tasks()
        self.threads = self._open_threads(SLOW_THREADS, "slow")
        self.call_threads = self._open_threads(CALL_THREADS, "calls")
        self.db = self._open_database()
        self.outbox = Outbox(self.clock)
        self.worker = Worker(self.db, self.clock, self.tasks)
        self.outbox.listen(self.worker.poke)
        self.hub = Hub(self.clock, self.tasks, self._put_job)
        self._connect()

    def _open_database(self) -> Database:
        """The database, with threads of its own."""
        url, reactor = self.settings.database_url, self.reactor
        return open_database(url, clock=self.clock, tasks=self.tasks, reactor=reactor)

    def _open_threads(self, count: int, name: str) -> ThreadPool:
        return ThreadPool(0, count, name)

    def _connect(self) -> None:
        own = self.settings.asterisk
        self.link = AmiLink(
            self.clock,
            self.tasks,
            lambda: TCP4ClientEndpoint(self.reactor, own.ami_host, own.ami_port, timeout=5),
            own.ami_user,
            own.ami_secret.reveal(),
        )
        self.switch = Switch(self.link)
        self.served: Mapping[str, Served] = {}
        self.agi = AgiServer(self.reactor, self.clock, self.tasks, self._serve)
        self.control = ControlServer(self.reactor, self.clock, self.tasks)

    async def _serve(self, session: AgiSession) -> None:
        await self.served[session.path](session)

    def _put_job(self, tx: Tx, kind: str, args: Any) -> int:
        return self.outbox.put(tx, Job(kind, args))

    def in_thread(self, call: Callable[..., Any], *args: Any) -> Deferred[Any]:
        """Run a blocking function in a thread that is not the database's."""
        return deferToThreadPool(self.reactor, self.threads, call, *args)

    def in_call_thread(self, call: Callable[..., Any], *args: Any) -> Deferred[Any]:
        """The same for what a caller waits for."""
        return deferToThreadPool(self.reactor, self.call_threads, call, *args)
