"""Roles: what each permits, and how far."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from careline.auth.accounts import Accounts
from careline.auth.model import ADMIN, NOBODY, ROLE, Role, Scope
from careline.auth.permissions import CORE
from careline.auth.service import Auth
from careline.errors import CarelineError, Invalid, NotFound
from careline.i18n import Text
from careline.pages.users.shared import WORDS, actor, scope_choices, tabs
from careline.web import Answer, FormState, Page, Redirect, Visit, get, post

TITLE = Text("Roles")
#: Begins the name of the field of a permission.
FIELD = "may:"


class RoleRoutes:
    """The pages of roles; ``titles`` names every permission that there is."""

    def __init__(
        self,
        auth: Auth,
        accounts: Accounts,
        titles: Callable[[], Mapping[str, str | Text]],
    ) -> None:
        self._auth = auth
        self._accounts = accounts
        self._titles = titles

    @get("/roles", permission="users.edit")
    async def roles(self, visit: Visit) -> Answer:
        """All roles."""
        users = self._auth.directory.users.values()
        rows = [
            {
                "role": role,
                "users": sum(role.name in user.roles for user in users),
                "permissions": len(self._titles() if role.name == ADMIN else role.grants),
            }
            for role in sorted(self._auth.directory.roles.values(), key=lambda one: one.name)
        ]
        values = {"rows": rows, "tabs": tabs(visit, "roles")}
        return Page("users/roles.html", values, title=TITLE)

    @get("/roles/new", permission="users.edit")
    async def new(self, visit: Visit) -> Answer:
        """An empty form."""
        return self._form(visit, FormState(language=visit.language))

    @get("/roles/<name>", permission="users.edit")
    async def show(self, visit: Visit, name: str) -> Answer:
        """One role."""
        role = self._known(name)
        typed = {"name": role.name, "title": role.title, "title_en": role.title_en}
        typed |= {FIELD + one: scope.word for one, scope in role.grants.items()}
        return self._form(visit, FormState.of(None, visit.language, **typed), role)

    @post("/roles/new", permission="users.edit")
    async def add(self, visit: Visit) -> Answer:
        """A new role; roles are everybody's, so that it takes more than a campus's scope."""
        visit.need("users.edit", NOBODY)
        name = visit.form.get("name", "").strip()
        form = self._typed(visit)
        if not re.fullmatch(ROLE, name):
            error = Invalid("role.name", "2 to 32 small letters, digits or dashes, a letter first")
            return self._form(visit, form.with_error(error), status=422)
        if name in self._auth.directory.roles:
            error = Invalid("role.name", "there is a role {role} already", role=name)
            return self._form(visit, form.with_error(error), status=422)
        return await self._put(visit, name, form, None)

    @post("/roles/<name>", permission="users.edit")
    async def change(self, visit: Visit, name: str) -> Answer:
        """A changed role; what it gives and takes holds at once."""
        visit.need("users.edit", NOBODY)
        return await self._put(visit, name, self._typed(visit), self._known(name))

    async def _put(self, visit: Visit, name: str, form: FormState, before: Role | None) -> Answer:
        role = Role(
            name=name,
            title=visit.form.get("title", "").strip(),
            title_en=visit.form.get("title_en", "").strip(),
            grants=_scopes(visit),
        )
        try:
            await self._accounts.put_role(role, dict(self._titles()), actor(visit))
        except CarelineError as error:
            return self._form(visit, form.with_error(error), before, status=422)
        return Redirect("/roles")

    @post("/roles/<name>/remove", permission="users.edit")
    async def remove(self, visit: Visit, name: str) -> Answer:
        """Remove a role that nobody has."""
        visit.need("users.edit", NOBODY)
        await self._accounts.remove_role(name, actor(visit))
        return Redirect("/roles")

    def _known(self, name: str) -> Role:
        role = self._auth.directory.roles.get(name)
        if role is None:
            raise NotFound("role.unknown", "there is no role {role}", role=name)
        return role

    def _typed(self, visit: Visit) -> FormState:
        typed = {
            name: [value]
            for name, value in visit.form.items()
            if name in ("name", "title", "title_en") or name.startswith(FIELD)
        }
        return FormState(
            {"name": [], "title": [], "title_en": [], **typed}, language=visit.language
        )

    def _form(
        self, visit: Visit, form: FormState, role: Role | None = None, status: int = 200
    ) -> Page:
        titles = self._titles()
        names = [*CORE, *sorted(set(titles) - set(CORE))]
        values = {
            "form": form,
            "role": role,
            "fixed": role is not None and role.name == ADMIN,
            "permissions": [
                (FIELD + name, name, visit.text(titles.get(name, CORE.get(name, name))))
                for name in names
            ],
            "scopes": scope_choices(visit, "–"),
        }
        return Page("users/role.html", values, title=TITLE, status=status)


def _scopes(visit: Visit) -> dict[str, Scope]:
    return {
        name.removeprefix(FIELD): WORDS[value]
        for name, value in visit.form.items()
        if name.startswith(FIELD) and value in WORDS
    }
