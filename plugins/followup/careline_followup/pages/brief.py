"""Beside a call that is to be made: whom it is to, and what was answered before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from careline.errors import NotFound
from careline.web import Visit
from careline_followup.pages.eyes import sees_task
from careline_followup.pages.words import Answered, shown, words
from careline_followup.services import Services
from careline_followup.tasks.model import Task, task_of_key

TEMPLATE = "followup/brief.html"
#: Earlier answers that fit on a card; bad ones first.
MOST = 4


@frozen
class Briefs:
    """A panel of slot TASK."""

    services: Services

    async def panel(self, visit: Visit) -> Mapping[str, Any]:
        """The patient of a call's key, for who may see the follow-up; else nothing at all."""
        task = await self._task(visit)
        if task is None:
            return {"task": None}
        s = self.services
        await visit.audit("followup.seen", kind="followup", whose=str(task.id))
        earlier, answers = await self._earlier(visit, task)
        return {
            "task": task,
            "case": await s.cases.get(task.case),
            "earlier": earlier,
            "answers": answers,
            "flags": await s.flags.of_task(task.id),
            **words(s, visit),
        }

    async def _task(self, visit: Visit) -> Task | None:
        number = task_of_key(visit.args.get("key", ""))
        try:
            task = await self.services.tasks.get(number) if number else None
        except NotFound:  # erased meanwhile
            return None
        return task if task and sees_task(self.services.core, visit, task) else None

    async def _earlier(self, visit: Visit, task: Task) -> tuple[Task | None, list[Answered]]:
        """The latest contact with answers, this one or one before, and the answers to read."""
        s = self.services
        before = [one for one in await s.tasks.of_case(task.case) if one.day <= task.day]
        for one in sorted(before, key=lambda one: (one.day, one.id), reverse=True):
            if one.answers:
                survey, given = await s.answers.survey(one.id), await s.answers.given(one.id)
                answers = shown(survey, given, visit.language)
                return one, sorted(answers, key=lambda answer: not answer.red)[:MOST]
        return None, []
