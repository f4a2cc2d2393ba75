"""Who asks: the agent behind a visit, and which calls that one may see."""

from __future__ import annotations

from attrs import frozen

from careline.auth.model import Subject
from careline.auth.service import Auth
from careline.calls.model import CallRecord
from careline.desk.model import took_part
from careline.desk.service import Desk
from careline.errors import NotFound, Refused
from careline.web import Visit

VIEW = "calls.view"


def agent_of(visit: Visit) -> str:
    """The agent number of the visitor; Refused without one."""
    agent = str(visit.user.agent)
    if not agent:
        raise Refused(
            "desk.no_agent",
            "Your account has no agent number; an administrator gives it one under Users.",
        )
    return agent


@frozen
class Eyes:
    """Decides who sees which call; whoever looks for another's is written down."""

    desk: Desk
    auth: Auth

    def subject(self, call: CallRecord) -> Subject:
        """Whose call it is: the last agent's, else its campus's."""
        if call.agents:
            return self.auth.subject(call.agents[-1])
        return Subject(campus=call.campus)

    def may(self, visit: Visit, agent: str, campus: str) -> bool:
        """True when calls of that agent, or without one of that campus, lie in the scope."""
        if agent and agent == visit.user.agent:
            return True
        return visit.may(VIEW, self.auth.subject(agent) if agent else Subject(campus=campus))

    def need(self, visit: Visit, call: CallRecord) -> None:
        """Go on when the call is at the visitor's desk, was theirs, or lies in their scope.

        Else NotFound as if there were none, with a line in the audit log.
        """
        agent = str(visit.user.agent)
        if agent and (self.desk.sees(agent, call) or took_part(call, agent)):
            return
        try:
            visit.need(VIEW, self.subject(call))
        except Refused:
            raise NotFound("call.unknown", "there is no call {call}", call=call.id) from None
