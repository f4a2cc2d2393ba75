"""Worker: claims due jobs, does them at least once, and settles each by its own outcome."""

from __future__ import annotations

import os
import random
import secrets
import socket
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import timedelta
from functools import partial

from twisted.internet.defer import CancelledError, Deferred, DeferredList, TimeoutError
from twisted.logger import Logger

from careline.clock import Clock
from careline.errors import Unavailable
from careline.jobs import store
from careline.jobs.model import (
    JobFunction,
    JobRecord,
    Park,
    Parked,
    Postpone,
    Retry,
    Work,
    retry_decision,
)
from careline.storage import Database, Tx, read_committed
from careline.tasks import Tasks

log = Logger()
LEASE = timedelta(seconds=30)
IDLE = 5.0  # seconds; looks for other processes' jobs at least this often
BUSY = 0.05  # seconds; a due job that another worker holds is looked at again after this
AWAY = 2.0  # seconds between tries while the database is away
KEEP_DONE = timedelta(days=30)
SWEEP_EVERY = 3600.0


def owner_name() -> str:
    """A name for one worker that no other one has, readable in the job table."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(4)}"


class Worker:
    """Runs up to ``limit`` jobs side by side; several workers and processes may share a database.

    ``handlers`` maps a kind to ``async fn(args, job)`` or to ``Work`` with its own time-out and
    retry figures. A worker leaves kinds it has no handler for to others. A job whose worker died
    is taken over when its ``lease`` has run out.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        tasks: Tasks,
        handlers: Mapping[str, Work | JobFunction] | None = None,
        limit: int = 10,
        lease: timedelta = LEASE,
    ) -> None:
        self.owner = owner_name()
        self._db = db
        self._clock = clock
        self._tasks = tasks
        self._limit = limit
        self._lease = lease
        self._work: dict[str, Work] = {}
        self._running: dict[int, JobRecord] = {}
        self._doing: set[Deferred[None]] = set()
        self._wake: Deferred[None] | None = None
        self._poked = False
        self._more = False
        self._stopping = False
        self._claiming: Deferred[None] | None = None
        self._beside: list[Deferred[None]] = []
        for kind, work in (handlers or {}).items():
            self.handle(kind, work)

    def handle(self, kind: str, work: Work | JobFunction) -> None:
        """Take on (or replace) the handler of ``kind``, also while running."""
        self._work[kind] = work if isinstance(work, Work) else Work(work)
        self.poke()

    def drop(self, kinds: Collection[str]) -> None:
        """Leave these kinds alone from now on; their jobs wait until someone handles them."""
        for kind in kinds:
            self._work.pop(kind, None)

    @property
    def kinds(self) -> list[str]:
        """The kinds of jobs that somebody does here."""
        return sorted(self._work)

    @property
    def running(self) -> list[JobRecord]:
        """The jobs in hand."""
        return list(self._running.values())

    def start(self) -> None:
        """Begin to claim jobs."""
        self._stopping = False
        self._claiming = self._tasks.spawn(self._claim_forever(), "claim jobs")
        self._beside = [
            self._tasks.spawn(
                self._every(self._lease.total_seconds() / 3, self._renew), "renew job leases"
            ),
            self._tasks.spawn(self._every(SWEEP_EVERY, self._sweep), "sweep done jobs"),
        ]

    async def stop(self, grace: float = 10.0) -> None:
        """Claim no more, give running jobs ``grace`` seconds, then cancel and hand them back.

        Ends within about three times ``grace``, even with the database away.
        """
        self._stopping = True
        self.poke()
        await self._ended([] if self._claiming is None else [self._claiming], grace)
        await self._ended(self._doing, grace)
        for doing in list(self._doing):
            doing.cancel()
        await self._ended(self._doing, grace)
        for loop in [*self._doing, *self._beside]:
            loop.cancel()

    def poke(self) -> None:
        """Look for due jobs now; called after a commit that put some."""
        self._poked = True
        if self._wake is not None and not self._wake.called:
            self._wake.callback(None)

    async def _claim_forever(self) -> None:
        while not self._stopping:
            self._poked = False
            pause = IDLE
            if self._work and len(self._running) < self._limit:
                try:
                    pause = await self._claim()
                except Unavailable as error:
                    log.warn("jobs wait for the database: {error}", error=error)
                    pause = AWAY
            await self._rest(pause)

    async def _claim(self) -> float:
        """Claim what is due and begin it; gives the seconds until it is worth looking again."""
        free = self._limit - len(self._running)
        now = self._clock.now()
        found = await self._db.run(
            store.claim, self.owner, list(self._work), free, now, self._lease
        )
        self._more = len(found.jobs) == free
        for job in found.jobs:
            self._begin(job)
        self._refill()
        if found.next_at is None or self._more:
            return IDLE
        due = (found.next_at - self._clock.now()).total_seconds()
        return min(IDLE, max(BUSY, due))

    async def _rest(self, seconds: float) -> None:
        if self._poked:
            return
        self._wake = Deferred()
        timer = self._clock.call_later(seconds, self.poke)
        try:
            await self._wake
        finally:
            self._wake = None
            if timer.active():
                timer.cancel()

    def _begin(self, job: JobRecord) -> None:
        known = job.id in self._running
        # Our own lease ran out (database away) and we claimed it anew: it still runs, once.
        self._running[job.id] = job
        if known:
            return
        doing = self._tasks.spawn(self._do(job), f"job {job.kind}")
        self._doing.add(doing)
        doing.addBoth(lambda _: self._over(job, doing))

    def _over(self, job: JobRecord, doing: Deferred[None]) -> None:
        self._doing.discard(doing)
        self._running.pop(job.id, None)
        self._refill()

    def _refill(self) -> None:
        """Claim again when half is free: by handfuls costs the database far less than singly."""
        if self._more and len(self._running) <= self._limit // 2:
            self.poke()

    async def _do(self, job: JobRecord) -> None:
        work = self._work.get(job.kind)
        settle: Callable[[Tx, JobRecord], bool]
        if work is None or self._stopping:
            settle = partial(_hand_back, self._clock, "not begun")
        else:
            settle = await self._outcome(work, job)
        await self._settle(job, settle)

    async def _outcome(self, work: Work, job: JobRecord) -> Callable[[Tx, JobRecord], bool]:
        """Do the job; whatever happens in it becomes the statement that settles it."""
        try:
            if job.tries > work.retry.max_tries:
                raise Park("the process died in each of its tries")
            await self._clock.within(work.timeout, work.do(job.args, job))
        except CancelledError as error:
            if self._stopping:
                return partial(_hand_back, self._clock, "stopped")
            return self._failed(work, job, error)
        except TimeoutError:
            return self._failed(work, job, TimeoutError(f"not done in {work.timeout:g} s"))
        except Exception as error:  # noqa: BLE001 - a worker outlives every job
            return self._failed(work, job, error)
        return partial(_finish, self._clock)

    def _failed(
        self, work: Work, job: JobRecord, error: BaseException
    ) -> Callable[[Tx, JobRecord], bool]:
        chance = random.random()  # noqa: S311 - jitter, not secrecy
        decision = retry_decision(work.retry, job.tries, error, self._clock.now(), chance)
        text = f"{type(error).__name__}: {error}"
        if isinstance(decision, Parked):
            log.error("job {id} ({kind}) parked: {why}", id=job.id, kind=job.kind, why=text)
            return partial(_park, self._clock, text)
        if not isinstance(error, Postpone):
            log.warn(
                "job {id} ({kind}) failed, again at {at}: {why}",
                id=job.id, kind=job.kind, at=decision.run_at, why=text,
            )  # fmt: skip
        return partial(_retry, decision, text)

    async def _settle(self, job: JobRecord, settle: Callable[[Tx, JobRecord], bool]) -> None:
        while True:
            try:
                held = await self._db.run(settle, self._running.get(job.id, job))
            except Unavailable:
                await self._clock.sleep(AWAY)
                continue
            if not held:
                log.warn("job {id} ({kind}) ran past its lease", id=job.id, kind=job.kind)
            return

    async def _every(self, seconds: float, step: Callable[[], Awaitable[None]]) -> None:
        while True:
            await self._clock.sleep(seconds)
            try:
                await step()
            except Unavailable:
                continue

    async def _renew(self) -> None:
        if self._running:
            await self._db.run(store.renew, self.running, self._clock.now(), self._lease)

    async def _sweep(self) -> None:
        await self._db.run(store.sweep, self._clock.now() - KEEP_DONE)

    async def _ended(self, coroutines: Collection[Deferred[None]], seconds: float) -> None:
        """Wait until all have ended, at most ``seconds``, without cancelling them."""
        ended: Deferred[None] = Deferred()
        everyone = DeferredList(list(coroutines))
        everyone.addCallback(lambda _: None if ended.called else ended.callback(None))
        try:
            await self._clock.within(seconds, ended)
        except TimeoutError:
            return


@read_committed
def _finish(clock: Clock, tx: Tx, job: JobRecord) -> bool:
    return store.finish(tx, job, clock.now())


@read_committed
def _retry(decision: Retry, why: str, tx: Tx, job: JobRecord) -> bool:
    return store.retry(tx, job, decision.run_at, why, decision.counted)


@read_committed
def _park(clock: Clock, why: str, tx: Tx, job: JobRecord) -> bool:
    return store.park(tx, job, why, clock.now())


@read_committed
def _hand_back(clock: Clock, why: str, tx: Tx, job: JobRecord) -> bool:
    return store.retry(tx, job, clock.now(), why, counted=False)
