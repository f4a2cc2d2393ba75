"""The patient's phone: a page from which somebody outside calls the hotline, to try careline.

It is there only in the demonstration, which has a phone for it, and only for this machine: who
uses it may show any number.
"""

from __future__ import annotations

from ipaddress import ip_address

from attrs import frozen

from careline.errors import NotFound
from careline.pages.phone.account import Accounts
from careline.web import PUBLIC, Answer, Json, Page, Visit, get


@frozen
class Trial:
    """What there is to call with: the ``phone``, the ``hotline``, and numbers to show with names.

    ``local`` says whether the workspace can be reached from this machine alone.
    """

    phone: str
    hotline: str
    callers: tuple[tuple[str, str], ...]
    local: bool


@frozen
class PatientRoutes:
    """The page and its phone's account."""

    accounts: Accounts
    trial: Trial

    @get("/phone", permission=PUBLIC)
    async def page(self, visit: Visit) -> Answer:
        """Keypad, caller's number, levels, hints."""
        self._account(visit)
        values = {"callers": self.trial.callers, "hotline": self.trial.hotline}
        return Page("phone/patient.html", values, title=visit._("Patient's phone"))

    @get("/phone/account", permission=PUBLIC, quiet=True)
    async def account(self, visit: Visit) -> Answer:
        """For the page's script."""
        return Json(self._account(visit), headers={"Cache-Control": "no-store"})

    def _account(self, visit: Visit) -> dict[str, str]:
        here = self.trial.local and _is_loopback(visit.address)
        account = self.accounts.of(self.trial.phone, visit.headers.get("host", ""))
        if not here or account is None:
            raise NotFound("web.not_found", "There is nothing here that you may see.")
        return account


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
