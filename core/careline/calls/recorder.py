"""Whether a talk is recorded: plugins say so, the dialplan begins it, here it is paused and ended.

The AMI user cannot begin a recording (that needs ``system``). So what may be recorded is marked
before anybody rings: MixMonitor then waits on each agent's channel and writes what is said while
that is in a bridge, two channels of signed 16-bit linear audio at 8 kHz, the agent first, into
``monitor/careline/<call>~<channel>.raw`` of the spool. Raw audio has no header that a crash could
leave wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen
from twisted.logger import Logger

from careline.calls import facts as f
from careline.calls.model import CallRecord, Direction
from careline.calls.service import Calls
from careline.clock import Clock
from careline.errors import CarelineError
from careline.hooks import Hub
from careline.telephony.switch import Switch

MARK = "__CARELINE_RECORD"
CALL = "CARELINE_CALL"
FOLDER = Path("monitor/careline")
RATE = 8000

log = Logger()


@frozen
class Recorder:
    """Asks the hook ``record_call`` and tells the switch."""

    hub: Hub
    calls: Calls
    switch: Switch
    clock: Clock
    spool: Path
    """Asterisk's spool folder."""
    _marked: set[str] = field(factory=set, init=False)
    """Calls that are up and whose talks are recorded, unless the agent is let off."""

    @property
    def folder(self) -> Path:
        """Where talks are written, one file for each agent's channel."""
        return self.spool / FOLDER

    def file(self, call: str, channel: str) -> Path:
        """Where the talk of an agent's channel is written."""
        return self.folder / f"{call}~{channel}.raw"

    async def marks(self, call: CallRecord) -> Mapping[str, str]:
        """The channel variable that says whether talks of this call are recorded from now on."""
        wanted = await self.hub.record_call(call=call, agent="")
        self._marked.intersection_update(one.id for one in self.calls.open)
        (self._marked.add if wanted else self._marked.discard)(call.id)
        return {MARK: "1" if wanted else ""}

    async def marks_dialled(self, call_id: str, number: str) -> Mapping[str, str]:
        """The same for a call that does not exist yet, to ``number``."""
        call = CallRecord(
            id=call_id, direction=Direction.OUTBOUND, started=self.clock.now(), number=number
        )
        return await self.marks(call)

    async def marks_joining(self, call: CallRecord, leader: str) -> Mapping[str, str]:
        """The same for a leader's phone, which is rung for a call that is up."""
        wanted = await self.hub.record_call(call=call, agent=leader)
        return {MARK.lstrip("_"): "1" if wanted else "", CALL: call.id}

    async def rang(self, call: CallRecord, rang: f.Rang) -> None:
        """An agent's phone rings: an agent who is not recorded is let off before the answer.

        So is everybody once the plugin that wanted the recording is switched off.
        """
        answer = await self.hub.record_call(call=call, agent=rang.agent)
        if answer is None and call.id not in self._marked:
            return
        detail = {"agent": rang.agent, "answer": "yes" if answer else "no"}
        self._note(call.id, rang.channel, "record", detail)
        leg = call.leg(rang.channel)
        if not answer and leg is not None:
            await self._stop(leg.name)

    async def _stop(self, channel: str) -> None:
        try:
            await self.switch.mixmonitor_stop(channel)
        except CarelineError as error:  # it was not being recorded, or has gone
            log.info("{error}", error=error)

    async def pause(self, call: CallRecord, channel: str, paused: bool, by: str) -> None:
        """Write silence instead of the talk, for what must not be kept, or the talk again."""
        leg = call.leg(channel)
        if leg is not None:
            await self.switch.mixmonitor_mute(leg.name, paused)
            detail = {"agent": by, "paused": "yes" if paused else "no"}
            self._note(call.id, channel, "recording", detail)

    def _note(self, call_id: str, channel: str, what: str, detail: Mapping[str, str]) -> None:
        fact = f.Noted(at=self.clock.now(), channel=channel, what=what, detail=dict(detail))
        self.calls.note(call_id, fact)
