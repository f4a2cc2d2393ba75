"""Administering people: changes by somebody, checked against what they may, and written down."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve, fields, frozen

from careline.auth import people
from careline.auth.model import Grants, Role, Scope, TemporaryGrant, User
from careline.auth.service import Auth
from careline.clock import Clock
from careline.errors import NotFound

#: Of an account, what a line of the audit log tells when it changes.
TOLD = ("login", "name", "agent", "campus", "team", "roles", "active")


@frozen
class Actor:
    """Who changes something: a login, what they may do, from where."""

    login: str
    name: str
    grants: Grants
    address: str = ""


class Accounts:
    """Users, roles and temporary grants, as administrators change them in the workspace."""

    def __init__(self, auth: Auth, clock: Clock) -> None:
        self._auth = auth
        self._clock = clock

    async def add(self, user: User, by: Actor) -> User:
        """A new account without a password; see :func:`careline.auth.people.add_user`."""
        made = await self._auth.change(people.add_user, user, by.grants)
        self._write("user.added", by, made.login, describe(None, made))
        return made

    async def change(self, user: User, by: Actor) -> User:
        """A changed account; sessions end where that must be."""
        before = self._auth.user(user.id)
        after = await self._auth.change(people.change_user, user, by.grants)
        if before.active != after.active:
            act = "user.enabled" if after.active else "user.disabled"
            self._write(act, by, after.login)
        if told := describe(before, after):
            self._write("user.changed", by, after.login, told)
        return after

    async def link(self, user_id: int, by: Actor) -> str:
        """The token of a new one-time link, with which the user sets a password."""
        user = self._auth.user(user_id)
        token = await self._auth.change(people.make_link, user_id, self._clock.now(), by.grants)
        self._write("user.link", by, user.login)
        return token

    async def reset_totp(self, user_id: int, by: Actor) -> None:
        """Take the second factor away."""
        user = self._auth.user(user_id)
        await self._auth.change(people.reset_totp, user_id, by.grants)
        self._write("user.totp_off", by, user.login)

    async def throw_out(self, user_id: int, by: Actor) -> None:
        """End all sessions of a user."""
        user = self._auth.user(user_id)
        await self._auth.change(people.throw_out, user_id, by.grants)
        self._write("user.thrown_out", by, user.login)

    async def put_role(self, role: Role, known: Mapping[str, object], by: Actor) -> Role:
        """A new or changed role."""
        before = self._auth.directory.roles.get(role.name)
        made = await self._auth.change(people.put_role, role, known, by.grants)
        told = describe_grants(before.grants if before else {}, made.grants)
        self._write("role.changed", by, role.name, told)
        return made

    async def remove_role(self, name: str, by: Actor) -> None:
        """Remove a role that nobody has."""
        await self._auth.change(people.remove_role, name, by.grants)
        self._write("role.removed", by, name)

    async def give(self, grant: TemporaryGrant, by: Actor) -> TemporaryGrant:
        """A permission until a moment."""
        user = self._auth.user(grant.user)
        grant = evolve(grant, by=by.login)
        made = await self._auth.change(people.give, grant, self._clock.now(), by.grants)
        told = f"{grant.permission}: {grant.scope.word}, {grant.until:%Y-%m-%d %H:%M} UTC"
        self._write("grant.given", by, user.login, told, grant.why)
        return made

    async def end_grant(self, grant_id: int, by: Actor) -> None:
        """End a temporary grant now."""
        grants = self._auth.directory.grants
        grant = next((one for one in grants if one.id == grant_id), None)
        if grant is None:
            raise NotFound(
                "grant.unknown", "there is no grant {grant} that still runs", grant=grant_id
            )
        await self._auth.change(people.end_grant, grant_id, self._clock.now())
        login = self._auth.user(grant.user).login
        self._write("grant.ended", by, login, grant.permission)

    def _write(self, act: str, by: Actor, whose: str, what: str = "", why: str = "") -> None:
        self._auth.audit.write(
            act, actor=by.login, name=by.name, whose=whose, what=what, why=why, address=by.address
        )


def describe(before: User | None, after: User) -> str:
    """What is new in an account, as the audit log keeps it."""
    told = []
    for name in (one.name for one in fields(User) if one.name in TOLD):
        was, now = getattr(before, name, None), getattr(after, name)
        if before is None and now not in ("", (), None):
            told.append(f"{name}: {_word(now)}")
        elif before is not None and was != now:
            told.append(f"{name}: {_word(was)} -> {_word(now)}")
    return "; ".join(told)


def describe_grants(before: Mapping[str, Scope], after: Mapping[str, Scope]) -> str:
    """What a role grants more, less or otherwise."""
    told = [
        f"{name}: {_scope(before.get(name))} -> {_scope(after.get(name))}"
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]
    return "; ".join(told)


def _word(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _scope(scope: Scope | None) -> str:
    return scope.word if scope is not None else "-"
