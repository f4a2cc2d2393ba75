"""The plugin's jobs: begin what is due, warn of what is overdue, pass flags on, compare."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time, timedelta
from typing import TYPE_CHECKING, Any

from attrs import evolve
from twisted.logger import Logger

from careline.errors import CarelineError
from careline.hooks import JobHandler, Schedule
from careline.storage import Tx
from careline_followup import links
from careline_followup.cases import erased
from careline_followup.cases.listed import OLDEST_DAYS
from careline_followup.cases.service import STAY
from careline_followup.flags.leaders import LATE
from careline_followup.flags.service import ALERT, ESCALATE
from careline_followup.lists.service import KEPT as LIST_KEPT
from careline_followup.lists.service import READ
from careline_followup.tasks import store
from careline_followup.tasks.model import State
from careline_followup.tasks.moves import HUSH
from careline_followup.tasks.ways import MESSAGE, SILENCE

if TYPE_CHECKING:
    from careline_followup.keeping import Keeping
    from careline_followup.services import Services

log = Logger()
BEGIN, RECONCILE, TIDY = "followup.begin", "followup.reconcile", "followup.tidy"
#: Tasks in one transaction.
BATCH = 50
MINUTES = 60.0
#: A discharge that lies further back is taken from no list.
ON_LISTS = timedelta(days=OLDEST_DAYS + 2)
#: Records that were changed so lately are looked at each minute; the nights find the rest.
CHANGED = timedelta(minutes=5)
KEPT = timedelta(days=30)
"""Links are remembered so long after their end."""


class Work:
    """What is done without anybody asking."""

    def __init__(self, services: Services, keeping: Keeping) -> None:
        self._s = services
        self._keeping = keeping
        self._core = services.core

    def job_handlers(self) -> list[JobHandler]:
        """One for each kind."""
        settling, flags = self._s.settling, self._s.flags
        return [
            JobHandler(kind=BEGIN, do=self._begin, timeout=10 * MINUTES, max_tries=3),
            JobHandler(kind=RECONCILE, do=self._reconcile, timeout=60 * MINUTES, max_tries=5),
            JobHandler(kind=TIDY, do=self._tidy, timeout=10 * MINUTES),
            JobHandler(kind=READ, do=self._s.lists.read, timeout=60 * MINUTES, max_tries=5),
            JobHandler(kind=STAY, do=self._s.cases.ask_again),
            JobHandler(kind=MESSAGE, do=settling.send),
            JobHandler(kind=SILENCE, do=settling.silent),
            JobHandler(kind=HUSH, do=settling.hush),
            JobHandler(kind=ALERT, do=flags.alert, max_tries=50),
            JobHandler(kind=LATE, do=self._s.leaders.tell),
            JobHandler(kind=ESCALATE, do=flags.escalate, max_tries=50),
        ]

    def schedules(self) -> list[Schedule]:
        """Tasks begin within a minute of their time; the hospital is compared with each night."""
        return [
            Schedule(name="begin", kind=BEGIN, every=timedelta(minutes=1)),
            Schedule(name="reconcile", kind=RECONCILE, at=time(5, 20)),
            Schedule(name="tidy", kind=TIDY, at=time(3, 40)),
            Schedule(name="late", kind=LATE, at=time(9, 10)),
        ]

    async def begin_due(self) -> int:
        """Begin all tasks whose time has come; gives how many. What is begun stays begun.

        One that cannot be begun stops no other; it is tried again the next time.
        """
        count = last = 0
        run, now = self._core.db.run, self._core.clock.now()
        while ids := await run(store.to_begin, now, last, BATCH):
            count += await run(self._begin_all, ids)
            last = ids[-1]
            await self._core.clock.sleep(0)
        return count

    async def warn(self) -> int:
        """Tell the screens of tasks that have become overdue, each once; gives how many."""
        count: int = await self._core.db.run(self._warn)
        return count

    def _begin_all(self, tx: Tx, ids: list[int]) -> int:
        count = 0
        for task_id in ids:
            task = store.get(tx, task_id)
            if task.state is not State.PLANNED or task.due > self._core.clock.now():
                continue
            try:
                with tx.savepoint():
                    self._s.ways.begin(tx, task)
            except CarelineError as error:
                log.error("follow-up {id} cannot begin: {error}", id=task_id, error=error)
            else:
                count += 1
        return count

    def _warn(self, tx: Tx) -> int:
        late = store.newly_overdue(tx, self._core.clock.now(), 1000)
        for task in late:
            store.put(tx, evolve(task, warned=True))
            self._s.moves.tell(tx, task)
        return len(late)

    async def _begin(self, args: Mapping[str, Any], job: Any) -> None:
        await self._s.flags.sweep()  # first: whatever fails after it, red flags are passed on
        await self._s.cases.link_changed(self._core.clock.now() - CHANGED)
        await self.begin_due()
        await self.warn()

    async def _reconcile(self, args: Mapping[str, Any], job: Any) -> None:
        await self._s.cases.reconcile()

    async def _tidy(self, args: Mapping[str, Any], job: Any) -> None:
        now = self._core.clock.now()
        await self._core.db.run(links.forget, now - KEPT)
        await self._s.lists.tidy(now - LIST_KEPT)
        await self._core.db.run(erased.forget, (now - ON_LISTS).date())
        await self._keeping.forget(now - timedelta(days=self._s.config.keep_days))
