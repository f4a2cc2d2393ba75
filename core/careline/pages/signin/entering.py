"""What all ways in have in common: where from, the cookie, where to."""

from __future__ import annotations

from careline.auth.entrance import Entered, From
from careline.auth.service import Auth
from careline.errors import CarelineError
from careline.web import Cookie, FormState, Redirect, Visit
from careline.web.guard import SESSION_COOKIE, own_path
from careline.web.own import YEAR_S


def origin(visit: Visit) -> From:
    """Where the visitor comes from."""
    browser = "".join(char for char in visit.headers.get("user-agent", "") if char.isprintable())
    return From(visit.address, browser)


def next_of(visit: Visit) -> str:
    """Where the visitor wanted to go; never another site."""
    return own_path(visit.form.get("next") or visit.args.get("next", ""))


def cookie(entered: Entered) -> Cookie:
    """The session's cookie; it lasts until the browser is closed."""
    return Cookie(name=SESSION_COOKIE, value=entered.token)


def speaks(language: str) -> tuple[Cookie, ...]:
    """What lets this browser speak a user's language before the next sign-in too."""
    return (Cookie(name="language", value=language, max_age=YEAR_S),) if language else ()


def let_in(auth: Auth, visit: Visit, entered: Entered) -> Redirect:
    """Go where the visitor wanted, in the new session; what the browser had before ends."""
    leave(auth, visit)
    path = entered.signed.first or next_of(visit)
    spoken = speaks(entered.signed.user.language)
    return Redirect(path, whole=True, cookies=(cookie(entered), *spoken))


def leave(auth: Auth, visit: Visit) -> None:
    """End the session that this browser had, living or locked."""
    token = visit.cookies.get(SESSION_COOKIE, "")
    left = auth.sessions.by_token(token) if token else None
    if left is not None:
        auth.end(left.id)


def form_of(visit: Visit, error: CarelineError | None = None, /, **typed: str) -> FormState:
    """A form as it was typed, without what is secret."""
    state = FormState({name: [value] for name, value in typed.items()}, language=visit.language)
    return state.with_error(error) if error is not None else state


def status(error: CarelineError | None) -> int:
    """The HTTP status of a page that asks: 422 after a wrong try, 429 when one must wait."""
    if error is None:
        return 200
    return 429 if error.code == "auth.wait" else 422
