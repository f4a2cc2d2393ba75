"""What phones in the browser bring to the workspace."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from careline.agents.model import Phone
from careline.agents.service import Agents
from careline.hooks import hook
from careline.pages.phone.account import AccountRoutes, Accounts
from careline.pages.phone.patient import PatientRoutes, Trial
from careline.web import PUBLIC, PageEntry


class PhonePages:
    """``phones`` are those of the house by name, ``socket`` gives the web socket for a host."""

    def __init__(
        self,
        *,
        agents: Agents,
        phones: Callable[[], Mapping[str, Phone]],
        socket: Callable[[str], str],
        trial: Trial,
    ) -> None:
        accounts = Accounts(phones, socket)
        self._agent = AccountRoutes(agents, accounts)
        self._patient = PatientRoutes(accounts, trial)

    @hook
    def pages(self) -> Sequence[PageEntry]:
        """Neither is in the menu: one is for scripts, the other for people who call."""
        return [
            PageEntry(
                name="desk_phone",
                title="Phone",
                path="/desk/phone",
                permission="desk.use",
                routes=self._agent,
                rail=False,
            ),
            PageEntry(
                name="phone",
                title="Patient's phone",
                path="/phone",
                permission=PUBLIC,
                routes=self._patient,
                rail=False,
                icon="smartphone",
            ),
        ]
