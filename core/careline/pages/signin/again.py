"""Signing in again beside the page: after the session has ended or locked, and for what is heard.

The page stays, so that nothing typed is lost; the script of the shell sends again what failed.
"""

from __future__ import annotations

import json

from careline.auth.entrance import CodeWanted, Entered, Entrance
from careline.auth.model import Signed
from careline.auth.service import Auth
from careline.errors import CarelineError, Refused
from careline.pages.signin.entering import cookie, form_of, leave, origin, status
from careline.web import PUBLIC, SIGNED_IN, Answer, Empty, Fragment, Redirect, Visit, get, post
from careline.web.guard import SESSION_COOKIE, TOKEN_HEADER, token_of

#: Tells the shell's script that it may go on.
SIGNED = "careline:signed-in"
PROVED = "careline:proved"


class Again:
    """Small forms for dialogs."""

    def __init__(self, auth: Auth, entrance: Entrance) -> None:
        self._auth = auth
        self._entrance = entrance

    @get("/signin/overlay", permission=PUBLIC, quiet=True)
    async def show(self, visit: Visit) -> Answer:
        """The form; ``user`` is who was signed in on the page."""
        locked = self._auth.locked(visit.cookies.get(SESSION_COOKIE, ""))
        was = locked.user.login if locked else visit.args.get("user", "")
        return self._ask(visit, was)

    @post("/signin/overlay", permission=PUBLIC, quiet=True)
    async def sign_in(self, visit: Visit) -> Answer:
        """The password: unlocks, or signs in anew."""
        was = visit.form.get("was", "")
        login = visit.form.get("login", was)
        password = visit.form.get("password", "")
        token = visit.cookies.get(SESSION_COOKIE, "")
        try:
            locked = self._auth.locked(token)
            if locked is not None and locked.user.login == login:
                await self._entrance.unlock(token, password, origin(visit))
                return self._go_on(token)
            came = await self._entrance.sign_in(login, password, origin(visit))
        except CarelineError as error:
            return self._ask(visit, was, error, login=login)
        if isinstance(came, CodeWanted):
            return self._ask_code(visit, was, came.ticket)
        return self._in(visit, was, came)

    @post("/signin/overlay/code", permission=PUBLIC, quiet=True)
    async def code(self, visit: Visit) -> Answer:
        """The code of the second factor."""
        was, ticket = visit.form.get("was", ""), visit.form.get("ticket", "")
        try:
            came = await self._entrance.give_code(ticket, visit.form.get("code", ""), origin(visit))
        except CarelineError as error:
            if error.code == "auth.ticket":
                return self._ask(visit, was, error)
            return self._ask_code(visit, was, ticket, error)
        return self._in(visit, was, came)

    def _in(self, visit: Visit, was: str, came: Entered) -> Answer:
        """Go on with the page; somebody else gets a page of their own instead."""
        leave(self._auth, visit)
        if came.signed.first or (was and came.signed.user.login != was):
            return Redirect(came.signed.first or "/", whole=True, cookies=(cookie(came),))
        return self._go_on(came.token, came)

    def _go_on(self, token: str, came: Entered | None = None) -> Answer:
        return Empty(
            SIGNED,
            headers={TOKEN_HEADER: token_of(token)},
            cookies=(cookie(came),) if came else (),
        )

    def _ask(
        self, visit: Visit, was: str, error: CarelineError | None = None, login: str = ""
    ) -> Answer:
        values = {
            "form": form_of(visit, error, login=login or was, was=was, password=""),
            "name": self._name(visit),
        }
        return Fragment("signin/overlay.html", values, status=status(error))

    def _name(self, visit: Visit) -> str:
        """Whose screen is locked; a stranger is told of no account."""
        locked = self._auth.locked(visit.cookies.get(SESSION_COOKIE, ""))
        return locked.user.name if locked else ""

    def _ask_code(
        self, visit: Visit, was: str, ticket: str, error: CarelineError | None = None
    ) -> Answer:
        form = form_of(visit, error, code="", ticket=ticket, was=was)
        return Fragment("signin/overlay_code.html", {"form": form}, status=status(error))

    # Whether somebody is there

    @post("/session/active", permission=SIGNED_IN)
    async def active(self, visit: Visit) -> Answer:
        """Somebody types or moves the mouse: the screen stays open."""
        return Empty()

    @get("/session/state", permission=SIGNED_IN, quiet=True)
    async def state(self, visit: Visit) -> Answer:
        """That the session is open; one that is locked or over is answered with 401."""
        return Empty()

    # Showing again that it is them, before recordings are heard

    @get("/session/prove", permission=SIGNED_IN)
    async def ask_proof(self, visit: Visit) -> Answer:
        """Ask for the code, or the password where there is none."""
        return self._ask_proof(visit)

    @post("/session/prove", permission=SIGNED_IN)
    async def prove(self, visit: Visit) -> Answer:
        """The code or the password."""
        try:
            if not isinstance(visit.session, Signed):
                raise Refused("auth.ended", "this session is over; please sign in")
            await self._entrance.prove(visit.session, visit.form.get("secret", ""), origin(visit))
        except CarelineError as error:
            return self._ask_proof(visit, error)
        return Empty(json.dumps({PROVED: True}))

    def _ask_proof(self, visit: Visit, error: CarelineError | None = None) -> Answer:
        values = {"form": form_of(visit, error, secret=""), "by_code": visit.user.has_totp}
        return Fragment("signin/prove.html", values, status=status(error))
