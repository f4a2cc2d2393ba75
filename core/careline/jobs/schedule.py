"""Schedules: the next run always stands in the job table, put once however many processes run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, tzinfo

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from careline.clock import Clock
from careline.errors import Unavailable
from careline.hooks.values import Schedule
from careline.jobs.model import Job
from careline.jobs.outbox import Outbox
from careline.storage import Database
from careline.tasks import Tasks

log = Logger()
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
LONGEST_NAP = 60.0  # seconds; a step of the wall clock is noticed after this at the latest
AWAY = 2.0  # seconds between tries while the database is away


def next_due(schedule: Schedule, after: datetime, zone: tzinfo) -> datetime:
    """The first due time later than ``after``: the same in every process, whenever it began.

    Of a schedule with neither ``every`` nor ``at`` there is none: ValueError.
    """
    if schedule.every is not None:
        return EPOCH + ((after - EPOCH) // schedule.every + 1) * schedule.every
    if schedule.at is None:
        raise ValueError(f"schedule {schedule.name} has no time")
    day = after.astimezone(zone).date() - timedelta(days=1)
    while True:
        due = datetime.combine(day, schedule.at, tzinfo=zone).astimezone(UTC)
        if due > after:
            return due
        day += timedelta(days=1)


def run_of(owner: str, schedule: Schedule, due: datetime) -> Job:
    """The job of one run; its dedupe key makes it one, whoever puts it."""
    key = f"{owner}.{schedule.name}@{due.isoformat()}"
    return Job(schedule.kind, schedule.args, run_at=due, dedupe_key=key)


class Scheduler:
    """Puts the runs of schedules, each one ahead of its time.

    So a run that falls due while no process lives is done by the next one, once; of several missed
    runs there is only that one. ``zone`` is the one in which ``at`` is meant.
    """

    def __init__(
        self,
        db: Database,
        outbox: Outbox,
        clock: Clock,
        tasks: Tasks,
        zone: Callable[[], tzinfo],
    ) -> None:
        self._db = db
        self._outbox = outbox
        self._clock = clock
        self._tasks = tasks
        self._zone = zone
        self._repeating: dict[str, list[Deferred[None]]] = {}

    @property
    def owners(self) -> list[str]:
        """Whose schedules are kept."""
        return sorted(self._repeating)

    def add(self, owner: str, schedules: Iterable[Schedule]) -> None:
        """Begin to put the runs of ``owner``'s schedules, in place of those it had."""
        self.drop(owner)
        self._repeating[owner] = [
            self._tasks.spawn(self._repeat(owner, one), f"schedule {owner}.{one.name}")
            for one in schedules
        ]

    def drop(self, owner: str) -> None:
        """Put no more runs for ``owner``."""
        for repeating in self._repeating.pop(owner, ()):
            repeating.cancel()

    async def _repeat(self, owner: str, schedule: Schedule) -> None:
        after = self._clock.now()
        while True:
            due = next_due(schedule, after, self._zone())
            await self._put(run_of(owner, schedule, due))
            await self._until(due)
            after = self._clock.now()

    async def _put(self, job: Job) -> None:
        while True:
            try:
                await self._db.run(self._outbox.put, job)
            except Unavailable as error:
                log.warn("schedules wait for the database: {error}", error=error)
                await self._clock.sleep(AWAY)
            else:
                return

    async def _until(self, due: datetime) -> None:
        while (left := (due - self._clock.now()).total_seconds()) > 0:
            await self._clock.sleep(min(left, LONGEST_NAP))
