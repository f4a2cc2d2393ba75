"""The questionnaire beside a call: one question at a time, each answered by one key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from careline.calls.model import CallRecord, Direction
from careline.errors import CarelineError, NotFound, Refused
from careline.i18n import error_text
from careline.outbound.model import Stage
from careline.outbound.store import Wanted as Calls
from careline.surveys.model import Kind, Question, Survey
from careline.surveys.replying import LONGEST
from careline.web import Answer, Fragment, Visit, get, post
from careline_followup.answers.service import values_of
from careline_followup.pages.eyes import WORK, asks, need_task, sees_task
from careline_followup.pages.numbers import Numbers
from careline_followup.pages.words import shown, words
from careline_followup.plans.model import Way
from careline_followup.services import Services
from careline_followup.tasks.model import OPEN, State, Task, task_of_key

TEMPLATE = "followup/ask.html"
FITS = 90
#: Whoever was not reached or asked may call back.
ASKED = (*OPEN, State.UNREACHABLE)


@frozen
class Desk:
    """The tab of a call, and its deeds."""

    services: Services
    numbers: Numbers

    async def panel(self, visit: Visit) -> Mapping[str, Any]:
        """The questions of whoever is on the phone; a choice where there are several tasks."""
        call_id = visit.args.get("call", "")
        found = await self._of_call(visit, call_id)
        wanted = visit.args.get("task", "")
        tasks = [one for one in found if str(one.id) == wanted] or found
        if not tasks:
            return {"task": None, "tasks": [], "call": call_id}
        values = await self._values(visit, tasks[0], call_id)
        return {**values, "tasks": found if len(found) > 1 else []}

    async def opens(self, visit: Visit) -> int:
        """Calls that we make open with the questions; who calls us may want something else."""
        call_id = visit.args.get("call", "")
        call: CallRecord | None = self.services.core.calls.get(call_id)
        if call is None or call.direction is not Direction.OUTBOUND:
            return 0
        found = await self._of_call(visit, call_id)
        return FITS if found and found[0].state is not State.PLANNED else 0

    @get("/followup/tasks/<int:task_id>/ask", permission=WORK)
    async def ask(self, visit: Visit, task_id: int) -> Answer:
        """The questions of a task; ``at`` names one that is to be answered anew."""
        task = await self._task(visit, task_id)
        return Fragment(TEMPLATE, await self._values(visit, task, visit.args.get("call", "")))

    @post("/followup/tasks/<int:task_id>/answer", permission=WORK)
    async def answer(self, visit: Visit, task_id: int) -> Answer:
        """Store one answer at once; gives the next question."""
        task = await self._task(visit, task_id)
        call = self._call(visit, visit.form.get("call", ""))
        await self._need_to_ask(visit, task, call)
        survey = await self.services.answers.survey(task_id)
        question = survey.question(visit.form.get("question", ""))
        if question is None:
            raise NotFound("followup.no_question", "There is no such question.")
        value, text = _read(question, visit.form.get("value", ""))
        error = "" if value is not None else visit._("This is not among the answers.")
        if value is not None:
            try:
                await self._store(visit, task, call, question, value, text)
            except CarelineError as problem:
                error = error_text(problem, visit.language)
        task = await self.services.tasks.get(task_id)
        values = await self._values(visit, task, call, error, question if error else None)
        return Fragment(TEMPLATE, values, status=422 if error else 200)

    async def _store(
        self, visit: Visit, task: Task, call: str, question: Question, value: int, text: str
    ) -> None:
        s, by = self.services, visit.user.agent or visit.user.login
        ward = task.state is State.WITH_WARD
        if task.state in ASKED:
            await s.tasks.begin(task.id, by, call)
        way = Way.WARD if ward else Way.AGENT
        correct = visit.form.get("correct") == "1"
        await s.answers.reply(task.id, question.name, value, way, by, text, correct)
        await visit.audit("followup.answered", kind="followup", whose=str(task.id))

    async def _values(
        self,
        visit: Visit,
        task: Task,
        call: str,
        error: str = "",
        again: Question | None = None,
    ) -> dict[str, Any]:
        s = self.services
        survey, given = await s.answers.survey(task.id), await s.answers.given(task.id)
        asked = again or survey.question(visit.args.get("at", ""))
        correct = asked is not None and asked.name in given
        following = survey.next(values_of(given))
        await visit.audit("followup.seen", kind="followup", whose=str(task.id))
        return {
            "task": task,
            "tasks": [],
            "entry": await s.tasks.entry(task.id),
            "call": call,
            "survey": survey,
            "question": asked or following,
            "correct": correct,
            "answers": shown(survey, given, visit.language),
            "left": _left(survey, values_of(given)),
            "flags": await s.flags.of_task(task.id),
            "error": error,
            "is_open": task.state in ASKED,
            "live": await self._may_write(visit, task, self._call(visit, call)),
            **words(s, visit),
        }

    async def _task(self, visit: Visit, task_id: int) -> Task:
        task = await self.services.tasks.get(task_id)
        return need_task(self.services.core, visit, task, WORK)

    def _call(self, visit: Visit, call_id: str) -> str:
        """The call in which it is asked, if the visitor is in it."""
        call: CallRecord | None = self.services.core.calls.get(call_id)
        return call.id if call and visit.user.agent in call.agents else ""

    async def _may_write(self, visit: Visit, task: Task, call: str) -> bool:
        """Also after the call: the outbound task stays with who has made it."""
        if asks(visit, task, bool(call)):
            return True
        kept = await self.services.tasks.call(task.id) if visit.user.agent else None
        return kept is not None and kept.agent == visit.user.agent

    async def _need_to_ask(self, visit: Visit, task: Task, call: str) -> None:
        if not await self._may_write(visit, task, call):
            raise Refused("followup.not_yours", "Take this follow-up first; then answers count.")

    async def _of_call(self, visit: Visit, call_id: str) -> list[Task]:
        """Tasks that a call is about: the one that it is made for, else those of its patients."""
        s, agent = self.services, visit.user.agent
        call: CallRecord | None = s.core.calls.get(call_id)
        found: dict[int, Task] = {}
        wanted = Calls(plugin="followup", stages=(Stage.CALLING,))
        for kept in await s.core.outbound.list(wanted) if call_id else ():
            if kept.call == call_id and (number := task_of_key(kept.task.key)):
                found[number] = await s.tasks.get(number)
        if call is not None and agent in call.agents:
            found |= await s.tasks.several([self.numbers.task_of(call, agent)])
        if call is not None and (agent in call.agents or visit.may("calls.view")):
            for patient in call.patients:
                tasks = await s.tasks.of_patient(patient)
                found |= {one.id: one for one in reversed(tasks) if one.state in ASKED}
        return [one for one in found.values() if sees_task(s.core, visit, one, WORK)]


def _read(question: Question, text: str) -> tuple[int | None, str]:
    if question.kind is Kind.COMMENT:
        words = text.strip()[:LONGEST]
        return (1 if words else 2), words
    return question.read(text.strip()), ""


def _left(survey: Survey, values: Mapping[str, int]) -> int:
    """How many questions come yet, if nothing branches."""
    count, question = 0, survey.next(values)
    while question is not None and count < len(survey.questions):
        count += 1
        place = survey.questions.index(question) + 1
        following = survey.questions[place] if place < len(survey.questions) else None
        question = survey.question(question.then) if question.then else following
    return count
