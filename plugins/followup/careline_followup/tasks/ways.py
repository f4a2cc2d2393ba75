"""The ways of a task, one after the other: a flow calls, a message is sent, an agent calls.

All verbs run in the caller's transaction: that a way is taken and that its call or message is on
its way are written together or not at all.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from careline.errors import NotFound
from careline.jobs import Job
from careline.outbound.model import Mode
from careline.outbound.model import Task as Call
from careline.storage import Tx
from careline_followup.cases import inside
from careline_followup.cases import store as cases
from careline_followup.cases.model import Case, CaseKind
from careline_followup.config import FollowupConfig
from careline_followup.plans.book import plan_of
from careline_followup.plans.model import BY_AGENTS, Last, Plan, Way
from careline_followup.tasks import store
from careline_followup.tasks.ladder import ladder, mobile
from careline_followup.tasks.model import State, Task, Why
from careline_followup.tasks.moves import Moves

MESSAGE = "followup.message"
SILENCE = "followup.silence"
PURPOSE = "followup"
TITLE, TITLE_EN = "出院随访", "Follow-up"
#: States in which a task's agent is the one it was given to.
ASSIGNED = (State.PLANNED, State.DUE)
MODES = {Way.AUTOMATIC: Mode.AUTOMATIC, Way.PROGRESSIVE: Mode.PROGRESSIVE}


class Ways:
    """Begins tasks and takes them to their next way; ``core`` is a ``careline.plugins.Core``."""

    def __init__(self, core: Any, config: FollowupConfig, moves: Moves) -> None:
        self._core = core
        self._config = config
        self._moves = moves

    def begin(self, tx: Tx, task: Task, by: str = "") -> Task:
        """Take a planned task's first way."""
        return self._take(tx, task, 0, by)

    def next(self, tx: Tx, task: Task, by: str = "") -> Task:
        """Take the next way of a task whose way has led to nothing, or end it."""
        return self._take(tx, task, task.place + 1, by)

    def again(self, tx: Tx, task: Task, at: datetime, by: str, note: str) -> Task:
        """Have an agent call at another time: the patient wishes so."""
        self._moves.withdraw_call(tx, task)
        return self._open(tx, task, Way.AGENT, task.place, by, at, note=note)

    def with_agent(self, tx: Tx, task: Task, by: str) -> Task:
        """Give a task to the agents, whatever its plan says (the ward gives it back)."""
        return self._open(tx, task, Way.AGENT, task.place, by, self._core.clock.now())

    def ask_on(self, tx: Tx, task: Task, by: str, **values: Any) -> Task:
        """A corrected answer asks for more: who corrects it asks on, else an agent calls."""
        ways = plan_of(tx, task.plan).ways
        agents = (place for place, way in enumerate(ways) if way in BY_AGENTS)
        before = next(agents, len(ways)) - 1
        values |= {"way": Way.AGENT, "place": before, "round": task.round + 1}
        opened = self._moves.to(tx, task, State.RUNNING, by, **values)
        self.wait_for_form(tx, opened)
        return opened

    def forbidden(self, tx: Tx, task: Task, by_list: bool = False) -> Task:
        """The patient is not to be called: a message is still possible, an agent is not.

        ``by_list``: nobody said so, the number is one of those that are never dialled.
        """
        plan = plan_of(tx, task.plan)
        place = task.place + 1
        while place < len(plan.ways) and plan.ways[place] is not Way.MESSAGE:
            place += 1
        return self._take(tx, task, place, "", can_call=not by_list)

    def silent(self, tx: Tx, task_id: int, round: int) -> None:
        """Nothing was heard in the time of a way: the next one, if that way is still in use."""
        try:
            task = store.get(tx, task_id)
        except NotFound:  # erased
            return
        if task.round != round or task.state not in (State.DUE, State.RUNNING):
            return
        self._moves.withdraw_call(tx, task)
        if task.way is None and task.due > self._core.clock.now():
            # Who was asked before the day, while on the phone, is called on the day for the rest.
            self._moves.to(tx, task, State.PLANNED, agent="")
        else:
            self._take(tx, task, 0 if task.way is None else task.place + 1, "")

    def _take(self, tx: Tx, task: Task, place: int, by: str, can_call: bool = True) -> Task:
        """The first way from ``place`` on that can be gone."""
        plan = plan_of(tx, task.plan)
        case = cases.get(tx, task.case)
        while place < len(plan.ways) and not self._open_to(tx, plan.ways[place], case):
            place += 1
        if place >= len(plan.ways):
            called = task.answers > 0 or (can_call and bool(ladder(tx, case)))
            return self._end(tx, task, plan, by, None if called else Why.NO_NUMBER)
        return self._open(tx, task, plan.ways[place], place, by, self._core.clock.now())

    def _open_to(self, tx: Tx, way: Way, case: Case) -> bool:
        if way is Way.MESSAGE:
            return bool(self._config.public_url and mobile(tx, case))
        return bool(ladder(tx, case))

    def _end(self, tx: Tx, task: Task, plan: Plan, by: str, why: Why | None) -> Task:
        if task.state is State.WITH_WARD:
            return task
        state = State.WITH_WARD if plan.last is Last.WARD else State.UNREACHABLE
        return self._moves.to(tx, task, state, by, way=Way.WARD, agent="", why=why)

    def _open(
        self, tx: Tx, task: Task, way: Way, place: int, by: str, at: datetime, note: str = ""
    ) -> Task:
        plan, case = plan_of(tx, task.plan), cases.get(tx, task.case)
        if (why := self._in_vain(tx, case)) is not None:
            return self._moves.to(tx, task, State.CANCELLED, by, why=why)
        values: dict[str, Any] = {"way": way, "place": place, "round": task.round + 1}
        if note:
            values["note"] = note
        opened = self._moves.to(tx, task, State.DUE, by, **values)
        if way is Way.MESSAGE:
            self._message(tx, opened, plan, at)
        else:
            # Of one that was begun, the agent is who spoke to the patient last.
            whose = task.agent if task.state in ASSIGNED else ""
            self._call(tx, opened, plan, case, at, whose)
        return opened

    def _in_vain(self, tx: Tx, case: Case) -> Why | None:
        """Why nobody is to be asked (any more), as far as it is known at the last moment."""
        if case.died:
            return Why.DECEASED
        if case.kind is CaseKind.OPERATION and case.at <= self._core.clock.now():
            return Why.LATE
        return Why.READMITTED if inside.lies(tx, case) else None

    def _call(self, tx: Tx, task: Task, plan: Plan, case: Case, at: datetime, whose: str) -> None:
        mode = MODES.get(task.way or Way.AGENT, Mode.PREVIEW)
        automatic = mode is Mode.AUTOMATIC
        ends = at + timedelta(hours=self._config.automatic_hours) if automatic else None
        if case.kind is CaseKind.OPERATION:  # nobody is prepared for what is over
            ends = min(ends or case.at, case.at)
        call = Call(
            key=task.call_key,
            plugin="followup",
            mode=mode,
            rungs=ladder(tx, case),
            patient=task.patient,
            campus=task.campus,
            queue=plan.queue or self._config.queue,
            flow=(plan.flow or self._config.flow) if automatic else "",
            purpose=PURPOSE,
            due=at,
            not_after=ends,
            title=TITLE,
            title_en=TITLE_EN,
            args={"followup": str(task.id)},
            whose=whose,
            most_tries=self._config.automatic_tries if automatic else 0,
        )
        self._core.outbound.put(tx, call)

    def _message(self, tx: Tx, task: Task, plan: Plan, at: datetime) -> None:
        put = self._core.outbox.put
        one = {"task": task.id, "round": task.round}
        name = f"{task.id}:{task.round}"
        put(tx, Job(MESSAGE, one, dedupe_key=f"{MESSAGE}:{name}"))
        self.wait(tx, task, at + timedelta(hours=plan.message_hours))

    def wait_for_form(self, tx: Tx, task: Task) -> None:
        """An agent has spoken to the patient, and has a while to fill in the questionnaire."""
        minutes = timedelta(minutes=self._config.form_minutes)
        self.wait(tx, task, self._core.clock.now() + minutes)

    def wait(self, tx: Tx, task: Task, until: datetime) -> None:
        """Take the next way at ``until`` unless the task has gone on by then."""
        one = {"task": task.id, "round": task.round}
        key = f"{SILENCE}:{task.id}:{task.round}"
        self._core.outbox.put(tx, Job(SILENCE, one, run_at=until, dedupe_key=key))
