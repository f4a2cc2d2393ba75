"""Addresses of ``/outbound``: all tasks for leaders, one with its tries, the emergency stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import frozen

from careline.auth.model import Subject
from careline.campuses.model import Campus
from careline.errors import NotFound
from careline.i18n import Text
from careline.outbound import store
from careline.outbound.model import Kept, Mode, Outcome, Stage
from careline.outbound.service import Outbound
from careline.outbound.store import Wanted
from careline.outreach.names import Names
from careline.pages.outbound.words import MODES, OUTCOMES, STAGES, TONES, reason_text
from careline.patients import store as patients
from careline.patients.model import masked_name
from careline.storage import Database, Tx
from careline.web import Answer, Page, Redirect, Visit, get, post
from careline.web.toast import toast

VIEW, STEER = "outbound.view", "outbound.steer"
TITLE = Text("Outbound calls")
PAGE = 50


@frozen
class OutboundRoutes:
    """Pages of leaders; what lies outside their campuses is not there for them.

    ``queues(language)`` gives titles of queues by id.
    """

    outbound: Outbound
    db: Database
    campuses: Callable[[], Mapping[str, Campus]]
    queues: Callable[[str], Mapping[str, str]]
    names: Names

    @get("/outbound", permission=VIEW)
    async def all(self, visit: Visit) -> Answer:
        """Tasks by what the filters say, with the figures of all that they leave."""
        return Page("outbound/list.html", await self._values(visit), title=TITLE)

    async def _values(self, visit: Visit) -> dict[str, Any]:
        wanted, page = self._wanted(visit), visit.page_number()
        counted = await self.outbound.counted(wanted)
        count = sum(counted.values())
        tasks = await self.outbound.list(wanted, (page - 1) * PAGE, PAGE)
        return {
            "tasks": tasks,
            "patients": await self._patients(visit, tasks),
            "purpose_name": self.names.purpose,
            "count": count,
            "page": page,
            "pages": max(1, -(-count // PAGE)),
            "stages": _by_stage(counted),
            "ends": _by_outcome(counted),
            "paused": await self.outbound.paused(),
            "purposes": await self.db.run(store.purposes),
            "chosen": {name: visit.args.get(name, "")[:64] for name in _FILTERS},
            "modes": MODES,
            "stage_names": STAGES,
            "outcomes": OUTCOMES,
            "tones": TONES,
            "why": reason_text,
            "may_steer": visit.may(STEER),
        }

    async def _patients(self, visit: Visit, tasks: Sequence[Kept]) -> Mapping[int, str]:
        """The patients of these tasks by record, masked; none for who may not see patients."""
        records = {kept.task.patient for kept in tasks} - {0} if visit.may("patients.view") else ()
        return await self.db.run(_masked, sorted(records))

    def _wanted(self, visit: Visit) -> Wanted:
        args = visit.args
        seen = None
        if not visit.may(VIEW, Subject()):
            seen = [one for one in self.campuses() if visit.may(VIEW, Subject(campus=one))]
        return Wanted(
            stages=_chosen(Stage, args.get("stage", "")),
            outcomes=_chosen(Outcome, args.get("outcome", "")),
            modes=_chosen(Mode, args.get("mode", "")),
            purpose=args.get("purpose", "")[:64],
            campuses=seen,
        )

    @get("/outbound/task", permission=VIEW)
    async def one(self, visit: Visit) -> Answer:
        """One task with its tries."""
        kept = await self._seen(visit, visit.args.get("key", ""))
        await visit.audit("outbound.view", kind="outbound", whose=kept.task.key)
        values = {
            "kept": kept,
            "purpose_name": self.names.purpose,
            "plugin_name": self.names.plugin,
            "campus": self._campus(kept.task.campus, visit.language),
            "queue": self.queues(visit.language).get(kept.task.queue, kept.task.queue),
            "attempts": await self.outbound.attempts(kept.task.key),
            "modes": MODES,
            "stage_names": STAGES,
            "outcomes": OUTCOMES,
            "tones": TONES,
            "why": reason_text,
            "may_steer": visit.may(STEER),
        }
        return Page("outbound/task.html", values, title=Text("Outbound call"))

    def _campus(self, name: str, language: str) -> str:
        found = self.campuses().get(name)
        if found is None:
            return name
        return found.title_en if language == "en" and found.title_en else found.title

    async def _seen(self, visit: Visit, key: str) -> Kept:
        kept = await self.outbound.get(key)
        visit.need(VIEW, Subject(campus=kept.task.campus))
        return kept

    @post("/outbound/withdraw", permission=STEER)
    async def withdraw(self, visit: Visit) -> Answer:
        """Have a call not made."""
        kept, why = await self._seen(visit, visit.form.get("key", "")), visit.form.get("reason", "")
        visit.need(STEER, Subject(campus=kept.task.campus))
        done = await self.db.run(self._withdraw, kept.task.key, f"by {visit.user.login}")
        await visit.audit("outbound.withdrawn", kind="outbound", whose=kept.task.key, why=why)
        said = Text("Done.") if done else Text("It is being called, or over already.")
        values = await self._values(visit)
        headers = {"HX-Trigger": toast(visit, said, "good" if done else "bad")}
        return Page("outbound/list.html", values, title=TITLE, headers=headers)

    def _withdraw(self, tx: Tx, key: str, why: str) -> bool:
        return self.outbound.withdraw(tx, key, why)

    @post("/outbound/<verb>", permission=STEER)
    async def stop(self, visit: Visit, verb: str) -> Answer:
        """``pause`` a purpose, or everything, at once; ``resume`` it. Calls that are up go on."""
        visit.need(STEER, Subject())
        purpose, why = visit.form.get("purpose", "")[:64], visit.form.get("reason", "")
        if verb == "pause":
            await self.outbound.pause(purpose, visit.user.login, why[:500])
        elif verb == "resume":
            await self.outbound.resume(purpose)
        else:
            raise NotFound("web.not_found", "There is nothing here that you may see.")
        await visit.audit(f"outbound.{verb}", kind="outbound", what=purpose or "*", why=why)
        return Redirect("/outbound")


def _masked(tx: Tx, records: Sequence[int]) -> dict[int, str]:
    return {one.id: masked_name(one.name) for one in patients.read_patients(tx, records)}


_FILTERS = ("stage", "outcome", "mode", "purpose")


def _chosen(kind: type[Any], text: str) -> tuple[Any, ...]:
    """The member with that value; none for anything else."""
    return tuple(one for one in kind if one.value == text)


def _by_stage(counted: Mapping[tuple[Stage, Outcome | None], int]) -> dict[Stage, int]:
    found = dict.fromkeys(Stage, 0)
    for (stage, _), count in counted.items():
        found[stage] += count
    return found


def _by_outcome(counted: Mapping[tuple[Stage, Outcome | None], int]) -> dict[Outcome, int]:
    ends = {
        outcome: count
        for (stage, outcome), count in counted.items()
        if stage is Stage.DONE and outcome is not None
    }
    return {one: ends[one] for one in Outcome if one in ends}
