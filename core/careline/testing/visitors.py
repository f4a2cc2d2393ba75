"""Who is about in a core in memory: patients on file, and people who are signed in at browsers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from careline.app import App
from careline.auth.directory import read_directory
from careline.auth.model import Role, Scope, User
from careline.auth.people import add_user, put_role
from careline.auth.sessions import new_session
from careline.patients.model import Patient, PatientPhone
from careline.storage import Tx
from careline.testing.web import Browser
from careline.web.guard import SESSION_COOKIE
from careline.web.site import Site

ADDRESS = "127.0.0.1"


class Visitors:
    """Part of :class:`careline.testing.core.MemoryCore`."""

    app: App

    async def patient(self, name: str, *phones: str, **more: Any) -> Patient:
        """Somebody on file with these numbers (``13800001111``); ``more`` as in Patient."""
        numbers = tuple(PatientPhone(f"+86{one}") for one in phones)
        return await self.app.patients.add(Patient(name=name, phones=numbers, **more))

    @property
    def site(self) -> Site:
        """What browsers speak with."""
        return self.app.workspace.site

    def browser(
        self, login: str = "", *, may: Iterable[str] | Mapping[str, Scope] | None = None
    ) -> Browser:
        """A browser in which somebody is signed in; nobody where neither is given.

        ``login`` is an account of the demonstration, by role: ``8001`` (agent), ``leader``,
        ``admin``. ``may`` makes an account that has these permissions and no others, everywhere
        or in the scopes given.
        """
        made = Browser(self)
        if may is not None:
            login = self._account(may)
        if login:
            made.cookies[SESSION_COOKIE] = self._let_in(login)
        return made

    def _account(self, may: Iterable[str] | Mapping[str, Scope]) -> str:
        grants = may if isinstance(may, Mapping) else dict.fromkeys(may, Scope.ALL)
        known = self.app.offers.permissions

        def put(tx: Tx) -> str:
            name = f"visitor-{len(self.app.auth.directory.users)}"
            put_role(tx, Role(name=name, title=name, grants=grants), known)
            return add_user(tx, User(login=name, name=name, roles=(name,), demo=True)).login

        return self.app.db.run_sync(put)

    def _let_in(self, login: str) -> str:
        """A session, as after the password; its token."""
        auth, now = self.app.auth, self.app.clock.now()
        auth.directory = self.app.db.run_sync(read_directory, now)
        auth.forget_grants()
        user = auth.named(login)
        assert user is not None, f"there is no account {login}"
        token, stored = new_session(user.id, user.epoch, now, ADDRESS, "")
        session = auth.sessions.add(stored)
        session.proved_until = now + timedelta(hours=12)
        return token
