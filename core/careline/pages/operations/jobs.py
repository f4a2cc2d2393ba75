"""Jobs: those that were set aside, why, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from careline.clock import Clock
from careline.errors import CarelineError
from careline.i18n import Text
from careline.jobs import store
from careline.jobs.model import JobRecord, JobState
from careline.jobs.shown import masked_args, masked_text
from careline.pages.operations.shared import TITLE, tabs
from careline.storage import Database
from careline.web import Answer, Page, Visit, get, post
from careline.web.toast import toast

EDIT = "jobs.edit"
SHOWN = 200
STATES = {
    JobState.PARKED: Text("set aside"),
    JobState.WAITING: Text("waiting"),
    JobState.RUNNING: Text("under way"),
    JobState.DONE: Text("done"),
}


class JobRoutes:
    """Routes of ``/operations/jobs``; ``poke`` wakes the worker."""

    def __init__(self, db: Database, clock: Clock, poke: Callable[[], object]) -> None:
        self._db = db
        self._clock = clock
        self._poke = poke

    @get("/operations/jobs", permission=EDIT)
    async def show(self, visit: Visit) -> Answer:
        """Jobs of one state, those set aside first of all."""
        return await self._page(visit)

    @post("/operations/jobs/<int:job>/retry", permission=EDIT)
    async def retry(self, visit: Visit, job: int) -> Answer:
        """Try once more from the beginning."""
        tried = await self._db.run(store.unpark, job, self._clock.now())
        self._poke()
        await visit.audit("job.retried", kind="job", whose=str(job), what=tried.kind)
        return await self._page(visit, Text("Job {id} is tried again", {"id": job}))

    @post("/operations/jobs/<int:job>/drop", permission=EDIT)
    async def drop(self, visit: Visit, job: int) -> Answer:
        """Forget it for good."""
        gone = await self._db.run(store.drop, job)
        why = visit.form.get("reason", "")
        await visit.audit("job.dropped", kind="job", whose=str(job), what=gone.kind, why=why)
        return await self._page(visit, Text("Job {id} is dropped", {"id": job}))

    @post("/operations/jobs/retry", permission=EDIT)
    async def retry_kind(self, visit: Visit) -> Answer:
        """Try all of one kind again: what was in their way is gone."""
        kind = visit.form.get("kind", "")
        parked = await self._db.run(store.listing, JobState.PARKED, kind or None, 1000)
        count = 0
        for one in parked:
            try:
                await self._db.run(store.unpark, one.id, self._clock.now())
            except CarelineError:
                continue  # somebody else was quicker
            count += 1
        self._poke()
        await visit.audit("job.retried", kind="job", what=f"{kind}: {count}")
        return await self._page(visit, Text("{count} jobs are tried again", {"count": count}))

    async def _page(self, visit: Visit, told: Text | None = None) -> Page:
        state = _state(visit.args.get("state", ""))
        found = await self._db.run(store.listing, state, None, SHOWN)
        counts = await self._db.run(store.counts)
        values = {
            "tabs": tabs(visit, "/operations/jobs", jobs=counts[JobState.PARKED]),
            "state": state.value,
            "states": [
                {
                    "label": visit.text(name),
                    "href": f"/operations/jobs?state={one.value}",
                    "current": one is state,
                    "icon": "",
                    "count": counts[one],
                }
                for one, name in STATES.items()
            ],
            "jobs": [_shown(one) for one in found],
            "kinds": sorted({one.kind for one in found}) if state is JobState.PARKED else [],
            "limit": SHOWN,
        }
        headers = {"HX-Trigger": toast(visit, told)} if told else {}
        return Page("operations/jobs.html", values, title=TITLE, headers=headers)


def _state(name: str) -> JobState:
    try:
        return JobState(name)
    except ValueError:
        return JobState.PARKED


def _shown(job: JobRecord) -> dict[str, Any]:
    return {
        "id": job.id,
        "kind": job.kind,
        "tries": job.tries,
        "created": job.created_at,
        "run_at": job.run_at,
        "args": masked_args(job.args),
        "error": masked_text(job.error or ""),
        "parked": job.state is JobState.PARKED,
    }
