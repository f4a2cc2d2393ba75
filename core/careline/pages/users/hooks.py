"""What these pages bring to the workspace."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from careline.agents.model import Agent
from careline.auth.accounts import Accounts
from careline.auth.service import Auth
from careline.campuses.service import Campuses
from careline.hooks import hook
from careline.i18n import Text
from careline.pages.users.grants import GrantRoutes
from careline.pages.users.roles import RoleRoutes
from careline.pages.users.routes import UserRoutes
from careline.web import PageEntry


class UserPages:
    """Administration of people; ``titles`` names every permission that there is."""

    def __init__(
        self,
        *,
        auth: Auth,
        accounts: Accounts,
        campuses: Campuses,
        agents: Callable[[], Mapping[str, Agent]],
        titles: Callable[[], Mapping[str, str | Text]],
        address: Callable[[str], str],
    ) -> None:
        self._users = UserRoutes(auth, accounts, campuses, agents, address)
        self._roles = RoleRoutes(auth, accounts, titles)
        self._grants = GrantRoutes(auth, accounts, titles)

    @hook
    def pages(self) -> Sequence[PageEntry]:
        """Users in the menu; roles and grants are reached from there."""
        return [
            PageEntry(
                name="users",
                title="Users and roles",
                path="/users",
                permission="users.edit",
                routes=self._users,
                icon="users",
                group="admin",
                order=60,
            ),
            PageEntry(
                name="roles",
                title="Roles",
                path="/roles",
                permission="users.edit",
                routes=self._roles,
                rail=False,
                group="admin",
            ),
            PageEntry(
                name="grants",
                title="Temporary grants",
                path="/grants",
                permission="users.edit",
                routes=self._grants,
                rail=False,
                group="admin",
            ),
        ]
