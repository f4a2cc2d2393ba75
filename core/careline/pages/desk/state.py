"""What the phone bar shows of an agent: state, line, what can be done now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from careline.agents.model import CHOSEN_REASONS, ON_CALL, Agent, AgentStatus, Phone, State
from careline.agents.service import Agents
from careline.callcontrol.service import CallControl
from careline.calls.model import CallRecord, Direction, Why
from careline.calls.service import Calls
from careline.calls.staffing import since_when
from careline.desk.service import Desk
from careline.presence.service import Presence
from careline.web import Visit


@frozen
class Bar:
    """Reads the services for the bar's template.

    With ``tells_listening`` the agent sees that a shift leader listens.
    """

    agents: Agents
    calls: Calls
    desk: Desk
    control: CallControl
    presence: Presence
    phones: Callable[[], Mapping[str, Phone]]
    tells_listening: bool = True

    def values(self, visit: Visit) -> dict[str, Any]:
        """The template's variables; ``status`` is None for an account without an agent."""
        person = self.agents.people.get(str(visit.user.agent))
        if person is None:
            return {"status": None}
        status = self.agents.status(person.id)
        call = self.calls.get(status.call)
        return {
            "status": status,
            "since": since_when(status, call),
            "person": person,
            "phones": self.choices(person),
            "browser": self.is_browser(status.phone),
            "missing": self.presence.missing(person.id),
            "reasons": CHOSEN_REASONS,
            "call": call,
            "number": number_of(call, person.id),
            "line": self._line(status),
            "on_call": status.state in ON_CALL,
            "listened": self.tells_listening and call is not None and call.listened,
        }

    def choices(self, person: Agent) -> list[tuple[str, bool]]:
        """The phones at which the agent can begin work: (name, in the browser)."""
        names = dict.fromkeys((person.browser_phone, person.phone))
        return [(name, self.is_browser(name)) for name in names if name in self.phones()]

    def is_browser(self, phone: str) -> bool:
        """True for a phone of the page."""
        found = self.phones().get(phone)
        return found is not None and found.webrtc

    def _line(self, status: AgentStatus) -> dict[str, Any]:
        line = self.control.on_line(status.agent) if status.state is not State.SIGNED_OUT else None
        aside = line.put_aside if line else None
        return {
            "up": line is not None,
            "held": aside is not None and aside.why is Why.HOLD,
            "asks": aside is not None and aside.why is Why.CONSULT,
            "answered": line is not None and line.asked_answered,
            "asked": line.asked_number if line else "",
            "asked_name": self._name(aside.target.partition(":")[2] if aside else "")
            or self._name(line.asked_number if line else ""),
            "conference": line is not None and line.conference,
        }

    def _name(self, number: str) -> str:
        """The name of a colleague whose number or phone it is."""
        for agent in self.agents.people.values():
            if number and number in (agent.id, agent.phone, agent.browser_phone):
                return agent.name
        return ""


def number_of(call: CallRecord | None, agent: str) -> str:
    """The other side's number: the caller's, or who was dialled."""
    if call is None:
        return ""
    if call.direction is Direction.INBOUND:
        return call.number or call.caller
    others = (leg.number for leg in call.legs[1:] if leg.number and leg.agent != agent)
    return call.number or next(others, call.caller)
