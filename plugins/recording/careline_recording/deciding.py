"""Answers the hook ``record_call``, and knows how it is with the talks that go on."""

from __future__ import annotations

from twisted.logger import Logger

from careline.calls.model import CallRecord
from careline.clock import TimeoutError
from careline.errors import NotFound, Unavailable
from careline.plugins import Core
from careline_recording.consent import Consent
from careline_recording.model import TalkState
from careline_recording.rules import (
    NOBODY,
    OFF,
    REFUSED,
    Decision,
    Kept,
    Rule,
    decide,
    may_be_kept,
    talk_of,
)

log = Logger()
PERMISSION = "recordings.play"
#: A call waits for the answer.
ASKED_S = 0.5


class Deciding:
    """Whether talks are recorded, by rule and by the caller's word; pause and resume."""

    def __init__(self, core: Core, rules: tuple[Rule, ...], consent: Consent) -> None:
        self._core = core
        self._rules = rules
        self._consent = consent
        self._refused: set[str] = set()
        self._paused: dict[tuple[str, str], bool] = {}

    async def record_call(self, call: CallRecord, agent: str) -> bool:
        """Before anybody rings: whether it may be; as a phone rings: whether it is."""
        if await self._has_refused(call.id):
            self._refused.add(call.id)
            return False
        if not agent:
            return may_be_kept(self._rules, talk_of(call, ""))
        return decide(self._rules, talk_of(call, agent)).kept is not Kept.NEVER

    async def _has_refused(self, call_id: str) -> bool:
        """What is not known in time is looked at again before anything is stored."""
        asked = self._consent.refused(call_id)
        try:
            return await self._core.clock.within(ASKED_S, asked)
        except (Unavailable, TimeoutError) as error:
            log.warn("call {call}: {error}", call=call_id, error=error)
            return False

    async def answered(self, call: CallRecord, agent: str) -> None:
        """A talk that is kept on demand begins as silence."""
        if self._decision(call, agent).kept is Kept.ON_DEMAND:
            await self.pause(call.id, agent, True)

    def over(self, call_id: str) -> None:
        """The call has ended."""
        self._refused.discard(call_id)
        for key in [one for one in self._paused if one[0] == call_id]:
            del self._paused[key]

    def state(self, call_id: str, agent: str) -> TalkState:
        """How it is now with an agent's talk."""
        call = self._core.calls.get(call_id)
        leg = call.leg_of(agent) if call else None
        if call is None or leg is None:
            return TalkState(False, why=NOBODY)
        if not self._core.recorder.writes(leg.channel):
            return TalkState(False, why=OFF)
        decision = self._decision(call, agent)
        if decision.kept is Kept.NEVER:
            return TalkState(False, why=decision.why)
        on_demand = decision.kept is Kept.ON_DEMAND
        return TalkState(True, paused=self._paused.get((call_id, agent), on_demand))

    async def pause(self, call_id: str, agent: str, paused: bool) -> None:
        """Keep silence instead of what is said now, or the talk again."""
        core = self._core
        call = core.calls.get(call_id)
        leg = call.leg_of(agent) if call else None
        if call is None or leg is None:
            raise NotFound(
                "recording.not_in_call", "agent {agent} is not in this call", agent=agent
            )
        await core.recorder.pause(call, leg.channel, paused, agent)
        self._paused[call_id, agent] = paused
        core.events.tell("recording_changed", call_id, permission=PERMISSION)

    def _decision(self, call: CallRecord, agent: str) -> Decision:
        if call.id in self._refused:
            return Decision(Kept.NEVER, REFUSED)
        return decide(self._rules, talk_of(call, agent, call.leg_of(agent)))
