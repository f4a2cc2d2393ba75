"""Who is who in a call that is up, seen from one of its agents."""

from __future__ import annotations

from attrs import frozen

from careline.calls.model import CallRecord, Leg, LegKind, Waiting
from careline.queues.model import PERSONAL

OTHERS = (LegKind.CALLER, LegKind.OUTSIDE)


@frozen
class Line:
    """One agent's part in a call: the agent's own leg, and the call."""

    call: CallRecord
    leg: Leg

    @property
    def agent(self) -> str:
        """The agent's number."""
        return self.leg.agent

    @property
    def put_aside(self) -> Waiting | None:
        """The party whom the agent has wait."""
        return self.call.put_aside_by(self.agent)

    @property
    def party(self) -> Leg | None:
        """Whom the agent serves: who waits for the agent, else who talks with the agent."""
        if self.put_aside is not None:
            return self.call.leg(self.put_aside.party)
        beside = self.call.beside(self.leg)
        outside = next((leg for leg in beside if leg.kind in OTHERS), None)
        return outside or next(iter(beside), None)

    @property
    def asked(self) -> Leg | None:
        """Who is asked while the party waits, or is third in a conference."""
        beside = self.call.beside(self.leg)
        if self.put_aside is None:
            third = [leg for leg in beside if leg is not self.party]
            return third[-1] if third else None
        if beside:
            return beside[-1]
        since = self.put_aside.since
        rung = (leg for leg in reversed(self.call.legs) if leg.ended is None)
        ours = (self.leg.channel, self.put_aside.party)
        rung = (leg for leg in rung if leg.channel not in ours)
        return next(
            (leg for leg in rung if leg.started >= since and leg.kind is not LegKind.SUPERVISOR),
            None,
        )

    @property
    def asked_talks(self) -> bool:
        """True when the one who is asked is on the line, not only rung or greeted."""
        asked = self.asked
        return asked is not None and asked in self.call.beside(self.leg)

    @property
    def conference(self) -> bool:
        """True when three or more talk."""
        return len(self.call.beside(self.leg)) > 1


def home_queue(call: CallRecord, skills: tuple[str, ...] = ()) -> str:
    """The queue to whose head a lost party goes: its last one, else the agent's first."""
    stays = [stay.queue for stay in reversed(call.stays) if not stay.queue.startswith(PERSONAL)]
    return next(iter((*stays, *skills)), "")
