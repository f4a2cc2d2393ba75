"""What these pages bring to the workspace."""

from __future__ import annotations

from collections.abc import Sequence

from careline.auth.entrance import Entrance
from careline.auth.service import Auth
from careline.hooks import hook
from careline.pages.signin.account import Account
from careline.pages.signin.again import Again
from careline.pages.signin.routes import SignIn
from careline.pages.signin.second import SecondFactor
from careline.web import PUBLIC, SIGNED_IN, PageEntry


class SignInPages:
    """Signing in, asking again, one's own account."""

    def __init__(self, auth: Auth, entrance: Entrance) -> None:
        self._auth = auth
        self._entrance = entrance

    @hook
    def pages(self) -> Sequence[PageEntry]:
        """None of them is in the menu."""
        return [
            PageEntry(
                name="signin",
                title="Sign in",
                path="/signin",
                permission=PUBLIC,
                routes=SignIn(self._auth, self._entrance),
                rail=False,
            ),
            PageEntry(
                name="signin_again",
                title="Sign in",
                path="/signin/overlay",
                permission=PUBLIC,
                routes=Again(self._auth, self._entrance),
                rail=False,
                scripts=("idle.js",),
            ),
            PageEntry(
                name="account",
                title="My account",
                path="/account",
                permission=SIGNED_IN,
                routes=Account(self._auth, self._entrance),
                rail=False,
                icon="circle-user",
            ),
            PageEntry(
                name="second_factor",
                title="Second factor",
                path="/account/totp",
                permission=SIGNED_IN,
                routes=SecondFactor(self._auth, self._entrance),
                rail=False,
                icon="shield-check",
            ),
        ]
