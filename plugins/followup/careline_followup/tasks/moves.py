"""How a task goes from one state to another: checked, stored, told, its call withdrawn."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from careline.errors import Conflict
from careline.jobs import Job
from careline.outbound.model import Stage
from careline.storage import Tx
from careline_followup.plans.model import BY_AGENTS, Way
from careline_followup.tasks import store
from careline_followup.tasks.model import FINAL, State, Task, may_follow

CHANGED = "followup_task"
HUSH = "followup.hush"
#: Ways that are calls of the core's outbound.
CALLS = (Way.AUTOMATIC, *BY_AGENTS)
#: States in which a call or a message of ours may be under way.
CALLED = (State.DUE, State.RUNNING)


class Moves:
    """Changes tasks within the caller's transaction; ``core`` is a ``careline.plugins.Core``."""

    def __init__(self, core: Any) -> None:
        self._core = core

    def to(self, tx: Tx, task: Task, state: State, by: str = "", **values: Any) -> Task:
        """The task in another state (or the same, with other ``values``).

        A final one, or one that is with the ward, calls nobody any more; the reason of the state
        before is forgotten. Raises Conflict "followup.state" when that state cannot follow.
        """
        if not may_follow(task.state, state):
            raise Conflict("followup.state", "This follow-up is over or was changed meanwhile.")
        now = self._core.clock.now()
        over = state in FINAL
        if task.state is not state:
            values.setdefault("why", None)
        finished = (task.finished or now) if over else None
        fresh = evolve(
            task, state=state, by=by or task.by, changed=now, finished=finished, **values
        )
        if task.state in CALLED and state not in CALLED:
            self.withdraw_call(tx, task)
        store.put(tx, fresh)
        if over and task.state is not state:
            self._core.hub.followup_settled(tx, task_id=task.id)
        self.tell(tx, fresh)
        return fresh

    def withdraw_call(self, tx: Tx, task: Task) -> None:
        """Nobody is called for a task any more; a call that is being made is not repeated.

        A message that has not gone yet stays here.
        """
        if task.way is Way.MESSAGE:
            self._core.hub.message_unwanted(tx, message_id=task.call_key)
        if task.way not in CALLS:
            return
        key = task.call_key
        kept = self._core.outbound.look(tx, key)
        if kept is None or kept.stage is Stage.DONE:
            return
        if not self._core.outbound.withdraw(tx, key, "followup.over"):
            self._core.outbox.put(tx, Job(HUSH, {"key": key}, dedupe_key=f"{HUSH}:{key}"))

    def tell(self, tx: Tx, task: Task) -> None:
        """Pages that show the task load anew, once it is committed."""
        tell = self._core.events.tell

        def told() -> None:
            tell(CHANGED, str(task.id), agent=task.agent, permission="followup.view")

        tx.after_commit(told)
