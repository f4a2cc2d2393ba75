"""Accounts, roles, grants, sessions and one-time links in the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from careline.auth.links import LinkKind
from careline.auth.model import Role, Scope, TemporaryGrant, User
from careline.auth.sessions import Credentials
from careline.storage import AnyRow, BigId, EnumValue, Json, Tx, UTCDateTime, metadata

account_table = Table(
    "account",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("login", String(32), nullable=False, unique=True),
    Column("name", String(64), nullable=False),
    Column("agent_id", String(8), nullable=False),
    Column("campus", String(32), nullable=False),
    Column("team", String(64), nullable=False),
    Column("language", String(8), nullable=False),
    Column("theme", String(8), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("demo", Boolean, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("seen", UTCDateTime),
    Column("password_hash", String(200), nullable=False),
    Column("totp_secret", String(64), nullable=False),
    Column("totp_step", BigInteger, nullable=False),
    Column("recovery", Json, nullable=False),
    Column("addresses", Json, nullable=False),
)

role_table = Table(
    "role",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("title", String(64), nullable=False),
    Column("title_en", String(64), nullable=False),
)

role_grant_table = Table(
    "role_grant",
    metadata,
    Column("role", String(32), ForeignKey("role.name", ondelete="CASCADE"), primary_key=True),
    Column("permission", String(80), primary_key=True),
    Column("scope", Integer, nullable=False),
)

# Permissions that a plugin has offered once: what its roles got then may be taken from them.
offered_table = Table(
    "permission_offered",
    metadata,
    Column("name", String(80), primary_key=True),
)

account_role_table = Table(
    "account_role",
    metadata,
    Column("account_id", BigId, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("role", String(32), ForeignKey("role.name"), primary_key=True),
)

temporary_grant_table = Table(
    "temporary_grant",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("account_id", BigId, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("permission", String(80), nullable=False),
    Column("scope", Integer, nullable=False),
    Column("until", UTCDateTime, nullable=False),
    Column("why", String(200), nullable=False),
    Column("given_by", String(64), nullable=False),
    Index("ix_temporary_grant_account_id_until", "account_id", "until"),
)

session_table = Table(
    "web_session",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("account_id", BigId, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("began", UTCDateTime, nullable=False),
    Column("seen", UTCDateTime, nullable=False),
    Column("locked", Boolean, nullable=False),
    Column("address", String(64), nullable=False),
    Column("browser", String(200), nullable=False),
)

link_table = Table(
    "one_time_link",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("account_id", BigId, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("kind", EnumValue(LinkKind), nullable=False),
    Column("expires", UTCDateTime, nullable=False),
    Column("used", UTCDateTime),
)


def list_users(tx: Tx) -> list[User]:
    """All accounts by login, disabled ones too."""
    roles: dict[int, list[str]] = {}
    for row in tx.all(select(account_role_table).order_by(account_role_table.c.role)):
        roles.setdefault(row.account_id, []).append(row.role)
    rows = tx.all(select(account_table).order_by(account_table.c.login))
    return [_user(row, tuple(roles.get(row.id, ()))) for row in rows]


def find_user(tx: Tx, login: str) -> User | None:
    """The account with that login, in whatever case it was typed."""
    wanted = login.strip().lower()
    return next((user for user in list_users(tx) if user.login == wanted), None)


def _user(row: AnyRow, roles: tuple[str, ...]) -> User:
    return User(
        id=row.id,
        login=row.login,
        name=row.name,
        agent=row.agent_id,
        campus=row.campus,
        team=row.team,
        roles=roles,
        language=row.language,
        theme=row.theme,
        active=row.active,
        demo=row.demo,
        has_password=row.password_hash != "",
        has_totp=row.totp_secret != "",
        epoch=row.epoch,
        seen=row.seen,
    )


def credentials(tx: Tx) -> dict[int, Credentials]:
    """What proves who somebody is, by account."""
    return {
        row.id: Credentials(
            password_hash=row.password_hash,
            totp_secret=row.totp_secret,
            totp_step=row.totp_step,
            recovery=tuple(row.recovery),
            addresses=tuple(row.addresses),
        )
        for row in tx.all(select(account_table))
    }


def insert_user(tx: Tx, user: User) -> int:
    """Store a new account; gives its id. It has no password yet."""
    none = Credentials()
    made = tx.execute(insert(account_table).values(**_values(user), **credential_values(none)))
    key: int = made.inserted_primary_key[0]  # type: ignore[index]  # there is one
    put_roles(tx, key, user.roles)
    return key


def update_user(tx: Tx, user: User) -> None:
    """Store an account as it is now, its roles too; its credentials stay."""
    tx.execute(update(account_table).where(account_table.c.id == user.id).values(**_values(user)))
    put_roles(tx, user.id, user.roles)


def put_roles(tx: Tx, user: int, roles: Iterable[str]) -> None:
    """Give an account exactly these roles."""
    tx.execute(delete(account_role_table).where(account_role_table.c.account_id == user))
    rows = [{"account_id": user, "role": role} for role in dict.fromkeys(roles)]
    if rows:
        tx.execute(insert(account_role_table).values(rows))


def put_credentials(tx: Tx, user: int, now: Credentials) -> None:
    """Store what proves who somebody is."""
    values = credential_values(now)
    tx.execute(update(account_table).where(account_table.c.id == user).values(**values))


def put_seen(tx: Tx, user: int, seen: datetime, addresses: Iterable[str]) -> None:
    """Note when and from where an account was last used."""
    values = {"seen": seen, "addresses": list(addresses)}
    tx.execute(update(account_table).where(account_table.c.id == user).values(**values))


def use_totp_step(tx: Tx, user: int, step: int) -> bool:
    """Take a code's step as used; False when it, or a later one, was used before."""
    done = tx.execute(
        update(account_table)
        .where(account_table.c.id == user, account_table.c.totp_step < step)
        .values(totp_step=step)
    )
    return done.rowcount == 1


def use_recovery(tx: Tx, user: int, hashed: str) -> bool:
    """Use a recovery code up; False when it is none of the account's."""
    held: list[str] = (
        tx.scalar(
            select(account_table.c.recovery).where(account_table.c.id == user).with_for_update()
        )
        or []
    )
    if hashed not in held:
        return False
    left = [code for code in held if code != hashed]
    tx.execute(update(account_table).where(account_table.c.id == user).values(recovery=left))
    return True


def end_sessions(tx: Tx, user: int) -> None:
    """End all sessions of an account: the running core sees it when it reads the accounts anew."""
    tx.execute(
        update(account_table)
        .where(account_table.c.id == user)
        .values(epoch=account_table.c.epoch + 1)
    )


def credential_values(now: Credentials) -> dict[str, object]:
    """The columns of what proves who somebody is."""
    return {
        "password_hash": now.password_hash,
        "totp_secret": now.totp_secret,
        "totp_step": now.totp_step,
        "recovery": list(now.recovery),
        "addresses": list(now.addresses),
    }


def _values(user: User) -> dict[str, object]:
    return {
        "login": user.login,
        "name": user.name,
        "agent_id": user.agent,
        "campus": user.campus,
        "team": user.team,
        "language": user.language,
        "theme": user.theme,
        "active": user.active,
        "demo": user.demo,
        "epoch": user.epoch,
        "seen": user.seen,
    }


def list_roles(tx: Tx) -> list[Role]:
    """All roles by name, with what they grant."""
    grants: dict[str, dict[str, Scope]] = {}
    for row in tx.all(select(role_grant_table).order_by(role_grant_table.c.permission)):
        grants.setdefault(row.role, {})[row.permission] = Scope(row.scope)
    rows = tx.all(select(role_table).order_by(role_table.c.name))
    return [
        Role(
            name=row.name,
            title=row.title,
            title_en=row.title_en,
            grants=grants.get(row.name, {}),
        )
        for row in rows
    ]


def put_role(tx: Tx, role: Role) -> None:
    """Store a role as it is now, new or changed."""
    values = {"title": role.title, "title_en": role.title_en}
    changed = update(role_table).where(role_table.c.name == role.name).values(**values)
    if tx.execute(changed).rowcount == 0:
        tx.execute(insert(role_table).values(name=role.name, **values))
    tx.execute(delete(role_grant_table).where(role_grant_table.c.role == role.name))
    rows = _grant_rows(role.name, role.grants)
    if rows:
        tx.execute(insert(role_grant_table).values(rows))


def offered(tx: Tx) -> set[str]:
    """Names of permissions that were offered before."""
    return set(tx.scalars(select(offered_table.c.name)))


def put_offered(tx: Tx, names: Iterable[str]) -> None:
    """Note that these were offered now."""
    tx.execute(insert(offered_table).values([{"name": name} for name in names]))


def _grant_rows(role: str, grants: Mapping[str, Scope]) -> list[dict[str, object]]:
    return [
        {"role": role, "permission": permission, "scope": int(scope)}
        for permission, scope in grants.items()
    ]


def delete_role(tx: Tx, name: str) -> None:
    """Remove a role that nobody has."""
    tx.execute(delete(role_table).where(role_table.c.name == name))


def list_grants(tx: Tx, since: datetime) -> list[TemporaryGrant]:
    """Temporary grants that end after ``since``, those that end first before."""
    rows = tx.all(
        select(temporary_grant_table)
        .where(temporary_grant_table.c.until > since)
        .order_by(temporary_grant_table.c.until)
    )
    return [_grant(row) for row in rows]


def _grant(row: AnyRow) -> TemporaryGrant:
    return TemporaryGrant(
        id=row.id,
        user=row.account_id,
        permission=row.permission,
        scope=Scope(row.scope),
        until=row.until,
        why=row.why,
        by=row.given_by,
    )


def add_grant(tx: Tx, grant: TemporaryGrant) -> int:
    """Store a temporary grant; gives its id."""
    made = tx.execute(
        insert(temporary_grant_table).values(
            account_id=grant.user,
            permission=grant.permission,
            scope=int(grant.scope),
            until=grant.until,
            why=grant.why,
            given_by=grant.by,
        )
    )
    key: int = made.inserted_primary_key[0]  # type: ignore[index]  # there is one
    return key


def end_grant(tx: Tx, grant: int, now: datetime) -> bool:
    """End a grant before its time; False when there is none that still runs."""
    done = tx.execute(
        update(temporary_grant_table)
        .where(temporary_grant_table.c.id == grant, temporary_grant_table.c.until > now)
        .values(until=now)
    )
    return done.rowcount == 1
