"""Numbers of patients, shown masked: who clicks one calls it, and the questions come with it."""

from __future__ import annotations

from attrs import define, field

from careline.calls.model import CallRecord
from careline.errors import Invalid, NotFound
from careline.numbers.phone import parse_phone
from careline.web import Visit
from careline_followup.pages.eyes import VIEW, WARD, sees_task
from careline_followup.services import OWNER, Services
from careline_followup.tasks.model import Task, task_of_key

#: Digits of a task's number and of a place on its ladder.
LONGEST = 24


@define
class Numbers:
    """What ``ui.dial`` is given for a task's telephones, and what is behind it.

    Whom an agent has dialled last is kept in memory: the call opens with that task's questions,
    whether a record of the patient is known or not.
    """

    services: Services
    _dialled: dict[str, tuple[str, int]] = field(factory=dict)

    @staticmethod
    def shown(task: Task, place: int) -> str:
        """The name of a number of the task's, which is no secret."""
        return f"{OWNER}:{task.id}:{place}"

    async def behind(self, shown: str, visit: Visit) -> str | None:
        """The number of that name for who may see the task; None for others, and other names."""
        task_id, place = task_of_key(shown), shown.rpartition(":")[2]
        if not task_id or len(shown) > LONGEST or not place.isdecimal():
            return None
        try:
            task = await self.services.tasks.get(task_id)
        except NotFound:
            return None
        core = self.services.core
        if not any(sees_task(core, visit, task, right) for right in (VIEW, WARD)):
            return None
        rungs = await self.services.tasks.numbers(task_id)
        if int(place) >= len(rungs):
            return None
        number = rungs[int(place)].number
        self._dialled[visit.user.agent] = (number, task_id)
        return number

    def task_of(self, call: CallRecord, agent: str) -> int:
        """The task that the agent has dialled this call for, 0 when it is another call."""
        number, task = self._dialled.get(agent, ("", 0))
        return task if task and any(_same(leg.number, number) for leg in call.legs) else 0


def _same(dialled: str, number: str) -> bool:
    try:
        return bool(number) and parse_phone(dialled).e164 == number
    except Invalid:
        return False
