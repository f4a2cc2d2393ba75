"""Users: who has an account, with which roles; one-time links; ending sessions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from attrs import evolve, field, frozen

from careline.agents.model import Agent
from careline.auth.accounts import Accounts
from careline.auth.links import link_path
from careline.auth.model import LOGIN, Subject, User
from careline.auth.service import Auth
from careline.campuses.service import Campuses
from careline.errors import CarelineError, Invalid, NotFound
from careline.i18n import Text
from careline.pages.users.shared import actor, tabs
from careline.web import Answer, FormState, Page, Redirect, Visit, get, post, read

TITLE = Text("Users and roles")


def _login(_: object, __: object, value: str) -> None:
    if not re.fullmatch(LOGIN, value):
        raise Invalid(
            "user.login", "2 to 32 small letters, digits, dots or dashes, a letter or digit first"
        )


@frozen
class UserForm:
    """What is typed of an account."""

    login: str = field(validator=_login)
    name: str
    agent: str = ""
    campus: str = ""
    team: str = ""
    roles: tuple[str, ...] = ()
    active: bool = False


@frozen
class Row:
    """A user in the list."""

    user: User
    roles: str
    own: Subject
    browsers: int

    @property
    def off(self) -> bool:
        """Greyed in the list."""
        return not self.user.active


class UserRoutes:
    """The pages of accounts; ``address`` makes a path a whole address for a link."""

    def __init__(
        self,
        auth: Auth,
        accounts: Accounts,
        campuses: Campuses,
        agents: Callable[[], Mapping[str, Agent]],
        address: Callable[[str], str],
    ) -> None:
        self._auth = auth
        self._accounts = accounts
        self._campuses = campuses
        self._agents = agents
        self._address = address

    @get("/users", permission="users.edit")
    async def users(self, visit: Visit) -> Answer:
        """All accounts that one may change."""
        users = sorted(self._auth.directory.users.values(), key=lambda user: user.login)
        rows = [
            self._row(visit, user)
            for user in users
            if visit.may("users.edit", self._auth.own(user))
        ]
        values = {"rows": rows, "tabs": tabs(visit, "users")}
        return Page("users/users.html", values, title=TITLE)

    def _row(self, visit: Visit, user: User) -> Row:
        roles = self._auth.directory.roles
        names = [_title(visit, roles[name]) for name in user.roles if name in roles]
        return Row(
            user, ", ".join(names), self._auth.own(user), len(self._auth.sessions.of(user.id))
        )

    @get("/users/new", permission="users.edit")
    async def new(self, visit: Visit) -> Answer:
        """An empty form."""
        return self._form(visit, FormState.of(None, visit.language, active=True))

    @post("/users/new", permission="users.edit")
    async def add(self, visit: Visit) -> Answer:
        """A new account, and the link with which its owner sets a password."""
        value, form = read(visit, UserForm)
        if value is None:
            return self._form(visit, form, status=422)
        user = _user(value)
        visit.need("users.edit", self._auth.own(user))
        try:
            made = await self._accounts.add(user, actor(visit))
        except CarelineError as error:
            return self._form(visit, form.with_error(error), status=422)
        return await self._link(visit, made)

    @get("/users/<int:user_id>", permission="users.edit")
    async def show(self, visit: Visit, user_id: int) -> Answer:
        """One account."""
        user = self._known(visit, user_id)
        form = FormState.of(
            UserForm(
                user.login, user.name, user.agent, user.campus, user.team, user.roles, user.active
            ),
            visit.language,
        )
        return self._form(visit, form, user)

    @post("/users/<int:user_id>", permission="users.edit")
    async def change(self, visit: Visit, user_id: int) -> Answer:
        """A changed account."""
        before = self._known(visit, user_id)
        value, form = read(visit, UserForm)
        if value is None:
            return self._form(visit, form, before, status=422)
        user = _user(value, before)
        visit.need("users.edit", self._auth.own(user))
        try:
            await self._accounts.change(user, actor(visit))
        except CarelineError as error:
            return self._form(visit, form.with_error(error), before, status=422)
        return Redirect("/users")

    @post("/users/<int:user_id>/link", permission="users.edit")
    async def link(self, visit: Visit, user_id: int) -> Answer:
        """A one-time link, shown once."""
        return await self._link(visit, self._known(visit, user_id))

    async def _link(self, visit: Visit, user: User) -> Answer:
        token = await self._accounts.link(user.id, actor(visit))
        values = {"user": user, "url": self._address(link_path(token))}
        return Page("users/link.html", values, title=TITLE)

    @post("/users/<int:user_id>/totp", permission="users.edit")
    async def totp(self, visit: Visit, user_id: int) -> Answer:
        """Take the second factor away: the phone is lost."""
        await self._accounts.reset_totp(self._known(visit, user_id).id, actor(visit))
        return Redirect(f"/users/{user_id}")

    @post("/users/<int:user_id>/out", permission="users.edit")
    async def out(self, visit: Visit, user_id: int) -> Answer:
        """Sign a user out everywhere."""
        await self._accounts.throw_out(self._known(visit, user_id).id, actor(visit))
        return Redirect(f"/users/{user_id}")

    def _known(self, visit: Visit, user_id: int) -> User:
        """A user whom the visitor may change; else it is as if there were none."""
        user = self._auth.directory.users.get(user_id)
        if user is None:
            raise NotFound("web.not_found", "There is nothing here that you may see.")
        visit.need("users.edit", self._auth.own(user))
        return user

    def _form(
        self, visit: Visit, form: FormState, user: User | None = None, status: int = 200
    ) -> Page:
        roles = sorted(self._auth.directory.roles.values(), key=lambda role: role.name)
        campuses = self._campuses.directory.campuses.values()
        values = {
            "form": form,
            "user": user,
            "roles": [(role.name, _title(visit, role)) for role in roles],
            "campuses": [("", "–"), *((one.id, one.title) for one in campuses)],
            "agents": [("", "–"), *self._free_agents(user)],
            "browsers": len(self._auth.sessions.of(user.id)) if user else 0,
        }
        return Page("users/user.html", values, title=TITLE, status=status)

    def _free_agents(self, user: User | None) -> list[tuple[str, str]]:
        """Agents that are nobody's yet, and the user's own."""
        own = user.agent if user else ""
        users = self._auth.directory.users.values()
        taken = {one.agent for one in users if one.agent} - {own}
        return [
            (number, f"{number} {agent.name}")
            for number, agent in sorted(self._agents().items())
            if number not in taken
        ]


def _user(value: UserForm, before: User | None = None) -> User:
    return evolve(
        before or User(login=value.login, name=value.name),
        login=value.login,
        name=value.name,
        agent=value.agent,
        campus=value.campus,
        team=value.team,
        roles=tuple(sorted(value.roles)),
        active=value.active,
    )


def _title(visit: Visit, role: object) -> str:
    title, english = getattr(role, "title", ""), getattr(role, "title_en", "")
    return str(english if visit.language == "en" and english else title)
