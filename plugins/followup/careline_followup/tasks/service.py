"""The verbs of tasks: what agents, wards and leaders do with them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from careline.errors import Conflict, Invalid
from careline.outbound.model import Kept, Rung
from careline.storage import Tx
from careline_followup.cases import store as cases
from careline_followup.plans.model import Way
from careline_followup.tasks import store
from careline_followup.tasks.ladder import ladder, ladders
from careline_followup.tasks.model import (
    OPEN,
    Attempt,
    Entry,
    State,
    Task,
    Wanted,
    Why,
)
from careline_followup.tasks.moves import Moves
from careline_followup.tasks.store import Listed
from careline_followup.tasks.ways import Ways


class Tasks:
    """Tasks for pages, flows and the command line; ``core`` is a ``careline.plugins.Core``."""

    def __init__(self, core: Any, moves: Moves, ways: Ways) -> None:
        self._core = core
        self._moves = moves
        self._ways = ways

    # Looking

    async def get(self, task_id: int) -> Task:
        """One task, else NotFound."""
        found: Task = await self._core.db.run(store.get, task_id)
        return found

    async def entry(self, task_id: int) -> Entry:
        """One task with its case, else NotFound."""
        found: Entry = await self._core.db.run(store.entry, task_id)
        return found

    async def listed(self, wanted: Wanted, most: int = 50, offset: int = 0) -> Listed:
        """Tasks with their cases, those that are due first."""
        now = self._core.clock.now()
        found: Listed = await self._core.db.run(store.listed, wanted, now, most, offset)
        return found

    async def several(self, ids: Collection[int]) -> dict[int, Task]:
        """Tasks by id, of those that are there."""
        found: dict[int, Task] = await self._core.db.run(_several, ids)
        return found

    async def numbers(self, task_id: int) -> tuple[Rung, ...]:
        """The telephones at which the patient is called, in order (E.164); else NotFound."""
        found: tuple[Rung, ...] = await self._core.db.run(_numbers, task_id)
        return found

    async def first_numbers(self, ids: Collection[int]) -> dict[int, str]:
        """Where the patient of each case is called first (E.164); none where nobody can be."""
        found: dict[int, str] = await self._core.db.run(_first_numbers, ids)
        return found

    async def call(self, task_id: int) -> Kept | None:
        """The outbound task of the way in use, as it stands; None when nothing is to be called."""
        found: Kept | None = await self._core.db.run(self._call, task_id)
        return found

    async def attempts(self, task_id: int) -> list[Attempt]:
        """What was tried, the first one first."""
        found: list[Attempt] = await self._core.db.run(store.attempts, task_id)
        return found

    async def of_case(self, case: int) -> list[Task]:
        """All tasks of a case, by their days."""
        found: list[Task] = await self._core.db.run(store.of_case, case)
        return found

    async def of_patient(self, patient: int) -> list[Task]:
        """A patient's tasks, the newest first."""
        found: list[Task] = await self._core.db.run(store.of_patient, patient)
        return found

    # Doing

    async def begin(self, task_id: int, agent: str, call: str = "") -> Task:
        """An agent asks the patient now; Conflict when the task is over."""
        return await self._change(self._begin, task_id, agent, call)

    async def assign(self, task_id: int, agent: str, by: str) -> Task:
        """Say whose it is; an empty ``agent`` for everybody's."""
        return await self._change(self._assign, task_id, agent, by)

    async def plan_now(self, task_id: int, by: str) -> Task:
        """Begin a planned one before its day."""
        return await self._change(self._now, task_id, by)

    async def decline(self, task_id: int, by: str, way: Way, note: str = "") -> Task:
        """The patient does not want to be asked."""
        return await self._change(self._decline, task_id, by, way, note)

    async def unwilling(self, task_id: int) -> Task:
        """Somebody at the patient's number, who did not show who it is, wants no call.

        This way is given up; whether the patient wishes so, an agent asks.
        """
        return await self._change(self._unwilling, task_id)

    async def not_reached(self, task_id: int, by: str, note: str = "") -> Task:
        """Give this way up; the next one is taken, or it ends as the plan says."""
        return await self._change(self._not_reached, task_id, by, note)

    async def later(self, task_id: int, at: datetime, by: str, note: str = "") -> Task:
        """The patient wants to be called at ``at`` (UTC); Invalid when that is past."""
        if at <= self._core.clock.now():
            raise Invalid("followup.past", "This time is past.")
        return await self._change(self._later, task_id, at, by, note)

    async def hand_over(self, task_id: int, by: str, note: str = "") -> Task:
        """Let the ward ask; nobody else calls any more."""
        return await self._change(self._hand_over, task_id, by, note)

    async def take_back(self, task_id: int, by: str) -> Task:
        """The ward gives it back to the agents."""
        return await self._change(self._take_back, task_id, by)

    async def unreachable(self, task_id: int, by: str, note: str) -> Task:
        """The ward could not reach the patient either."""
        return await self._change(self._unreachable, task_id, by, note)

    async def cancel(self, task_id: int, by: str, note: str, why: Why = Why.ASKED) -> Task:
        """Ask nobody; it stands in the list of cancelled ones. Invalid without a reason."""
        if not note.strip():
            raise Invalid("followup.note", "Please say why.")
        return await self._change(self._cancel, task_id, by, note, why)

    async def restore(self, task_id: int, by: str) -> Task:
        """Take a cancelled one up again; its time is now, and the plan's from now on."""
        return await self._change(self._restore, task_id, by)

    async def _change(self, verb: Any, *args: Any) -> Task:
        done: Task = await self._core.db.run(verb, *args)
        return done

    # In the transaction

    def _call(self, tx: Tx, task_id: int) -> Kept | None:
        found: Kept | None = self._core.outbound.look(tx, store.get(tx, task_id).call_key)
        return found

    def _begin(self, tx: Tx, task_id: int, agent: str, call: str) -> Task:
        task = store.get(tx, task_id)
        if task.state is State.RUNNING and task.agent == agent:
            return task
        if task.state is State.ANSWERED:
            raise over()
        state = State.WITH_WARD if task.state is State.WITH_WARD else State.RUNNING
        # No way of the plan's is open, or one that would ring during the talk.
        alone = task.way in (None, Way.AUTOMATIC) or task.state is State.UNREACHABLE
        if task.state is not State.WITH_WARD and task.way is Way.AUTOMATIC:
            self._moves.withdraw_call(tx, task)
        values = {"agent": agent, "round": task.round + alone}
        begun = self._moves.to(tx, task, state, agent, **values)
        key = f"{task.call_key}:{call or agent}"
        self._tried(tx, begun, key, "begun", agent=agent, call=call)
        if alone:  # if nothing comes of this it goes on as it would have without
            self._ways.wait_for_form(tx, begun)
        return begun

    def _assign(self, tx: Tx, task_id: int, agent: str, by: str) -> Task:
        task = store.get(tx, task_id)
        self._core.outbound.assign(tx, task.call_key, agent)
        return self._moves.to(tx, open_one(task), task.state, by, agent=agent)

    def _now(self, tx: Tx, task_id: int, by: str) -> Task:
        task = store.get(tx, task_id)
        return self._ways.begin(tx, task, by) if task.state is State.PLANNED else task

    def _decline(self, tx: Tx, task_id: int, by: str, way: Way, note: str) -> Task:
        task = store.get(tx, task_id)
        if task.state is State.DECLINED:
            return task
        done = self._moves.to(tx, task, State.DECLINED, by, note=note)
        self._tried(tx, done, f"{task.call_key}:declined", "declined", way=way, note=note)
        return done

    def _unwilling(self, tx: Tx, task_id: int) -> Task:
        task = open_one(store.get(tx, task_id))
        self._tried(tx, task, f"{task.call_key}:unwilling", "unwilling")
        self._moves.withdraw_call(tx, task)
        return self._ways.next(tx, task)

    def _not_reached(self, tx: Tx, task_id: int, by: str, note: str) -> Task:
        task = open_one(store.get(tx, task_id))
        self._tried(tx, task, f"{task.call_key}:given-up", "no_answer", agent=by, note=note)
        self._moves.withdraw_call(tx, task)
        return self._ways.next(tx, task, by)

    def _later(self, tx: Tx, task_id: int, at: datetime, by: str, note: str) -> Task:
        task = open_one(store.get(tx, task_id))
        self._tried(tx, task, f"{task.call_key}:later", "later", agent=by, note=note)
        return self._ways.again(tx, task, at, by, note)

    def _hand_over(self, tx: Tx, task_id: int, by: str, note: str) -> Task:
        task = store.get(tx, task_id)
        return self._moves.to(tx, task, State.WITH_WARD, by, way=Way.WARD, agent="", note=note)

    def _take_back(self, tx: Tx, task_id: int, by: str) -> Task:
        task = store.get(tx, task_id)
        if task.state is not State.WITH_WARD:
            raise over()
        return self._ways.with_agent(tx, task, by)

    def _unreachable(self, tx: Tx, task_id: int, by: str, note: str) -> Task:
        task = open_one(store.get(tx, task_id))
        return self._moves.to(tx, task, State.UNREACHABLE, by, note=note)

    def _cancel(self, tx: Tx, task_id: int, by: str, note: str, why: Why) -> Task:
        task = store.get(tx, task_id)
        if task.state is State.CANCELLED:
            return task
        return self._moves.to(tx, task, State.CANCELLED, by, note=note, why=why)

    def _restore(self, tx: Tx, task_id: int, by: str) -> Task:
        task = store.get(tx, task_id)
        if task.state is not State.CANCELLED:
            return task
        now = self._core.clock.now()
        values: dict[str, Any] = {"why": None, "note": "", "agent": "", "warned": False}
        if task.due <= now:
            local = now.astimezone(self._core.campuses.zone()).date()
            values |= {"due": now, "day": local, "deadline": now + _kept(task)}
        if task.why is Why.DECEASED:  # a mistake: the patient lives
            cases.revive(tx, task.case)
        return self._moves.to(tx, task, State.PLANNED, by, **values)

    def _tried(self, tx: Tx, task: Task, key: str, outcome: str, **more: Any) -> None:
        values = {"way": task.way or Way.AGENT} | more
        now = self._core.clock.now()
        store.add_attempt(tx, Attempt(task=task.id, key=key, at=now, outcome=outcome, **values))


def _several(tx: Tx, ids: Collection[int]) -> dict[int, Task]:
    return {one.id: one for one in store.several(tx, ids)}


def _numbers(tx: Tx, task_id: int) -> tuple[Rung, ...]:
    return ladder(tx, cases.get(tx, store.get(tx, task_id).case))


def _first_numbers(tx: Tx, ids: Collection[int]) -> dict[int, str]:
    found = ladders(tx, cases.several(tx, ids).values())
    return {one: rungs[0].number for one, rungs in found.items() if rungs}


def open_one(task: Task) -> Task:
    """The task, if it is open; else Conflict."""
    if task.state not in OPEN:
        raise over()
    return task


def over() -> Conflict:
    """Nothing can be done with a task as it stands."""
    return Conflict("followup.state", "This follow-up is over or was changed meanwhile.")


def _kept(task: Task) -> timedelta:
    return max(task.deadline - task.due, timedelta(days=1))
