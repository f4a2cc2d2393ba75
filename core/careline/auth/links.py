"""One-time links: how somebody without a password comes in, once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from enum import Enum

from attrs import frozen

LASTS = timedelta(hours=24)


class LinkKind(Enum):
    """What a link leads to: setting a password, or (in the demonstration) straight in."""

    PASSWORD = "password"  # noqa: S105  a kind
    SIGN_IN = "sign_in"


@frozen(kw_only=True)
class Link:
    """A link as it is stored: of its token only the hash."""

    token_hash: str
    user: int
    kind: LinkKind
    expires: datetime


def new_link(user: int, kind: LinkKind, now: datetime) -> tuple[str, Link]:
    """A new link and its token, which is shown once and stored nowhere."""
    token = secrets.token_urlsafe(32)
    return token, Link(token_hash=hash_token(token), user=user, kind=kind, expires=now + LASTS)


def hash_token(token: str) -> str:
    """What is stored of a random token; 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def link_path(token: str) -> str:
    """The path of a link on the workspace's address."""
    return f"/link/{token}"
