"""Makes the calls of tasks: looks for what is due, and never rings more people than can be served.

A PROGRESSIVE call takes the way of a callback (``through``): one half waits in the queue, and only
when an agent has answered does the other half dial the patient. So nobody answers and finds no
agent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from twisted.internet.defer import CancelledError
from twisted.logger import Logger

from careline.calls import facts as f
from careline.calls.model import CallRecord
from careline.clock import TimeoutError
from careline.errors import CarelineError, Unavailable
from careline.hooks import Hub
from careline.ivr.book import FlowBook
from careline.ivr.position import Position
from careline.outbound import store
from careline.outbound.ends import Ends
from careline.outbound.footing import Footing
from careline.outbound.model import Kept, Mode, Stage
from careline.outbound.outcomes import HEARD, is_machine
from careline.outbound.placing import ODD, ODD_AGAIN, Placing
from careline.outbound.store import Wanted
from careline.outbound.through import ThroughQueue
from careline.outbound.ways import Figures
from careline.telephony.switch import Switch

ROUND_S = 2.0
#: Calls begun in one round, so that a trunk is not taken by storm.
AT_ONCE = 5
#: Tasks looked at in one round: those at the head may have no line, or no agent.
LOOKED_AT = 100
FLOW_AGAIN = timedelta(minutes=10)
LOOK_UP_S = 1.0

log = Logger()


class Dialler:
    """One for each core: begins what is due, and says what came of it."""

    def __init__(
        self,
        footing: Footing,
        hub: Hub,
        book: FlowBook,
        switch: Switch,
        through: ThroughQueue,
        figures: Figures,
    ) -> None:
        self._clock = footing.clock
        self._tasks = footing.tasks
        self._db = footing.db
        self._calls = footing.calls
        self._outbound = footing.outbound
        self._tries = footing.tries
        self._node = footing.node
        self._hub = hub
        self._book = book
        self._through = through
        self._ways = through.ways
        self._placing = Placing(footing, switch, through, figures)
        self._ends = Ends(footing, through)
        self._in_step = False

    @property
    def figures(self) -> Figures:
        """How much is dialled at once, and how long it rings."""
        return self._placing.figures

    @figures.setter
    def figures(self, figures: Figures) -> None:
        self._placing.figures = figures

    # Its life

    def start(self) -> None:
        """Look for what is due from now on, whenever the core is in step with the switch."""
        self._tasks.spawn(self._rounds(), "outbound")

    def in_step(self) -> None:
        """The link is up and what is up is known: take up the tries that an earlier core began."""
        self._placing.linked = True
        self._tasks.spawn(self._resume(), "outbound calls of before")

    def lost(self) -> None:
        """The link is down: nothing is begun."""
        self._in_step = self._placing.linked = False

    async def _rounds(self) -> None:
        while True:
            await self._clock.sleep(ROUND_S)
            if self._in_step:
                await self._round_or_later()

    async def _round_or_later(self) -> None:
        try:
            await self.round()
        except CarelineError as error:
            log.warn("outbound calls wait: {error}", error=error)

    async def _resume(self) -> None:
        while True:
            try:
                for kept in await self._db.run(store.running, self._node):
                    await self._aside(self._ends.take_up, kept)
            except CarelineError as error:
                log.warn("outbound calls of before wait: {error}", error=error)
                await self._clock.sleep(ROUND_S)
            else:
                # The link may have gone meanwhile; then there is another resumption to come.
                self._in_step = self._placing.linked
                return

    async def _aside(self, deed: Callable[[Kept], Awaitable[object]], kept: Kept) -> bool:
        """Do it for one task; whatever is wrong with that one, the others are called.

        Unavailable when the database is away: that is not the task's fault.
        """
        try:
            return bool(await deed(kept))
        except (CancelledError, Unavailable):
            raise
        except Exception:  # noqa: BLE001 - one odd task must not end all calls
            log.failure("outbound task {key}", key=kept.task.key)
            await self._db.run(self._outbound.later, kept.task.key, ODD, ODD_AGAIN)
            return False

    # What is due

    async def round(self) -> None:
        """Tidy up, then begin what may begin now."""
        await self._tidied()
        stopped = {pause.purpose for pause in await self._outbound.paused()}
        if "" in stopped or self.figures.lines == 0:
            return
        left = AT_ONCE
        for kept in await self._due(Mode.AUTOMATIC, stopped):
            left -= await self._aside(self._begin_automatic, kept) if left else 0
        left = AT_ONCE
        for kept in await self._due(Mode.PROGRESSIVE, stopped):
            if left and self._through.free(kept.task.queue) > 0:
                left -= await self._aside(self._begin_progressive, kept)

    async def _tidied(self) -> None:
        try:
            await self._db.run(self._outbound.tidy)
            await self._ends.lost()
        except (CancelledError, Unavailable):
            raise
        except Exception:  # noqa: BLE001 - calls go on, tidy or not
            log.failure("outbound tasks are not tidied")

    async def _due(self, mode: Mode, stopped: set[str]) -> list[Kept]:
        wanted = Wanted(
            stages=(Stage.WAITING,),
            modes=(mode,),
            purposes_not=stopped,
            due_by=self._clock.now(),
        )
        return await self._outbound.list(wanted, most=LOOKED_AT)

    async def _begin_automatic(self, kept: Kept) -> bool:
        try:
            self._book.get(kept.task.flow)
        except CarelineError as error:
            log.error("outbound task {key}: {error}", key=kept.task.key, error=error)
            await self._db.run(self._outbound.later, kept.task.key, "outbound.flow", FLOW_AGAIN)
            return False
        trunk = await self._cleared(kept)
        return bool(trunk) and await self._placing.automatic(kept, trunk)

    async def _begin_progressive(self, kept: Kept) -> bool:
        trunk = await self._cleared(kept)
        return bool(trunk) and await self._placing.progressive(kept, trunk)

    async def _cleared(self, kept: Kept) -> str:
        """The trunk for a task whose number may be dialled; empty when not now or never."""
        trunk, number = self._ways.trunk(kept.task.campus), kept.number
        if not trunk or self._tries.lines(trunk) >= self.figures.lines:
            return ""
        if not self._ways.cleared(number, trunk):
            await self._db.run(self._outbound.refused, kept.task.key, "outbound.number")
            return ""
        refusal = await self._hub.may_dial(agent="", number=number)
        if refusal is not None:
            await self._db.run(self._outbound.refused, kept.task.key, refusal.code)
            return ""
        return trunk

    # By hand

    async def begin(self, key: str, agent: str) -> str:
        """Dial a PREVIEW task for the agent who has taken it; the call's id.

        Refused when it may not be called now, and why; it has gone from the agent then.
        """
        return await self._placing.by_hand(key, agent)

    def is_with(self, call_id: str, agent: str) -> bool:
        """True while that agent takes part in the call."""
        call = self._calls.get(call_id)
        return call is not None and any(leg.agent == agent for leg in call.legs)

    # What came of it

    async def answered(self, call: CallRecord, heard: str, language: str) -> Position | None:
        """Where an automatic call begins that was answered; None when there is nothing to say."""
        kept = await self._kept_of(call.id)
        if kept is None:
            return None
        machine, task = is_machine(heard), kept.task
        noted = f.Noted(at=self._clock.now(), channel=call.id, what=HEARD, detail={"amd": heard})
        self._calls.note(call.id, noted)
        if machine and task.args.get("machine") != "flow":
            return None
        try:
            position = self._book.begin(task.flow, task.args.get("language") or language)
            by = "machine" if machine else "human"
            for name, value in {**task.args, "task": task.key, "answered_by": by}.items():
                position = position.with_var(name, value)
        except CarelineError as error:
            log.error("outbound task {key}: {error}", key=task.key, error=error)
            return None
        return position

    async def _kept_of(self, call_id: str) -> Kept | None:
        running = self._tries.get(call_id)
        if running is not None:
            return running.kept
        try:
            return await self._clock.within(LOOK_UP_S, self._db.run(store.of_call, call_id))
        except (Unavailable, TimeoutError) as error:
            log.warn("the task of call {call} is not known: {error}", call=call_id, error=error)
            return None

    def closed(self, call_id: str) -> None:
        """A call is finished and stored, its agents' wrap-up too: settle the task it was for."""
        if call_id in self._tries:
            self._tasks.spawn(self._ends.closed(call_id), "what came of an outbound call")
