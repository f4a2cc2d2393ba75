"""What an agent has just tried in vain: what came of it, what comes next, and a word of theirs.

The line says busy or not answered; that the number is wrong, only whoever has dialled it knows.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from attrs import evolve, frozen
from sqlalchemy import select

from careline.calls.store import call_table
from careline.clock import Clock
from careline.errors import NotFound, Refused
from careline.outbound import store
from careline.outbound.model import Attempt, Kept, Outcome, Stage
from careline.outbound.outcomes import CAUSE, NO_CHANNEL
from careline.outbound.store import attempt_table
from careline.outreach.service import Outreach
from careline.storage import Database, Tx

SHOWN_FOR = timedelta(minutes=30)
"""How long a try stays on the agent's own page."""
MOST = 3

End = Callable[[Tx, Kept, Outcome, str], Kept | None]
"""What an outcome makes of a task; None when somebody was faster."""


@frozen
class Tried:
    """A task's latest try, which is over and has reached nobody, and the task as it stands."""

    kept: Kept
    attempt: Attempt

    @property
    def waits(self) -> bool:
        """True while the task is to be tried again and nobody has it in hand."""
        return self.kept.stage is Stage.WAITING

    @property
    def dialled(self) -> bool:
        """True when the number was dialled, so that the agent may know it to be wrong."""
        failed = self.attempt.outcome is Outcome.FAILED
        return not failed or self.attempt.reason.startswith(CAUSE)

    @property
    def goes_on(self) -> bool:
        """True when the same number is next."""
        return self.waits and self.kept.rung == self.attempt.rung


@frozen
class Lately:
    """Finds and corrects tries that agents have made by hand."""

    db: Database
    clock: Clock
    outreach: Outreach
    end: End

    async def of(self, agent: str) -> list[Tried]:
        """What the agent has tried in vain within the last half-hour, the latest first."""
        return await self.db.run(self._of, agent)

    def _of(self, tx: Tx, agent: str) -> list[Tried]:
        a = attempt_table.c
        calls = (
            select(a.call)
            .join(call_table, call_table.c.id == a.call)
            .where(call_table.c.started >= self.clock.now() - SHOWN_FOR, a.agent == agent)
            .order_by(a.begun.desc())
            .limit(2 * MOST)
        )
        found = (_of_call(tx, call) for call in tx.scalars(calls))
        return [one for one in found if one is not None and one.kept.stage is not Stage.CALLING][
            :MOST
        ]

    async def of_call(self, call: str, agent: str) -> Tried | None:
        """The same of one call of theirs; None when it was for no task, or reached somebody."""
        tried = await self.db.run(_of_call, call)
        return tried if tried is not None and tried.attempt.agent == agent else None

    async def was_wrong(self, call: str, agent: str) -> None:
        """The number of that try is wrong: remembered, and the next one of the ladder is tried.

        NotFound for a try that is not theirs, or not the latest; Refused while it is called again.
        """
        await self.db.run(self._was_wrong, call, agent)

    def _was_wrong(self, tx: Tx, call: str, agent: str) -> None:
        tried = _of_call(tx, call)
        if tried is None or tried.attempt.agent != agent:
            raise NotFound("outbound.unknown", "there is no outbound task {key}", key=call)
        if not tried.dialled:
            raise Refused("outbound.not_dialled", "this number was not dialled")
        if tried.kept.stage in (Stage.CALLING, Stage.TAKEN):
            raise Refused("outbound.busy", "somebody is about to call there again")
        said = f"by {agent}"
        if tried.goes_on:
            if self.end(tx, tried.kept, Outcome.WRONG_NUMBER, said) is None:
                raise Refused("outbound.busy", "somebody is about to call there again")
        else:
            patient, number = tried.kept.task.patient, tried.attempt.number
            self.outreach.wrong(tx, number, said, self.clock.now(), patient=patient)
        corrected = evolve(tried.attempt, outcome=Outcome.WRONG_NUMBER, reason=said)
        store.put_attempt(tx, corrected)


def _of_call(tx: Tx, call: str) -> Tried | None:
    row = tx.one(select(attempt_table).where(attempt_table.c.call == call))
    attempt = None if row is None else Attempt(**row._mapping)
    if attempt is None or attempt.ended is None or attempt.outcome is Outcome.ANSWERED:
        return None
    kept = store.get(tx, attempt.key)
    if kept is None or kept.tries != attempt.nth:
        return None
    tried = Tried(kept, attempt)
    # Of what did not get beyond the agent's own phone there is nothing to say.
    return tried if tried.dialled or attempt.reason == NO_CHANNEL else None
