"""Who may see which messages: those that one has written, or everybody's."""

from __future__ import annotations

from attrs import frozen

from careline.auth.model import NOBODY, Subject
from careline.calls.model import CallRecord
from careline.errors import NotFound
from careline.patients.model import Patient
from careline.plugins import Core
from careline.web import Visit
from careline_sms.model import Message
from careline_sms.service import Messages

VIEW, SEND, GROUP = "sms.view", "sms.send", "sms.group"
APPROVE, TEMPLATES, BOOK = "sms.approve", "sms.templates", "sms.book"


def sees_all(visit: Visit) -> bool:
    """True for who may see the messages of everybody."""
    return visit.may(VIEW, NOBODY)


@frozen
class Eyes:
    """What a visitor may see of a message and of a call's patients."""

    core: Core
    messages: Messages

    async def message(self, visit: Visit, id: int) -> Message:
        """One that the visitor may see; NotFound for any other."""
        found = await self.messages.get(id)
        if sees_all(visit) or found.by == visit.user.login:
            return found
        if visit.may(VIEW, Subject(campus=found.campus)):
            return found
        raise NotFound("sms.unknown", "there is no message {id}", id=id)

    async def patients(self, visit: Visit, call_id: str) -> list[Patient]:
        """The patients of a call in which the visitor talks or has talked."""
        call: CallRecord | None = self.core.calls.get(call_id)
        if call is None or not self._is_theirs(visit, call):
            raise NotFound("call.unknown", "there is no call {call}", call=call_id)
        found: list[Patient] = await self.core.patients.several(call.patients)
        return found

    def caller(self, call_id: str) -> str:
        """The number that the call came from, or went to; empty when it is withheld."""
        call: CallRecord | None = self.core.calls.get(call_id)
        return (call.caller or call.number) if call else ""

    def _is_theirs(self, visit: Visit, call: CallRecord) -> bool:
        agent = visit.user.agent
        status = self.core.agents.states.get(agent) if agent else None
        if agent in call.agents or (status is not None and status.call == call.id):
            return True
        return visit.may("calls.view", NOBODY)
