"""Contacts that nobody was called for, since there was no number: begun once there is one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from careline.storage import Tx
from careline_followup.cases.model import Case
from careline_followup.cases.store import case_table
from careline_followup.tasks import store as tasks
from careline_followup.tasks.ladder import ladder
from careline_followup.tasks.model import State, Task, Why
from careline_followup.tasks.moves import Moves
from careline_followup.tasks.store import task_table

c, t = case_table.c, task_table.c


class Numbers:
    """Looks again for numbers; ``core`` is a ``careline.plugins.Core``."""

    def __init__(self, core: Any, moves: Moves) -> None:
        self._core = core
        self._moves = moves

    def again(self, tx: Tx, case: Case) -> int:
        """Plan anew what nobody was called for, if there is another number now; how many.

        Of several contacts of a plan only the last is made up for.
        """
        last = {one.plan: one for one in tasks.of_case(tx, case.id) if _waits(one)}
        numbers = {one.number for one in ladder(tx, case)} if last else set()
        found = [one for one in last.values() if numbers - self._tried(tx, one)]
        for task in found:
            self._moves.to(tx, task, State.PLANNED, way=None, place=0, warned=False)
        return len(found)

    def _tried(self, tx: Tx, task: Task) -> set[str]:
        """The numbers of the call that was refused, if there was one."""
        kept = self._core.outbound.look(tx, task.call_key)
        return {one.number for one in kept.task.rungs} if kept is not None else set()


def uncalled(tx: Tx, since: datetime, after: int, most: int) -> list[int]:
    """Cases from ``since`` on with a contact that waits for a number: ids behind ``after``."""
    waits = (t.state == State.UNREACHABLE, t.why == Why.NO_NUMBER)
    joined = select(c.id).join(task_table, t.case == c.id).distinct()
    rows = joined.where(c.at >= since, c.id > after, *waits).order_by(c.id)
    return tx.scalars(rows.limit(most))


def _waits(task: Task) -> bool:
    return task.state is State.UNREACHABLE and task.why is Why.NO_NUMBER
