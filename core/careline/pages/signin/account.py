"""One's own account: password, language, colours, the browsers in which one is signed in."""

from __future__ import annotations

from attrs import frozen

from careline.auth import people
from careline.auth.entrance import Entrance
from careline.auth.model import Signed
from careline.auth.service import Auth
from careline.errors import CarelineError, Invalid, NotFound
from careline.i18n import Text
from careline.pages.signin.entering import cookie, form_of, origin, speaks, status
from careline.web import SIGNED_IN, Answer, FormState, Page, Redirect, Visit, get, post

TITLE = Text("My account")
#: Marks of browsers and systems, the telling ones first: nearly all call themselves Mozilla.
BROWSERS = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@frozen
class Own:
    """One of one's own sessions, as a list shows it."""

    id: str
    began: object
    seen: object
    address: str
    browser: str
    here: bool


class Account:
    """The page that everybody has."""

    def __init__(self, auth: Auth, entrance: Entrance) -> None:
        self._auth = auth
        self._entrance = entrance

    @get("/account", permission=SIGNED_IN)
    async def show(self, visit: Visit) -> Answer:
        """Everything of one's own."""
        return self._page(visit)

    @post("/account/password", permission=SIGNED_IN)
    async def password(self, visit: Visit) -> Answer:
        """A new password; all other browsers are signed out."""
        new = visit.form.get("password", "")
        try:
            if new != visit.form.get("again", ""):
                raise Invalid("auth.again", "the two passwords are not the same")
            entered = await self._entrance.change_password(
                _signed(visit), visit.form.get("old", ""), new, origin(visit)
            )
        except CarelineError as error:
            form = form_of(visit, error, old="", password="", again="")
            return self._page(visit, form, status(error))
        return Redirect("/account?done=password", whole=True, cookies=(cookie(entered),))

    @post("/account/preferences", permission=SIGNED_IN)
    async def preferences(self, visit: Visit) -> Answer:
        """Language and colours."""
        language, theme = visit.form.get("language", ""), visit.form.get("theme", "")
        await self._auth.change(people.set_preferences, visit.user.id, language, theme)
        return Redirect("/account?done=preferences", whole=True, cookies=speaks(language))

    @post("/account/sessions/<session_id>/end", permission=SIGNED_IN)
    async def end(self, visit: Visit, session_id: str) -> Answer:
        """Sign out another browser of one's own."""
        session = self._auth.sessions.by_id(session_id)
        if session is None or session.user != visit.user.id:
            raise NotFound("web.not_found", "There is nothing here that you may see.")
        self._auth.end(session_id, "user.thrown_out", by=visit.user.login)
        return Redirect("/account")

    def _page(self, visit: Visit, form: FormState | None = None, status: int = 200) -> Page:
        user = self._auth.user(visit.user.id)
        values = {
            "user": user,
            "password_form": form,
            "preferences": FormState.of(None, language=user.language, theme=user.theme or "auto"),
            "roles": [self._auth.directory.roles[name] for name in user.roles],
            "own": self._auth.own(user),
            "sessions": self._sessions(visit),
            "done": visit.args.get("done", ""),
            "guarded": self._auth.guarded(user),
        }
        return Page("signin/account.html", values, title=TITLE, status=status)

    def _sessions(self, visit: Visit) -> list[Own]:
        here = visit.session.id if visit.session else ""
        found = [
            Own(
                id=one.id,
                began=one.stored.began,
                seen=one.seen,
                address=one.stored.address,
                browser=browser_name(one.stored.browser),
                here=one.id == here,
            )
            for one in reversed(self._auth.sessions.of(visit.user.id))
        ]
        return sorted(found, key=lambda one: not one.here)


def browser_name(agent: str) -> str:
    """A browser and its system, from how it calls itself; its own words where they are unknown."""
    browser = next((name for mark, name in BROWSERS if mark in agent), "")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    return " · ".join(filter(None, (browser, system))) or agent[:60]


def _signed(visit: Visit) -> Signed:
    session: Signed = visit.session  # type: ignore[assignment]  # the door is careline.auth's
    return session
