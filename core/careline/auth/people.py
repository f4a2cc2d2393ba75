"""Changes of accounts, roles and grants, each in one transaction: for pages and command line.

``by`` is what the one who changes may do: nobody gives away more than they hold. None is the
machine's own administrator at the command line, who may all.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping
from datetime import datetime

from attrs import evolve

from careline.auth import passes, store
from careline.auth.links import LinkKind, new_link
from careline.auth.model import ADMIN, Grants, Role, Scope, TemporaryGrant, User, join
from careline.auth.permissions import CORE, ROLES
from careline.errors import CarelineError, Conflict, Invalid, NotFound, Refused
from careline.storage import Tx

LANGUAGES = ("", "zh", "en")
THEMES = ("", "auto", "light", "dark")


def ensure_roles(tx: Tx) -> None:
    """Store the roles of a new house where there are none."""
    if not store.list_roles(tx):
        for role in ROLES:
            store.put_role(tx, role)


def get_user(tx: Tx, user_id: int) -> User:
    """The account with that id, else NotFound."""
    found = next((user for user in store.list_users(tx) if user.id == user_id), None)
    if found is None:
        raise NotFound("user.unknown", "there is no user {user}", user=user_id)
    return found


def named(tx: Tx, login: str) -> User:
    """The account with that login, else NotFound."""
    found = store.find_user(tx, login)
    if found is None:
        raise NotFound("user.unknown", "there is no user {user}", user=login)
    return found


def add_user(tx: Tx, user: User, by: Grants | None = None) -> User:
    """Store a new account, which has no password yet; Conflict when the login is taken."""
    ensure_roles(tx)
    if store.find_user(tx, user.login):
        raise Conflict("user.login", "there is a user {login} already", login=user.login)
    _check(tx, user, by, ())
    return evolve(user, id=store.insert_user(tx, user))


def change_user(tx: Tx, user: User, by: Grants | None = None) -> User:
    """Store a changed account; who may now do or hear other things signs in anew.

    Another login, agent number or role, and being disabled, end all its sessions.
    """
    before = get_user(tx, user.id)
    if before.login != user.login and store.find_user(tx, user.login):
        raise Conflict("user.login", "there is a user {login} already", login=user.login)
    _may_touch(tx, before, by)
    _check(tx, user, by, before.roles)
    weightier = (before.login, before.agent, set(before.roles), before.active) != (
        user.login,
        user.agent,
        set(user.roles),
        user.active,
    )
    after = evolve(user, epoch=before.epoch + int(weightier))
    store.update_user(tx, after)
    if before.active and ADMIN in before.roles:
        _keep_an_administrator(tx)
    return after


def set_preferences(tx: Tx, user_id: int, language: str, theme: str) -> None:
    """What somebody chooses for themselves."""
    if language not in LANGUAGES or theme not in THEMES:
        raise Invalid("user.language", "there is no such choice")
    store.update_user(tx, evolve(get_user(tx, user_id), language=language, theme=theme))


def _check(tx: Tx, user: User, by: Grants | None, before: Iterable[str]) -> None:
    roles = {role.name: role for role in store.list_roles(tx)}
    problems: list[CarelineError] = [
        Invalid("user.roles", "there is no role {role}", role=name)
        for name in user.roles
        if name not in roles
    ]
    if not user.name.strip() or len(user.name) > 64:
        problems.append(Invalid("user.name", "a name has 1 to 64 characters"))
    if len(user.team) > 64:
        problems.append(Invalid("user.team", "this is too long"))
    problems += [
        Conflict("user.agent", "agent {agent} is user {login} already", agent=user.agent, login=o)
        for o in _others_with_agent(tx, user)
    ]
    if problems:
        raise Invalid("user.invalid", "that cannot be stored:", problems=problems)
    new = [roles[name] for name in user.roles if name not in set(before)]
    refuse_more_than(by, together(new), is_admin=any(role.name == ADMIN for role in new))


def _others_with_agent(tx: Tx, user: User) -> list[str]:
    if not user.agent:
        return []
    users = store.list_users(tx)
    return [one.login for one in users if one.agent == user.agent and one.id != user.id]


def _may_touch(tx: Tx, user: User, by: Grants | None) -> None:
    """Nobody changes the account of somebody who may more: it would be a way to become them."""
    roles = {role.name: role for role in store.list_roles(tx)}
    held = [roles[name] for name in user.roles if name in roles]
    refuse_more_than(by, together(held), is_admin=ADMIN in user.roles)


def together(roles: Iterable[Role]) -> Mapping[str, Scope]:
    """All that some roles give."""
    scopes: dict[str, Scope] = {}
    for role in roles:
        join(scopes, role.grants)
    return scopes


def refuse_more_than(
    by: Grants | None, wanted: Mapping[str, Scope], *, is_admin: bool = False
) -> None:
    """Refused when ``wanted`` goes beyond what ``by`` holds."""
    if by is None:
        return
    wanted = {**wanted, **(dict.fromkeys(CORE, Scope.ALL) if is_admin else {})}
    if not by.covers(wanted):
        raise Refused("user.beyond", "nobody can give, or take from others, what they do not hold")


def _keep_an_administrator(tx: Tx) -> None:
    if not any(ADMIN in user.roles and user.active for user in store.list_users(tx)):
        raise Refused("user.last_admin", "one active administrator must remain")


def put_role(tx: Tx, role: Role, known: Container[str], by: Grants | None = None) -> Role:
    """Store a role, new or changed; the administrators' stays as it is."""
    ensure_roles(tx)
    before = next((one for one in store.list_roles(tx) if one.name == role.name), None)
    if role.name == ADMIN:
        raise Refused("role.admin", "the role of administrators always holds everything")
    kept = before.grants if before else {}
    strange = [name for name in role.grants if name not in known and name not in kept]
    problems = [
        Invalid("role.grants", "there is no permission {permission}", permission=name)
        for name in strange
    ]
    if not role.title.strip() or len(role.title) > 64 or len(role.title_en) > 64:
        problems.append(Invalid("role.title", "a title has 1 to 64 characters"))
    if problems:
        raise Invalid("role.invalid", "that cannot be stored:", problems=problems)
    refuse_more_than(by, changed_grants(kept, role.grants))
    store.put_role(tx, role)
    return role


def offer(tx: Tx, permissions: Mapping[str, Collection[str]]) -> list[str]:
    """Grant new permissions, in full, to the roles that a plugin thinks of; gives the new ones.

    Only when they are offered for the first time: what an administrator took away stays away.
    """
    before = store.offered(tx)
    new = [name for name in permissions if name not in before]
    if not new:
        return []
    store.put_offered(tx, new)
    ensure_roles(tx)
    for role in store.list_roles(tx):
        mine = {name: Scope.ALL for name in new if role.name in permissions[name]}
        if mine and role.name != ADMIN:
            store.put_role(tx, evolve(role, grants={**mine, **role.grants}))
    return new


def changed_grants(before: Mapping[str, Scope], after: Mapping[str, Scope]) -> Mapping[str, Scope]:
    """What is given or taken between two states of a role, of each the larger scope."""
    scopes: dict[str, Scope] = {}
    for name in {*before, *after}:
        if before.get(name) != after.get(name):
            for one in (before, after):
                join(scopes, {name: one[name]} if name in one else {})
    return scopes


def remove_role(tx: Tx, name: str, by: Grants | None = None) -> None:
    """Remove a role that nobody has any more."""
    role = next((role for role in store.list_roles(tx) if role.name == name), None)
    if role is None:
        raise NotFound("role.unknown", "there is no role {role}", role=name)
    if name == ADMIN:
        raise Refused("role.admin", "the role of administrators always holds everything")
    users = [user.login for user in store.list_users(tx) if name in user.roles]
    if users:
        raise Refused("role.used", "role {role} is that of {users}", role=name, users=users)
    refuse_more_than(by, role.grants)
    store.delete_role(tx, name)


def give(tx: Tx, grant: TemporaryGrant, now: datetime, by: Grants | None = None) -> TemporaryGrant:
    """Give a permission until a moment; Invalid when it lies in the past or no reason is given."""
    get_user(tx, grant.user)
    problems = []
    if grant.until <= now:
        problems.append(Invalid("grant.until", "this moment is over"))
    if not grant.why.strip() or len(grant.why) > 200:
        problems.append(Invalid("grant.why", "give a reason of at most 200 characters"))
    if problems:
        raise Invalid("grant.invalid", "that cannot be stored:", problems=problems)
    refuse_more_than(by, {grant.permission: grant.scope})
    return evolve(grant, id=store.add_grant(tx, grant))


def end_grant(tx: Tx, grant: int, now: datetime) -> None:
    """End a temporary grant now; NotFound when none with that id still runs."""
    if not store.end_grant(tx, grant, now):
        raise NotFound("grant.unknown", "there is no grant {grant} that still runs", grant=grant)


def set_password(tx: Tx, user_id: int, password_hash: str) -> None:
    """Give an account a password (hashed); all its sessions end, a demo account is none any more.

    Its one-time links lead nowhere from then on.
    """
    user = get_user(tx, user_id)
    now = store.credentials(tx)[user_id]
    store.put_credentials(tx, user_id, evolve(now, password_hash=password_hash))
    store.update_user(tx, evolve(user, epoch=user.epoch + 1, demo=False))
    passes.drop_links(tx, user_id)


def reset_totp(tx: Tx, user_id: int, by: Grants | None = None) -> None:
    """Take the second factor away, for somebody who has lost their phone; all sessions end."""
    user = get_user(tx, user_id)
    _may_touch(tx, user, by)
    now = store.credentials(tx)[user_id]
    store.put_credentials(tx, user_id, evolve(now, totp_secret="", recovery=()))
    store.end_sessions(tx, user_id)


def throw_out(tx: Tx, user_id: int, by: Grants | None = None) -> None:
    """End all sessions of somebody, who may sign in again."""
    _may_touch(tx, get_user(tx, user_id), by)
    store.end_sessions(tx, user_id)


def make_link(
    tx: Tx, user_id: int, now: datetime, by: Grants | None = None, *, sign_in: bool = False
) -> str:
    """A new one-time link's token; earlier ones of the account lead nowhere any more.

    ``sign_in`` leads straight in, which only the demonstration's accounts can have.
    """
    user = get_user(tx, user_id)
    if not user.active:
        raise Refused("user.inactive", "user {user} is disabled", user=user.login)
    _may_touch(tx, user, by)
    if sign_in and not user.demo:
        raise Refused("user.no_demo", "only the demonstration has such links")
    token, link = new_link(user_id, LinkKind.SIGN_IN if sign_in else LinkKind.PASSWORD, now)
    passes.add_link(tx, link)
    return token


def first_administrator(tx: Tx, now: datetime) -> str | None:
    """A link for the first administrator, who is made when missing; None when one has a password.

    The demonstration's, which everybody knows, is none. A house where nobody can administer is
    opened by who can read what this machine prints.
    """
    admins = [user for user in store.list_users(tx) if ADMIN in user.roles and user.active]
    if any(user.has_password and not user.demo for user in admins):
        return None
    if not admins:
        ensure_roles(tx)
        if store.find_user(tx, ADMIN):
            return None  # somebody has disabled it on purpose
        admins = [add_user(tx, User(login=ADMIN, name="管理员", roles=(ADMIN,)))]
    return make_link(tx, admins[0].id, now)
