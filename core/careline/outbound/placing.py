"""Makes the call of one try: claims it, has the switch begin it, and waits until it appears."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from secrets import token_hex

from attrs import frozen
from twisted.internet.defer import CancelledError
from twisted.logger import Logger

from careline.calls import facts as f
from careline.calls.service import Calls
from careline.clock import Clock
from careline.errors import CarelineError, Refused, Unavailable
from careline.outbound.model import Kept, Outcome
from careline.outbound.service import Outbound
from careline.outbound.tries import Running, Tries
from careline.outbound.ways import Figures, Ways
from careline.storage import Database
from careline.tasks import Tasks
from careline.telephony.switch import Switch

AUTOMATIC, PROGRESSIVE = "careline-automatic", "careline-callback"
#: Seconds that an agent's phone may take to be answered before a progressive call is given up.
QUEUE_S = 60
AGAIN, ODD_AGAIN = timedelta(minutes=1), timedelta(minutes=10)
ODD = "outbound.odd"

log = Logger()


@frozen(kw_only=True)
class Origin:
    """What the switch is asked to begin."""

    channel: str
    context: str
    exten: str
    caller_id: str | None
    variables: Mapping[str, str]
    timeout_s: int


class Placing:
    """Begins calls. ``linked`` says whether the core knows at all which calls are up."""

    def __init__(
        self,
        clock: Clock,
        tasks: Tasks,
        db: Database,
        switch: Switch,
        calls: Calls,
        outbound: Outbound,
        ways: Ways,
        node: str,
        figures: Figures,
        tries: Tries,
    ) -> None:
        self._clock = clock
        self._tasks = tasks
        self._db = db
        self._switch = switch
        self._calls = calls
        self._outbound = outbound
        self._ways = ways
        self._node = node
        self._tries = tries
        self.figures = figures
        self.linked = False

    async def automatic(self, kept: Kept, trunk: str) -> bool:
        """Ring the patient, for whom a flow speaks; False when it may not be now."""
        origin = Origin(
            channel=self._ways.dial_string(kept.number, trunk),
            context=AUTOMATIC,
            exten="s",
            caller_id=self._ways.shown(trunk) or None,
            variables={
                "CARELINE_AUTOMATIC": "1",
                "CARELINE_LISTEN": "1" if self.figures.listens else "",
            },
            timeout_s=self.figures.ring_s,
        )
        return await self._place(kept, trunk, self._new_id(), origin)

    async def progressive(self, kept: Kept, trunk: str) -> bool:
        """Have an agent rung, and then the patient; False when it may not be now."""
        call = self._new_id()
        origin = Origin(
            channel=f"Local/s@{PROGRESSIVE}/n",
            context=PROGRESSIVE,
            exten="out",
            caller_id=kept.number,
            variables={
                **await self._ways.marks(call, kept.number),
                "CARELINE_QUEUE": kept.task.queue,
                "CARELINE_PRIORITY": "0",
                "CARELINE_LIMIT": str(QUEUE_S),
                "CARELINE_DIAL": self._ways.dial_string(kept.number, trunk),
                "CARELINE_PATIENT": kept.number,
                "CARELINE_SHOWN": self._ways.shown(trunk),
            },
            timeout_s=QUEUE_S,
        )
        return await self._place(kept, trunk, call, origin)

    def _new_id(self) -> str:
        return f"{self._node}-{int(self._clock.now().timestamp())}.o{token_hex(4)}"

    async def _place(self, kept: Kept, trunk: str, call: str, origin: Origin) -> bool:
        begun, _ = await self._db.run(
            self._outbound.claim, kept.task.key, call, self._node, kept.number
        )
        if begun is None:
            return False
        running = self._tries.begun(begun, trunk)
        try:
            await self._originate(call, origin)
        except Unavailable as error:
            # Nobody knows whether Asterisk has heard of it: if it has, the patient is rung.
            log.warn("outbound task {key}: {error}", key=kept.task.key, error=error)
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
            await self._db.run(self._outbound.not_tried, begun, ODD, ODD_AGAIN)
            return True
        self._tasks.spawn(self._appears(running), "an outbound call")
        return True

    async def _originate(self, call: str, origin: Origin) -> None:
        await self._switch.originate(
            origin.channel,
            origin.context,
            origin.exten,
            caller_id=origin.caller_id,
            variables=origin.variables,
            timeout_s=origin.timeout_s,
            channel_id=call,
        )

    async def _appears(self, running: Running) -> None:
        """Say in the call's record whom it is for; without a call it came to nothing.

        While the link is down nobody can know: whoever takes up the tries afterwards decides.
        """
        kept = running.kept
        try:
            if await self._calls.appears(kept.call, self._clock, self.figures.ring_s) is not None:
                self._note(running)
            elif self.linked and not await self._is_up(kept.call) and self._tries.drop(kept.call):
                await self._db.run(self._outbound.over, kept, Outcome.FAILED, "outbound.no_channel")
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
