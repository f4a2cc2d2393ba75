"""All that the database knows of people, read at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import field, frozen

from careline.auth import people, store
from careline.auth.model import Role, TemporaryGrant, User
from careline.auth.sessions import Credentials
from careline.storage import Tx


@frozen
class Directory:
    """All that the database knows of people, at one moment."""

    users: Mapping[int, User] = field(factory=dict)
    credentials: Mapping[int, Credentials] = field(factory=dict)
    roles: Mapping[str, Role] = field(factory=dict)
    grants: tuple[TemporaryGrant, ...] = ()


def read_directory(tx: Tx, now: datetime) -> Directory:
    """Read everything; the roles of a new house are stored."""
    people.ensure_roles(tx)
    return Directory(
        {user.id: user for user in store.list_users(tx)},
        store.credentials(tx),
        {role.name: role for role in store.list_roles(tx)},
        tuple(store.list_grants(tx, now)),
    )
