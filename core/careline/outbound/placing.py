"""Makes the call of one try: claims it, has the switch begin it, and waits until it appears."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from twisted.internet.defer import CancelledError
from twisted.logger import Logger

from careline.calls import facts as f
from careline.calls.rung import new_call_id
from careline.errors import CarelineError, Refused, Unavailable
from careline.outbound.footing import Footing
from careline.outbound.model import Kept, Mode, Outcome
from careline.outbound.outcomes import NO_CHANNEL
from careline.outbound.through import Through, ThroughQueue
from careline.outbound.tries import Running
from careline.outbound.ways import Figures
from careline.telephony.switch import OldDialplan, Switch

AUTOMATIC = "careline-automatic"
AGAIN, ODD_AGAIN = timedelta(minutes=1), timedelta(minutes=10)
ODD, PHONE_AWAY = "outbound.odd", "outbound.phone_away"

#: Has the switch begin the call of a try.
Begin = Callable[[], Awaitable[object]]

log = Logger()


class Placing:
    """Begins calls. ``linked`` says whether the core knows at all which calls are up."""

    def __init__(
        self, footing: Footing, switch: Switch, through: ThroughQueue, figures: Figures
    ) -> None:
        self._clock = footing.clock
        self._tasks = footing.tasks
        self._db = footing.db
        self._calls = footing.calls
        self._outbound = footing.outbound
        self._tries = footing.tries
        self._node = footing.node
        self._switch = switch
        self._through = through
        self._ways = through.ways
        self.figures = figures
        self.linked = False

    async def automatic(self, kept: Kept, trunk: str) -> bool:
        """Ring the patient, for whom a flow speaks; False when it may not be now."""
        call = self._new_id()

        async def begin() -> None:
            await self._switch.originate(
                self._ways.cleared(kept.number, trunk),
                AUTOMATIC,
                "s",
                caller_id=self._ways.shown(trunk) or None,
                variables={
                    "CARELINE_AUTOMATIC": "1",
                    "CARELINE_LISTEN": "1" if self.figures.listens else "",
                },
                timeout_s=self.figures.ring_s,
                channel_id=call,
            )

        return await self._place(kept, trunk, call, begin)

    async def progressive(self, kept: Kept, trunk: str) -> bool:
        """Have an agent rung, and then the patient; False when it may not be now."""
        call, queue = self._new_id(), kept.task.queue
        if not self._through.reserve(call, queue):
            return False
        wanted = Through(call=call, queue=queue, number=kept.number, trunk=trunk)
        placed = False
        try:
            placed = await self._place(kept, trunk, call, lambda: self._through.begin(wanted))
        finally:
            if not placed:
                self._through.release(call)
        return placed

    def _new_id(self) -> str:
        return new_call_id(self._node, self._clock.now())

    async def _place(self, kept: Kept, trunk: str, call: str, begin: Begin) -> bool:
        begun, _ = await self._db.run(
            self._outbound.claim, kept.task.key, call, self._node, kept.number
        )
        if begun is None:
            return False
        running = self._tries.begun(begun, trunk)
        try:
            await begin()
        except Unavailable as error:
            # Nobody knows whether Asterisk has heard of it: if it has, the patient is rung.
            log.warn("outbound task {key}: {error}", key=kept.task.key, error=error)
        except OldDialplan as error:  # nobody was rung, and nobody will be until it is renewed
            self._tries.drop(call)
            await self._db.run(self._outbound.not_tried, begun, error.code, ODD_AGAIN)
            return True
        except CarelineError as error:
            log.warn("outbound task {key}: {error}", key=kept.task.key, error=error)
            self._tries.drop(call)
            await self._db.run(self._outbound.over, begun, Outcome.FAILED, error.code)
            return True
        except CancelledError:  # the core ends: the next one takes the try up
            raise
        except Exception:  # noqa: BLE001 - whatever it is, the task must not stay as if it were called
            log.failure("outbound task {key}", key=kept.task.key)
            self._tries.drop(call)
            self._through.release(call)
            await self._db.run(self._outbound.not_tried, begun, ODD, ODD_AGAIN)
            return True
        self._tasks.spawn(self._appears(running), "an outbound call")
        return True

    async def _appears(self, running: Running) -> None:
        """Say in the call's record whom it is for; without a call it came to nothing.

        While the link is down nobody can know: whoever takes up the tries afterwards decides.
        In a call by hand the agent's own phone is rung first, so the patient's was not.
        """
        kept = running.kept
        try:
            if await self._calls.appears(kept.call, self._clock, self.figures.ring_s) is not None:
                self._note(running)
            elif self.linked and not await self._is_up(kept.call) and self._tries.drop(kept.call):
                if kept.task.mode is Mode.PREVIEW:
                    await self._db.run(self._outbound.not_tried, kept, PHONE_AWAY, AGAIN)
                else:
                    await self._db.run(self._outbound.over, kept, Outcome.FAILED, NO_CHANNEL)
        finally:
            self._tries.seen(kept.call)

    async def _is_up(self, call: str) -> bool:
        """Ask the switch itself; in doubt it is."""
        try:
            channels = await self._switch.channels()
        except CarelineError as error:
            log.warn("is call {call} up? {error}", call=call, error=error)
            return True
        return any(call in (one.unique_id, one.linked_id) for one in channels)

    def _note(self, running: Running) -> None:
        kept, now = running.kept, self._clock.now()
        task, call = kept.task, kept.call
        about = {"task": task.key, "purpose": task.purpose, "mode": task.mode.value}
        dialled = f.Dialled(
            at=now, channel=call, number=kept.number, trunk=running.trunk, campus=task.campus
        )
        self._calls.note(call, dialled)
        self._calls.note(call, f.Noted(at=now, channel=call, what="outbound", detail=about))
        if task.patient:
            self._calls.note(call, f.Linked(at=now, channel=call, patient=task.patient))

    async def by_hand(self, key: str, agent: str) -> str:
        """Dial a PREVIEW task for the agent who has taken it; the call's id. Refused when not now.

        When the switch does not answer, the agent's phone may ring all the same.
        """
        call = self._new_id()
        begun, decision = await self._db.run(self._outbound.claim, key, call, self._node, "", agent)
        if begun is None and decision is not None:
            why = decision.text
            raise Refused("outbound.not_now", "this call may not be made now. {why}", why=why)
        if begun is None:
            raise Refused("outbound.stopped", "this call is stopped, or not to be made any more")
        running = self._tries.begun(begun, self._ways.trunk(begun.task.campus))
        try:
            await self._ways.dial(agent, begun.number, begun.task.patient, call)
        except Unavailable:
            self._tasks.spawn(self._appears(running), "an outbound call")
            raise
        except CancelledError:  # the core ends: the next one takes the try up
            raise
        except Exception as error:
            self._tries.drop(call)
            code = error.code if isinstance(error, CarelineError) else ODD
            await self._db.run(self._outbound.not_tried, begun, code, AGAIN)
            raise
        self._tries.seen(call)
        self._note(running)
        return call
