"""Temporary grants: a permission for hours or days, which ends by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from attrs import field, frozen

from careline.auth.accounts import Accounts
from careline.auth.model import TemporaryGrant
from careline.auth.permissions import CORE
from careline.auth.service import Auth
from careline.errors import CarelineError, Invalid, NotFound
from careline.i18n import Text, translate_plural
from careline.pages.users.shared import SCOPES, WORDS, actor, scope_choices, tabs
from careline.web import Answer, FormState, Page, Redirect, Visit, get, post, read

TITLE = Text("Temporary grants")
HOURS = (1, 2, 4, 8, 12, 24, 72, 168)


def _known_scope(_: object, __: object, value: str) -> None:
    if value not in WORDS:
        raise Invalid("grant.scope", "Please choose one of those offered.")


@frozen
class GrantForm:
    """What is typed of a grant."""

    user: int
    permission: str
    scope: str = field(validator=_known_scope)
    hours: int
    why: str


class GrantRoutes:
    """The page of temporary grants."""

    def __init__(
        self,
        auth: Auth,
        accounts: Accounts,
        titles: Callable[[], Mapping[str, str | Text]],
    ) -> None:
        self._auth = auth
        self._accounts = accounts
        self._titles = titles

    @get("/grants", permission="users.edit")
    async def grants(self, visit: Visit) -> Answer:
        """Grants that run, and a form for another."""
        return self._page(visit, None)

    @post("/grants", permission="users.edit")
    async def give(self, visit: Visit) -> Answer:
        """Give a permission for a while."""
        value, form = read(visit, GrantForm)
        if value is None:
            return self._page(visit, form, 422)
        try:
            await self._accounts.give(self._grant(visit, value), actor(visit))
        except NotFound:
            raise
        except CarelineError as error:
            return self._page(visit, form.with_error(error), 422)
        return Redirect("/grants")

    def _grant(self, visit: Visit, value: GrantForm) -> TemporaryGrant:
        self._need(visit, value.user)
        if value.permission not in self._titles():
            raise Invalid("grant.permission", "Please choose one of those offered.")
        if value.hours not in HOURS:
            raise Invalid("grant.hours", "Please choose one of those offered.")
        return TemporaryGrant(
            user=value.user,
            permission=value.permission,
            scope=WORDS[value.scope],
            until=visit.now + timedelta(hours=value.hours),
            why=value.why,
            by=visit.user.login,
        )

    @post("/grants/<int:grant_id>/end", permission="users.edit")
    async def end(self, visit: Visit, grant_id: int) -> Answer:
        """End one before its time."""
        for grant in self._auth.directory.grants:
            if grant.id == grant_id:
                self._need(visit, grant.user)
        await self._accounts.end_grant(grant_id, actor(visit))
        return Redirect("/grants")

    def _need(self, visit: Visit, user_id: int) -> None:
        user = self._auth.directory.users.get(user_id)
        if user is None:
            raise NotFound("web.not_found", "There is nothing here that you may see.")
        visit.need("users.edit", self._auth.own(user))

    def _page(self, visit: Visit, form: FormState | None, status: int = 200) -> Page:
        users = {
            user.id: user
            for user in self._auth.directory.users.values()
            if visit.may("users.edit", self._auth.own(user))
        }
        titles = self._titles()
        rows = [
            {
                "grant": grant,
                "user": users[grant.user],
                "title": visit.text(titles.get(grant.permission, grant.permission)),
                "scope": visit.text(SCOPES[grant.scope.word]),
            }
            for grant in self._auth.directory.grants
            if grant.user in users
        ]
        names = [*CORE, *sorted(set(titles) - set(CORE))]
        active = sorted((one for one in users.values() if one.active), key=lambda one: one.login)
        values = {
            "form": form,
            "rows": rows,
            "users": [(str(one.id), f"{one.login} {one.name}") for one in active],
            "permissions": [
                (name, visit.text(titles.get(name, CORE.get(name, name)))) for name in names
            ],
            "scopes": scope_choices(visit),
            "hours": [
                (str(one), translate_plural("{count} hour", "{count} hours", one, visit.language))
                for one in HOURS
            ],
            "tabs": tabs(visit, "grants"),
        }
        return Page("users/grants.html", values, title=TITLE, status=status)
