"""A wallboard's address: read-only, without personal data, and it can be taken back."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from attrs import field, frozen
from attrs.validators import max_len, min_len

TOKEN_BYTES = 24


@frozen(kw_only=True)
class Wallboard:
    """One screen; ``campus`` empty for the whole house. The token itself is not kept."""

    id: int = 0
    title: str = field(validator=[min_len(1), max_len(64)])
    campus: str = ""
    token_hash: str = field(repr=False)
    made: datetime
    made_by: str
    revoked: datetime | None = None


def new_token() -> str:
    """A token for an address; nobody guesses it."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_of(token: str) -> str:
    """What is kept of a token: enough to know it again, not enough to use it."""
    return hashlib.sha256(token.encode()).hexdigest()
