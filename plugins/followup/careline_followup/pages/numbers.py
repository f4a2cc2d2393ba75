"""Numbers of patients, shown masked: who clicks one calls it, and the questions come with it."""

from __future__ import annotations

from attrs import define, field

from careline.calls.model import CallRecord
from careline.errors import Invalid, NotFound
from careline.numbers.phone import parse_phone
from careline.web import Visit
from careline_followup.pages.eyes import VIEW, WARD, sees_task
from careline_followup.services import OWNER, Services
from careline_followup.tasks.model import OPEN, State, Task, Why, task_of_key

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
        if not await self._may_call(task, visit):
            return None
        rungs = await self.services.tasks.numbers(task_id)
        if int(place) >= len(rungs):
            return None
        number = rungs[int(place)].number
        self._dialled[visit.user.agent] = (number, task_id)
        return number

    async def _may_call(self, task: Task, visit: Visit) -> bool:
        """Nobody calls for the dead; who wants no follow-up is called by the ward alone.

        A red flag is the ward's to ask about, whatever was said of questionnaires.
        """
        core = self.services.core
        if await self.is_of_the_dead(task):
            return False
        if sees_task(core, visit, task, WARD):
            return True
        return sees_task(core, visit, task, VIEW) and not await self.is_declined(task)

    async def is_of_the_dead(self, task: Task) -> bool:
        """Whether the task's patient has died."""
        return (await self.services.cases.get(task.case)).died

    async def is_declined(self, task: Task) -> bool:
        """Whether the patient declined this one, or wants no more and it is not asked now."""
        if task.state in OPEN:
            return False
        planned = await self.services.tasks.of_case(task.case)
        return task.state is State.DECLINED or any(one.why is Why.DECLINED for one in planned)

    def task_of(self, call: CallRecord, agent: str) -> int:
        """The task that the agent has dialled this call for, 0 when it is another call."""
        number, task = self._dialled.get(agent, ("", 0))
        if not task:
            return 0
        called = (call.number, *(leg.number for leg in call.legs))
        return task if any(_same(one, number) for one in called) else 0


def _same(dialled: str, number: str) -> bool:
    try:
        return bool(number) and parse_phone(dialled).e164 == number
    except Invalid:
        return False
