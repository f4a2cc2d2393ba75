"""A process with one worker, for tests that run several and kill some.

Usage: worker_process.py URL JOURNAL LEASE_SECONDS. Each job appends "began ID" to the journal, then
"did ID"; a job with ``hang`` in its args never gets that far while the file JOURNAL.hang exists.
Ends when it is told to (SIGTERM) or when nothing is waiting any more.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import react

from careline.clock import Clock
from careline.jobs import JobRecord, JobState, Worker, store
from careline.storage import open_database
from careline.tasks import Tasks


async def main(the_reactor: Any, url: str, journal: str, lease: str) -> None:
    clock, tasks = Clock(the_reactor), Tasks()
    db = open_database(url, clock=clock, tasks=tasks, reactor=the_reactor)
    out = os.open(journal, os.O_APPEND | os.O_WRONLY | os.O_CREAT)
    hang = Path(journal + ".hang")

    async def do(args: Mapping[str, Any], job: JobRecord) -> None:
        os.write(out, f"began {job.id}\n".encode())
        while args.get("hang") and hang.exists():
            await clock.sleep(0.05)
        os.write(out, f"did {job.id}\n".encode())

    worker = Worker(db, clock, tasks, {"note": do}, lease=timedelta(seconds=float(lease)))
    worker.start()
    left = 1
    while left:
        await clock.sleep(0.05)
        counts = await db.run(store.counts)
        left = counts[JobState.WAITING] + counts[JobState.RUNNING]
    await worker.stop()
    await tasks.stop()
    await db.close()


if __name__ == "__main__":
    react(lambda r: Deferred.fromCoroutine(main(r, *sys.argv[1:])))
