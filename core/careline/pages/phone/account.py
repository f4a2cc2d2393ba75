"""What a page needs to register a phone at the switch; given to the one who may use it alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import frozen

from careline.agents.model import Phone
from careline.agents.service import Agents
from careline.web import Answer, Empty, Json, Visit, get

#: The switch asks nobody for a domain; one that is no real name can never be looked up.
REALM = "careline"


@frozen
class Accounts:
    """Phones of browsers by name."""

    phones: Callable[[], Mapping[str, Phone]]
    socket: Callable[[str], str]

    def of(self, name: str, host: str) -> dict[str, str] | None:
        """uri, name, password and ws of a browser's phone, for a page that came from ``host``."""
        phone = self.phones().get(name)
        if phone is None or not phone.webrtc:
            return None
        return {
            "uri": f"sip:{phone.name}@{REALM}",
            "name": phone.name,
            "password": phone.secret,
            "ws": self.socket(host),
        }


@frozen
class AccountRoutes:
    """The phone at which the agent who asks works now."""

    agents: Agents
    accounts: Accounts

    @get("/desk/phone", permission="desk.use", quiet=True)
    async def show(self, visit: Visit) -> Answer:
        """Its account; nothing when the agent is signed out or sits at a desk phone."""
        status = self.agents.states.get(visit.user.agent)
        account = status and self.accounts.of(status.phone, visit.headers.get("host", ""))
        if not account:
            return Empty()
        return Json(account, headers={"Cache-Control": "no-store"})
