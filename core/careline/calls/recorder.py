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
#: Noted of a call whose talks are not written any more: who wanted it was switched off.
ENDED = "recording_ended"
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
    _ended: set[str] = field(factory=set, init=False)
    """Channels of calls that are up which are not written any more."""

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

    async def nobody_asks(self) -> list[str]:
        """A plugin has gone: what nobody wants recorded now is not written on; gives the calls.

        Nothing begins it again: whoever talks on does so unheard, whatever comes back.
        """
        known = {leg.channel for call in self.calls.open for leg in call.legs}
        self._ended.intersection_update(known)
        return [call.id for call in self.calls.open if await self._given_up(call)]

    async def _given_up(self, call: CallRecord) -> bool:
        """True when nobody wants a call recorded which was, or was about to be."""
        if await self.hub.record_call(call=call, agent="") is not None:
            return False
        live = [leg for leg in call.legs if leg.ended is None]
        written = [leg for leg in live if await self._stop(leg.name)]
        if not written and call.id not in self._marked:
            return False
        for leg in live:
            await self._unmark(leg.name)
        self._ended.update(leg.channel for leg in written)
        self._note(call.id, call.id, ENDED, {})
        return True

    async def _unmark(self, channel: str) -> None:
        try:
            await self.switch.set_variable(channel, MARK, "")
        except CarelineError as error:  # it has gone
            log.info("{error}", error=error)

    def writes(self, channel: str) -> bool:
        """False for a channel whose talk was written and is not any more."""
        return channel not in self._ended

    async def _stop(self, channel: str) -> bool:
        """True when it was being written until now."""
        try:
            await self.switch.mixmonitor_stop(channel)
        except CarelineError as error:  # it was not being recorded, or has gone
            log.info("{error}", error=error)
            return False
        return True

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
