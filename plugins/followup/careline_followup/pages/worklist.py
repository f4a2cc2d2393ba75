"""The worklist, one task with its history, and what people do with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from attrs import evolve, frozen

from careline.errors import CarelineError, Invalid
from careline.i18n import Text, error_text
from careline.i18n.when import parse_days, parse_moment
from careline.outbound.model import Mode, Stage
from careline.web import Answer, FormState, Page, Redirect, Visit, get, post
from careline_followup.answers.service import values_of
from careline_followup.pages.asking import ASKED
from careline_followup.pages.eyes import CANCEL, VIEW, WARD, WORK, campuses_seen, need_task
from careline_followup.pages.numbers import Numbers
from careline_followup.pages.words import campus_names, shown, words
from careline_followup.plans.model import Way
from careline_followup.services import Services
from careline_followup.tasks.model import (
    OPEN,
    STATE_TITLES,
    WHY_TITLES,
    State,
    Task,
    Wanted,
    Why,
)

TITLE = Text("Follow-up")
MOST = 50
FIELDS = ("text", "days", "list", "department", "ward", "plan", "campus")
#: Lists that are asked for most; "todo" is what agents and wards have to do now.
LISTS: Mapping[str, Text] = {
    "todo": Text("to do now"),
    "overdue": Text("overdue"),
    "mine": Text("mine"),
    "open": Text("all open ones"),
    **{one.value: STATE_TITLES[one] for one in State if one not in (State.DUE, State.RUNNING)},
    "no_number": WHY_TITLES[Why.NO_NUMBER],
    "all": Text("all"),
}
TODO = (State.DUE, State.RUNNING, State.WITH_WARD)
USUAL = timedelta(days=30)


@frozen
class ListPages:
    """Routes of the worklist and of one task."""

    services: Services
    numbers: Numbers

    @get("/followup", permission=VIEW)
    async def listed(self, visit: Visit) -> Answer:
        """Tasks that are asked for, those that are due first."""
        wanted, form = self._wanted(visit)
        number = visit.page_number()
        found = await self.services.tasks.listed(wanted, MOST, (number - 1) * MOST)
        overdue = await self.services.figures.overdue(
            campuses_seen(self.services.core, visit, VIEW)
        )
        await visit.audit("followup.seen", kind="followup", what=TITLE.msgid)
        values = {
            "form": form,
            "page": number,
            "pages": max(1, -(-found.count // MOST)),
            "found": found,
            "overdue": overdue,
            "lists": [(name, visit.text(title)) for name, title in LISTS.items()],
            "plans": [("", visit._("all"))]
            + [(one.name, one.title_in(visit.language)) for one in self.services.plans.all()],
            "campuses": [("", visit._("all")), *campus_names(self.services, visit).items()],
            "args": {name: form.value(name) for name in FIELDS},
            **words(self.services, visit),
        }
        return Page("followup/list.html", values, title=TITLE)

    @get("/followup/tasks/<int:task_id>", permission=VIEW)
    async def task(self, visit: Visit, task_id: int) -> Answer:
        """One task: of whom, what was tried, what was answered."""
        return await self._page(visit, await self._task(visit, task_id))

    async def _page(self, visit: Visit, task: Task, error: str = "") -> Page:
        s = self.services
        entry = await s.tasks.entry(task.id)
        survey, given = await s.answers.survey(task.id), await s.answers.given(task.id)
        await visit.audit("followup.seen", kind="followup", whose=str(task.id))
        values = {
            "task": task,
            "entry": entry,
            "case": await s.cases.get(task.case),
            "others": [one for one in await s.tasks.of_case(task.case) if one.id != task.id],
            "attempts": await s.tasks.attempts(task.id),
            "answers": shown(survey, given, visit.language),
            "flags": await s.flags.of_task(task.id),
            "error": error,
            "may_ask": visit.may(WORK) and task.state in ASKED and bool(survey.questions),
            **await self._telephone(visit, task),
            "is_complete": survey.next(values_of(given)) is None,
            "is_open": task.state in OPEN,
            "may_cancel": visit.may(CANCEL),
            "may_ward": visit.may(WARD),
            **words(s, visit),
        }
        status = 422 if error else 200
        return Page("followup/task.html", values, title=TITLE, status=status)

    async def _telephone(self, visit: Visit, task: Task) -> dict[str, Any]:
        """The numbers, masked, and how they are called: as the task of agents that it is, or so."""
        kept = await self.services.tasks.call(task.id)
        away = kept is not None and kept.stage in (Stage.TAKEN, Stage.CALLING)
        owed = kept is not None and kept.stage is Stage.WAITING and kept.task.mode is Mode.PREVIEW
        mine = kept is not None and kept.agent == visit.user.agent
        over = await self.numbers.is_of_the_dead(task) or await self.numbers.is_declined(task)
        return {
            "rungs": await self.services.tasks.numbers(task.id),
            "kept": kept,
            "shown_number": self.numbers.shown,
            "may_dial": bool(visit.user.agent) and visit.may("calls.dial") and not over,
            "with_other": away and not mine,
            "owed": owed or (away and mine),
        }

    async def panel(self, visit: Visit) -> Mapping[str, Any]:
        """The follow-ups of a patient."""
        patient = visit.args.get("patient", "")
        known = patient.isascii() and patient.isdigit() and len(patient) < 19
        found = await self.services.tasks.of_patient(int(patient)) if known else []
        seen = campuses_seen(self.services.core, visit, VIEW)
        mine = [one for one in found if not seen or one.campus in seen]
        asked = (one for one in mine if one.state in OPEN and visit.may(WORK))
        return {"found": mine, "open": next(asked, None), **words(self.services, visit)}

    # Deeds

    @post("/followup/tasks/<int:task_id>/later", permission=WORK)
    async def later(self, visit: Visit, task_id: int) -> Answer:
        """The patient wants to be called at another time."""

        async def do(task: Task, by: str, note: str) -> None:
            await self.services.tasks.later(task.id, _time(visit), by, note)

        return await self._done(visit, task_id, do, WORK)

    @post("/followup/tasks/<int:task_id>/decline", permission=WORK)
    async def decline(self, visit: Visit, task_id: int) -> Answer:
        """The patient does not want to be asked."""

        async def do(task: Task, by: str, note: str) -> None:
            way = Way.WARD if task.state is State.WITH_WARD else Way.AGENT
            await self.services.tasks.decline(task.id, by, way, note)

        return await self._done(visit, task_id, do, WORK)

    @post("/followup/tasks/<int:task_id>/not-reached", permission=WORK)
    async def not_reached(self, visit: Visit, task_id: int) -> Answer:
        """Give this way up; the ward says so of the last one."""

        async def do(task: Task, by: str, note: str) -> None:
            tasks = self.services.tasks
            if task.state is State.WITH_WARD:
                await tasks.unreachable(task.id, by, note)
            else:
                await tasks.not_reached(task.id, by, note)

        return await self._done(visit, task_id, do, WORK)

    @post("/followup/tasks/<int:task_id>/mine", permission=WORK)
    async def mine(self, visit: Visit, task_id: int) -> Answer:
        """Take it, or leave it to the others."""

        async def do(task: Task, by: str, note: str) -> None:
            agent = "" if task.agent == visit.user.agent else visit.user.agent
            await self.services.tasks.assign(task.id, agent, by)

        return await self._done(visit, task_id, do, WORK)

    @post("/followup/tasks/<int:task_id>/now", permission=WORK)
    async def now(self, visit: Visit, task_id: int) -> Answer:
        """Begin it before its day."""

        async def do(task: Task, by: str, note: str) -> None:
            await self.services.tasks.plan_now(task.id, by)

        return await self._done(visit, task_id, do, WORK)

    @post("/followup/tasks/<int:task_id>/cancel", permission=CANCEL)
    async def cancel(self, visit: Visit, task_id: int) -> Answer:
        """Ask nobody; the reason stands in the list of cancelled ones."""

        async def do(task: Task, by: str, note: str) -> None:
            await self.services.tasks.cancel(task.id, by, note)

        return await self._done(visit, task_id, do, CANCEL, "followup.cancelled")

    @post("/followup/tasks/<int:task_id>/died", permission=WORK)
    async def died(self, visit: Visit, task_id: int) -> Answer:
        """The patient has died: nobody calls the family any more, for nothing that is planned."""
        return await self._no_more(visit, task_id, Why.DECEASED)

    @post("/followup/tasks/<int:task_id>/no-more", permission=WORK)
    async def no_more(self, visit: Visit, task_id: int) -> Answer:
        """The patient wants none of the follow-ups that are planned."""
        return await self._no_more(visit, task_id, Why.DECLINED)

    async def _no_more(self, visit: Visit, task_id: int, why: Why) -> Answer:
        async def do(task: Task, by: str, note: str) -> None:
            await self.services.cases.no_more(task.case, why, note, by)

        return await self._done(visit, task_id, do, WORK, "followup.cancelled")

    @post("/followup/tasks/<int:task_id>/restore", permission=CANCEL)
    async def restore(self, visit: Visit, task_id: int) -> Answer:
        """Take a cancelled one up again."""

        async def do(task: Task, by: str, note: str) -> None:
            await self.services.tasks.restore(task.id, by)

        return await self._done(visit, task_id, do, CANCEL, "followup.restored")

    @post("/followup/tasks/<int:task_id>/ward", permission=CANCEL)
    async def ward(self, visit: Visit, task_id: int) -> Answer:
        """Hand it to the ward."""

        async def do(task: Task, by: str, note: str) -> None:
            await self.services.tasks.hand_over(task.id, by, note)

        return await self._done(visit, task_id, do, CANCEL, "followup.handed_over")

    @post("/followup/tasks/<int:task_id>/back", permission=WARD)
    async def back(self, visit: Visit, task_id: int) -> Answer:
        """The ward gives it back to the agents."""

        async def do(task: Task, by: str, note: str) -> None:
            await self.services.tasks.take_back(task.id, by)

        return await self._done(visit, task_id, do, WARD)

    async def _done(
        self, visit: Visit, task_id: int, do: Any, permission: str, act: str = "followup.changed"
    ) -> Answer:
        task = await self._task(visit, task_id, permission)
        note = visit.form.get("reason", "").strip()
        try:
            await do(task, visit.user.login, note)
        except CarelineError as error:
            return await self._page(visit, task, error_text(error, visit.language))
        await visit.audit(act, kind="followup", whose=str(task_id), why=note)
        return Redirect(f"/followup/tasks/{task_id}")

    async def _task(self, visit: Visit, task_id: int, permission: str = VIEW) -> Task:
        task = await self.services.tasks.get(task_id)
        return need_task(self.services.core, visit, task, permission)

    def _wanted(self, visit: Visit) -> tuple[Wanted, FormState]:
        today = visit.now.astimezone(visit.zone).date()
        typed = {name: [visit.args.get(name, "").strip()[:60]] for name in FIELDS}
        if not typed["list"][0]:
            typed["list"] = ["todo"]
        form = FormState(typed, language=visit.language)
        kind, days = form.value("list"), form.value("days")
        first, last = None, None
        if days:
            try:
                first, last = parse_days(days, today)
            except CarelineError as error:
                form = evolve(form, errors={"days": error_text(error, visit.language)})
        seen = campuses_seen(self.services.core, visit, VIEW)
        campus = form.value("campus")
        chosen = (campus,) if campus and (not seen or campus in seen) else seen
        wanted = Wanted(
            first=first,
            last=last,
            states=_states(kind),
            overdue=kind == "overdue",
            why=Why.NO_NUMBER if kind == "no_number" else None,
            agent=visit.user.agent if kind == "mine" else "",
            campuses=chosen,
            departments=tuple(filter(None, (form.value("department"),))),
            wards=tuple(filter(None, (form.value("ward"),))),
            plan=form.value("plan"),
            text=form.value("text"),
        )
        return wanted, form


def _states(kind: str) -> tuple[State, ...]:
    if kind == "todo":
        return TODO
    if kind in ("open", "mine", "overdue"):
        return OPEN
    if kind == "no_number":
        return (State.UNREACHABLE,)
    return tuple(one for one in State if one.value == kind)


def _time(visit: Visit) -> datetime:
    """The local time in the form, in people's words or ISO; Invalid when it is none."""
    typed = visit.form.get("at", "").strip()
    if not typed:
        raise Invalid("followup.time", "Please give a day and a time.")
    try:
        local = datetime.fromisoformat(typed)
    except ValueError:
        return parse_moment(typed, visit.now, visit.zone)
    return local if local.tzinfo else local.replace(tzinfo=visit.zone)
