"""Setting up the second factor: a QR code for the app, its first code, recovery codes."""

from __future__ import annotations

import io

import segno
from markupsafe import Markup

from careline.auth import totp
from careline.auth.entrance import Entrance
from careline.auth.model import Signed
from careline.auth.service import Auth
from careline.errors import CarelineError
from careline.i18n import Text
from careline.pages.signin.entering import form_of, origin, status
from careline.web import SIGNED_IN, Answer, Page, Redirect, Visit, get, post

TITLE = Text("Second factor")
ISSUER = "careline"


class SecondFactor:
    """One's own second factor."""

    def __init__(self, auth: Auth, entrance: Entrance) -> None:
        self._auth = auth
        self._entrance = entrance

    @get("/account/totp", permission=SIGNED_IN)
    async def show(self, visit: Visit) -> Answer:
        """Offer a secret, as a QR code and in letters."""
        return self._page(visit)

    @post("/account/totp", permission=SIGNED_IN)
    async def take(self, visit: Visit) -> Answer:
        """The first code; the recovery codes are shown this once."""
        session = _signed(visit)
        if session is None:
            return Redirect("/signin", whole=True)
        try:
            codes = await self._entrance.take_totp(
                session, visit.form.get("code", ""), origin(visit)
            )
        except CarelineError as error:
            return self._page(visit, error)
        return Page("signin/recovery.html", {"codes": codes}, title=TITLE)

    def _page(self, visit: Visit, error: CarelineError | None = None) -> Answer:
        session = _signed(visit)
        if session is None:
            return Redirect("/signin", whole=True)
        user = self._auth.user(session.user.id)
        secret = self._entrance.offer_totp(session)
        groups = [secret[at : at + 4] for at in range(0, len(secret), 4)]
        values = {
            "form": form_of(visit, error, code=""),
            "qr": qr(totp.address(secret, user.login, ISSUER)),
            "secret": " ".join(groups),
            "renews": user.has_totp,
            "wanted": session.first != "",
            "proved": session.proved,
        }
        return Page("signin/totp.html", values, title=TITLE, status=status(error))


def qr(text: str) -> Markup:
    """A QR code as an SVG that is part of the page: dark on white in both themes."""
    out = io.BytesIO()
    segno.make(text, error="m").save(
        out, kind="svg", xmldecl=False, svgns=False, scale=5, border=3, light="#fff", dark="#000"
    )
    return Markup(out.getvalue().decode())  # noqa: S704  made by segno of numbers alone


def _signed(visit: Visit) -> Signed | None:
    return visit.session if isinstance(visit.session, Signed) else None
