"""Where users belong and what they may, reckoned once for as long as nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from careline.agents.model import Agent
from careline.auth.directory import Directory
from careline.auth.model import ADMIN, Grants, Subject, User, grants_of, with_all
from careline.auth.permissions import CORE
from careline.clock import Clock


class Rights:
    """``agents`` gives the agents as they are set up now, ``permissions`` all names there are."""

    def __init__(
        self,
        clock: Clock,
        agents: Callable[[], Mapping[str, Agent]],
        permissions: Callable[[], Iterable[str]],
    ) -> None:
        self._clock = clock
        self._agents = agents
        self._permissions = permissions
        self._granted: dict[int, tuple[Grants, datetime | None]] = {}

    def grants(self, user: User, directory: Directory) -> Grants:
        """What a user may do now, of roles and of what was granted for a while."""
        found, until = self._granted.get(user.id, (None, None))
        now = self._clock.now()
        if found is None or (until is not None and until <= now):
            mine = [one for one in directory.grants if one.user == user.id and one.until > now]
            found = self._reckon(user, directory, now)
            self._granted[user.id] = found, min((one.until for one in mine), default=None)
        return found

    def _reckon(self, user: User, directory: Directory, now: datetime) -> Grants:
        roles = directory.roles
        if ADMIN in user.roles and ADMIN in roles:
            everything = {*self._permissions(), *CORE}
            roles = {**roles, ADMIN: with_all(roles[ADMIN], everything)}
        return grants_of(user, self.own(user), roles, directory.grants, now)

    def forget(self, user: int | None = None) -> None:
        """Reckon anew: for one user, or for all."""
        if user is None:
            self._granted.clear()
        else:
            self._granted.pop(user, None)

    def own(self, user: User) -> Subject:
        """Where a user belongs; what the account leaves open is as for the agent."""
        agent = self._agents().get(user.agent)
        return Subject(
            user.agent,
            user.team or (agent.team if agent else ""),
            user.campus or (agent.campus if agent else ""),
        )

    def subject(self, agent: str, campus: str = "") -> Subject:
        """Whose an agent's work is; ``campus`` counts where the agent has none."""
        known = self._agents().get(agent)
        if known is None:
            return Subject(agent, "", campus)
        return Subject(agent, known.team, known.campus or campus)
