"""A call's facts as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from careline.calls import facts as f
from careline.calls.model import CallRecord, Direction, LegKind
from careline.calls.store import StoredCall
from careline.i18n import Text, format_clock
from careline.numbers.phone import masked
from careline.web import Visit

Told = tuple[Text, str, dict[str, Any]]


@frozen
class Line:
    """One line of the timeline."""

    at: datetime
    title: str
    icon: str = "circle"
    detail: str = ""
    tone: str = ""


def lines_of(
    stored: StoredCall, visit: Visit, people: Mapping[str, str], queues: Mapping[str, str]
) -> list[Line]:
    """What happened, oldest first; steps inside the switch are left out."""
    teller = _Teller(stored.record, visit, people, queues)
    told = (teller.line(item.fact) for item in stored.facts)
    return [line for line in told if line is not None]


@frozen
class _Teller:
    call: CallRecord
    visit: Visit
    people: Mapping[str, str]
    queues: Mapping[str, str]

    @property
    def first(self) -> str:
        """The channel with which the call began; of calls that we begin its id is no channel's."""
        return self.call.legs[0].channel if self.call.legs else self.call.id

    def line(self, fact: f.Fact) -> Line | None:
        """One fact in words; None for what only the switch cares about."""
        parts = (self._of_ends, self._of_caller, self._of_talk, self._of_agent)
        found = next(filter(None, (part(fact) for part in parts)), None)
        if found is None:
            return None
        text, icon, more = found
        elapsed = f"+{format_clock((fact.at - self.call.started).total_seconds())}"
        detail = " · ".join(part for part in (elapsed, str(more.get("detail", ""))) if part)
        return Line(fact.at, text.to(self.visit.language), icon, detail, str(more.get("tone", "")))

    def _agent(self, number: str) -> str:
        return f"{self.people[number]} {number}" if number in self.people else number

    def _target(self, target: str) -> str:
        """``agent:8002`` as a name, a number outside masked."""
        kind, _, value = target.rpartition(":")
        if kind == "agent":
            return self._agent(value)
        if kind == "outside":
            return masked(value)
        return self.queues.get(value, value) if kind == "queue" else value

    def _of_ends(self, fact: f.Fact) -> Told | None:
        """The first line and the last."""
        out = self.call.direction is Direction.OUTBOUND
        match fact:
            case f.ChannelUp(channel=channel) if channel == self.first and out:
                detail = masked(self.call.number) if self.call.number else ""
                return Text("The call is made"), "phone-outgoing", {"detail": detail}
            case f.ChannelUp(channel=channel) if channel == self.first:
                detail = masked(fact.number) if fact.number else ""
                return Text("The call comes in"), "phone-incoming", {"detail": detail}
            case f.ChannelGone(channel=channel) if out:
                leg = self.call.leg(channel)
                if leg and leg.kind is LegKind.OUTSIDE:
                    return Text("The person called has hung up"), "phone-off", {}
            case f.ChannelGone(channel=channel) if channel == self.first:
                return Text("The caller is gone"), "phone-off", {}
        return None

    def _of_caller(self, fact: f.Fact) -> Told | None:
        match fact:
            case f.Stepped(node=node, result=result) if result:
                return Text("Menu: {node}", {"node": node}), "workflow", {"detail": result}
            case f.Queued(queue=queue):
                title = self.queues.get(queue, queue)
                return Text("Waits for {queue}", {"queue": title}), "hourglass", {}
            case f.Dequeued(reason="abandoned"):
                return Text("Hangs up while waiting"), "phone-missed", {"tone": "warn"}
            case f.Settled():
                return Text("Served without an agent"), "voicemail", {"detail": fact.outcome}
            case f.Linked():
                return Text("The patient is known"), "user-check", {}
        return None

    def _of_talk(self, fact: f.Fact) -> Told | None:
        match fact:
            case f.RingEnded(result=result) if result in ("no_answer", "busy", "failed"):
                return Text("Not answered"), "phone-missed", {"tone": "warn", "detail": result}
            case f.Held():
                return Text("On hold"), "pause", {}
            case f.Resumed():
                return Text("Back from hold"), "play", {}
            case f.Transferred(target=target):
                passed = Text("Passed on to {target}", {"target": self._target(target)})
                return passed, "phone-forwarded", {}
            case f.Consulted(target=target):
                asked = Text("Asks {target}", {"target": self._target(target)})
                return asked, "users", {}
            case f.Noted(what="conference"):
                return Text("All three talk"), "users", {}
            case f.PhoneLost(agent=agent):
                lost = Text("The phone of {agent} is gone", {"agent": self._agent(agent)})
                return lost, "unplug", {"tone": "warn"}
        return None

    def _of_agent(self, fact: f.Fact) -> Told | None:
        named: dict[str, object] = {"agent": self._agent(getattr(fact, "agent", ""))}
        match fact:
            case f.Rang():
                return Text("Rings at {agent}", named), "bell-ring", {}
            case f.Connected():
                return Text("Talks with {agent}", named), "phone-call", {"tone": "good"}
            case f.WrapUpStarted():
                return Text("Wrap-up of {agent}", named), "notebook-pen", {}
            case f.WrapUpEnded(note=note):
                return Text("{agent} is done", named), "check", {"detail": note}
            case f.Amended(note=note):
                return Text("{agent} changed the note", named), "pencil", {"detail": note}
            case f.ChannelGone(channel=channel):
                leg = self.call.leg(channel)
                if leg and leg.kind is LegKind.AGENT and leg.talks and leg.agent:
                    who: dict[str, object] = {"agent": self._agent(leg.agent)}
                    return Text("{agent} hangs up", who), "phone-off", {}
        return None
