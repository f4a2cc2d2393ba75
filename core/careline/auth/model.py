"""Users, roles and what they may do; pure rules, so that a scope can be proved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import IntEnum

from attrs import evolve, field, frozen
from attrs.validators import matches_re

LOGIN = r"[a-z0-9][a-z0-9._-]{1,31}"
ROLE = r"[a-z][a-z0-9_-]{1,31}"
PERMISSION = r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*"
#: The role that always holds everything, and of which one able to sign in always remains.
ADMIN = "admin"


class Scope(IntEnum):
    """How far a permission reaches: one's own work, the team's, the campus's, everything."""

    OWN = 1
    GROUP = 2
    CAMPUS = 3
    ALL = 4

    @property
    def word(self) -> str:
        """The stable name: ``own``, ``group``, ``campus``, ``all``."""
        return self.name.lower()


@frozen
class Subject:
    """Whose something is: an agent's, a team's, a campus's. What is empty belongs to nobody."""

    agent: str = ""
    team: str = ""
    campus: str = ""


#: Belongs to nobody: only who may see all may see it.
NOBODY = Subject()


@frozen(kw_only=True)
class User:
    """Somebody who signs in. ``agent`` is the agent's number, empty for who takes no calls.

    ``epoch`` counts up with whatever ends all sessions: password, roles, being disabled.
    ``demo`` accounts are the demonstration's: they are served on this machine alone.
    """

    id: int = 0
    login: str = field(validator=matches_re(LOGIN))
    name: str
    agent: str = ""
    campus: str = ""
    team: str = ""
    roles: tuple[str, ...] = ()
    language: str = ""
    theme: str = ""
    active: bool = True
    demo: bool = False
    has_password: bool = False
    has_totp: bool = False
    epoch: int = 0
    seen: datetime | None = None


@frozen(kw_only=True)
class Role:
    """What people of one kind may do; ``title`` is Chinese, ``title_en`` English."""

    name: str = field(validator=matches_re(ROLE))
    title: str
    title_en: str = ""
    grants: Mapping[str, Scope] = field(factory=dict)


@frozen(kw_only=True)
class TemporaryGrant:
    """A permission until a moment, given by somebody for a reason; it ends by itself."""

    id: int = 0
    user: int
    permission: str
    scope: Scope
    until: datetime
    why: str
    by: str


@frozen
class Grants:
    """All that one user may do at one moment, and whose work is their own.

    A larger scope always holds what a smaller one holds, whatever team and campus are named.
    """

    scopes: Mapping[str, Scope] = field(factory=dict)
    subject: Subject = NOBODY

    def may(self, permission: str, subject: Subject | None = None) -> bool:
        """True when ``permission`` is held, and reaches to ``subject`` when one is named."""
        scope = self.scopes.get(permission)
        if scope is None:
            return False
        return subject is None or reaches(scope, self.subject, subject)

    def scope(self, permission: str) -> Scope | None:
        """How far a permission reaches, None when it is not held; for lists made by a query."""
        return self.scopes.get(permission)

    def covers(self, scopes: Mapping[str, Scope]) -> bool:
        """True when nothing in ``scopes`` goes beyond what is held here."""
        held = self.scopes
        return all(name in held and held[name] >= scope for name, scope in scopes.items())


def reaches(scope: Scope, own: Subject, subject: Subject) -> bool:
    """True when ``scope`` of somebody at ``own`` reaches to what belongs to ``subject``."""
    if scope is Scope.ALL:
        return True
    if _same(own.agent, subject.agent):
        return True
    if scope >= Scope.GROUP and _same(own.team, subject.team):
        return True
    return scope >= Scope.CAMPUS and _same(own.campus, subject.campus)


def _same(one: str, other: str) -> bool:
    return one != "" and one == other


def grants_of(
    user: User,
    own: Subject,
    roles: Mapping[str, Role],
    temporary: Iterable[TemporaryGrant],
    now: datetime,
) -> Grants:
    """What ``user`` may do ``now``: of each permission the largest scope of all that give it."""
    if not user.active:
        return Grants({}, own)
    scopes: dict[str, Scope] = {}
    for name in user.roles:
        if name in roles:
            join(scopes, roles[name].grants)
    for grant in temporary:
        if grant.user == user.id and grant.until > now:
            join(scopes, {grant.permission: grant.scope})
    return Grants(scopes, own)


def join(scopes: dict[str, Scope], more: Mapping[str, Scope]) -> None:
    """Take ``more`` into ``scopes``, of each permission the larger scope."""
    for name, scope in more.items():
        scopes[name] = max(scope, scopes.get(name, scope))


def with_all(role: Role, permissions: Iterable[str]) -> Role:
    """The role with every permission in full: what the administrators' always has."""
    return evolve(role, grants=dict.fromkeys(permissions, Scope.ALL))


@frozen(kw_only=True)
class Signed:
    """A session at one request: who, with which grants.

    ``id`` names it and is no secret. ``first``: the path of what must be done before anything
    else (a second factor to be set up), else empty; until then nothing may be done. ``proved``: the
    person showed a moment ago that it is them, as listening to recordings wants.
    """

    id: str
    user: User
    grants: Grants
    locked: bool = False
    first: str = ""
    proved: bool = False

    def may(self, permission: str, subject: Subject | None = None) -> bool:
        """True when the user may, see :meth:`Grants.may`."""
        return self.grants.may(permission, subject)
