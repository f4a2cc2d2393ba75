"""One call for two purposes: what else the same patient is to be called about, told in this call.

Only what agents call about; a flow says what it has to say in a call of its own, which the
governor of outreach keeps apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta

from careline.clock import Clock
from careline.errors import NotFound
from careline.outbound import store
from careline.outbound.model import Kept, Mode, Outcome, Stage
from careline.outbound.store import Wanted
from careline.storage import Database, Tx

SOON = timedelta(hours=12)
"""What is due within so long need not be a call of its own."""
MOST = 5
REASON = "outbound.beside"

End = Callable[[Tx, Kept, Outcome, str], Kept | None]
"""How a task ends; None when somebody was faster."""


class Beside:
    """Finds and ends tasks that an agent's running call takes care of too.

    ``queues_of(agent)`` gives the queues an agent serves: others' tasks are not theirs to read.
    """

    def __init__(
        self, db: Database, clock: Clock, end: End, queues_of: Callable[[str], Iterable[str]]
    ) -> None:
        self._db = db
        self._clock = clock
        self._end = end
        self._queues_of = queues_of

    async def of(self, kept: Kept, agent: str) -> list[Kept]:
        """Tasks of agents that wait for the same patient, those that are due first at the head."""
        return await self._db.run(self._of, kept, agent, tuple(self._queues_of(agent)))

    def _of(self, tx: Tx, kept: Kept, agent: str, queues: tuple[str, ...]) -> list[Kept]:
        if not kept.task.patient:
            return []
        wanted = Wanted(
            stages=(Stage.WAITING,),
            modes=(Mode.PREVIEW, Mode.PROGRESSIVE),
            campuses=(kept.task.campus,),
            queues=queues,
            patient=kept.task.patient,
            free_for=agent,
            due_by=self._clock.now() + SOON,
        )
        return store.listed(tx, wanted, most=MOST)

    async def told(self, kept: Kept, key: str, agent: str) -> None:
        """The agent has spoken about that one too: it is ANSWERED; NotFound for any other."""
        await self._db.run(self._told, kept, key, agent, tuple(self._queues_of(agent)))

    def _told(self, tx: Tx, kept: Kept, key: str, agent: str, queues: tuple[str, ...]) -> None:
        here = {one.task.key: one for one in self._of(tx, kept, agent, queues)}
        running = store.get(tx, kept.task.key)
        up = running is not None and running.stage is Stage.CALLING
        if not up or key not in here or self._end(tx, here[key], Outcome.ANSWERED, REASON) is None:
            raise NotFound("outbound.unknown", "there is no outbound task {key}", key=key)
