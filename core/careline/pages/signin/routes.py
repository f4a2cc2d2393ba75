"""Signing in by password and code, by a one-time link, unlocking, signing out."""

from __future__ import annotations

from careline.auth.entrance import CodeWanted, Entered, Entrance
from careline.auth.links import LinkKind, link_path
from careline.auth.model import Signed
from careline.auth.permissions import DEMO_PASSWORD
from careline.auth.service import Auth
from careline.errors import CarelineError, Invalid, Refused
from careline.i18n import Text
from careline.pages.signin.entering import form_of, leave, let_in, next_of, origin, status
from careline.web import PUBLIC, SIGNED_IN, Answer, Cookie, Page, Redirect, Visit, get, post
from careline.web.guard import SESSION_COOKIE

TITLE = Text("Sign in")


class SignIn:
    """The pages before the workspace."""

    def __init__(self, auth: Auth, entrance: Entrance) -> None:
        self._auth = auth
        self._entrance = entrance

    @get("/signin", permission=PUBLIC)
    async def show(self, visit: Visit) -> Answer:
        """Ask for login and password, or for the password alone where a session is locked."""
        if visit.signed_in:
            return Redirect(next_of(visit), whole=True)
        locked = self._locked(visit)
        if locked is not None and "other" not in visit.args:
            return self._ask_unlock(visit, locked)
        return self._ask(visit)

    @post("/signin", permission=PUBLIC)
    async def sign_in(self, visit: Visit) -> Answer:
        """Login and password."""
        login = visit.form.get("login", "")
        try:
            came = await self._entrance.sign_in(
                login, visit.form.get("password", ""), origin(visit)
            )
        except CarelineError as error:
            return self._ask(visit, login, error)
        return self._onward(visit, came)

    @post("/signin/code", permission=PUBLIC)
    async def code(self, visit: Visit) -> Answer:
        """The code of the second factor."""
        ticket = visit.form.get("ticket", "")
        try:
            entered = await self._entrance.give_code(
                ticket, visit.form.get("code", ""), origin(visit)
            )
        except CarelineError as error:
            if error.code == "auth.ticket":
                return self._ask(visit, "", error)
            return self._ask_code(visit, ticket, error)
        return let_in(self._auth, visit, entered)

    @post("/signin/unlock", permission=PUBLIC)
    async def unlock(self, visit: Visit) -> Answer:
        """The password of who has locked the screen."""
        locked = self._locked(visit)
        token = visit.cookies.get(SESSION_COOKIE, "")
        try:
            await self._entrance.unlock(token, visit.form.get("password", ""), origin(visit))
        except CarelineError as error:
            if locked is None:
                return self._ask(visit, "", error)
            return self._ask_unlock(visit, locked, error)
        return Redirect(next_of(visit), whole=True)

    @post("/signout", permission=PUBLIC)
    async def sign_out(self, visit: Visit) -> Answer:
        """End the session of this browser."""
        if isinstance(visit.session, Signed):
            self._entrance.sign_out(visit.session, origin(visit))
        leave(self._auth, visit)
        gone = Cookie(name=SESSION_COOKIE, value="", max_age=0)
        return Redirect("/signin", whole=True, cookies=(gone,))

    @post("/lock", permission=SIGNED_IN)
    async def lock(self, visit: Visit) -> Answer:
        """Lock the screen: the password is asked for before anything else."""
        if self._auth.is_working(visit.user):
            raise Refused(
                "auth.at_work", "Set yourself not ready first: a locked screen takes no calls."
            )
        if visit.session is not None:
            self._auth.lock(visit.session.id)
        return Redirect("/signin", whole=True)

    @get("/link/<token>", permission=PUBLIC)
    async def link(self, visit: Visit, token: str) -> Answer:
        """What a one-time link leads to; looking does not use it up."""
        return await self._ask_link(visit, token)

    @post("/link/<token>", permission=PUBLIC)
    async def use_link(self, visit: Visit, token: str) -> Answer:
        """Set the password, or come in; the link is used up."""
        password = visit.form.get("password", "")
        try:
            _user, kind = await self._entrance.look(token)
            if kind is LinkKind.PASSWORD and password != visit.form.get("again", ""):
                raise Invalid("auth.again", "the two passwords are not the same")
            came = await self._entrance.use(token, password, origin(visit))
        except Invalid as error:
            return await self._ask_link(visit, token, error)
        return self._onward(visit, came)

    def _onward(self, visit: Visit, came: Entered | CodeWanted) -> Answer:
        if isinstance(came, CodeWanted):
            return self._ask_code(visit, came.ticket)
        return let_in(self._auth, visit, came)

    def _locked(self, visit: Visit) -> Signed | None:
        return self._auth.locked(visit.cookies.get(SESSION_COOKIE, ""))

    # What is shown

    def _ask(self, visit: Visit, login: str = "", error: CarelineError | None = None) -> Page:
        users = self._auth.directory.users.values()
        demo = [user for user in users if user.demo and user.active and self._auth.rules.demo]
        values = {
            "form": form_of(visit, error, login=login, next=next_of(visit), password=""),
            "demo": sorted(demo, key=lambda user: user.login),
            "demo_password": DEMO_PASSWORD,
        }
        return Page("signin/signin.html", values, title=TITLE, status=status(error))

    def _ask_code(self, visit: Visit, ticket: str, error: CarelineError | None = None) -> Page:
        form = form_of(visit, error, code="", ticket=ticket, next=next_of(visit))
        return Page("signin/code.html", {"form": form}, title=TITLE, status=status(error))

    def _ask_unlock(self, visit: Visit, locked: Signed, error: CarelineError | None = None) -> Page:
        form = form_of(visit, error, password="", next=next_of(visit))
        values = {"form": form, "user": locked.user}
        return Page("signin/unlock.html", values, title=TITLE, status=status(error))

    async def _ask_link(self, visit: Visit, token: str, error: CarelineError | None = None) -> Page:
        user, kind = await self._entrance.look(token)
        values = {
            "form": form_of(visit, error, password="", again=""),
            "user": user,
            "sets_password": kind is LinkKind.PASSWORD,
            "path": link_path(token),
        }
        return Page("signin/link.html", values, title=TITLE, status=status(error))
