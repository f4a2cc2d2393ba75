"""Sessions in memory: who is signed in where, since when, idle since when."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta

from attrs import define, field, frozen

from careline.auth.links import hash_token

#: Of one account; a further sign-in ends the one that was idle longest.
PER_USER = 10
#: How often the moment of the last activity is written down.
WRITE_EACH = timedelta(minutes=1)


@frozen(kw_only=True)
class Credentials:
    """What proves who somebody is. ``addresses`` are the last from which they signed in."""

    password_hash: str = field(default="", repr=False)
    totp_secret: str = field(default="", repr=False)
    totp_step: int = 0
    recovery: tuple[str, ...] = field(default=(), repr=False)
    addresses: tuple[str, ...] = ()


@frozen(kw_only=True)
class StoredSession:
    """A session as the database keeps it: of its token only the hash."""

    id: str
    token_hash: str = field(repr=False)
    user: int
    epoch: int
    began: datetime
    seen: datetime
    locked: bool = False
    address: str = ""
    browser: str = ""


@frozen
class SessionGone:
    """A session is over."""

    id: str


@define(kw_only=True, eq=False)
class Session:
    """A session that runs. ``seen`` is the last moment that a person did something."""

    stored: StoredSession
    seen: datetime
    written: datetime
    locked: bool = False
    proved_until: datetime | None = None

    @property
    def id(self) -> str:
        """Its name, no secret."""
        return self.stored.id

    @property
    def user(self) -> int:
        """Whose it is."""
        return self.stored.user


class Sessions:
    """All sessions, found by token or id without the database."""

    def __init__(self) -> None:
        self._by_hash: dict[str, Session] = {}
        self._by_id: dict[str, Session] = {}

    def __iter__(self) -> Iterator[Session]:
        """All sessions; they may end while one looks."""
        return iter(tuple(self._by_id.values()))

    def add(self, stored: StoredSession) -> Session:
        """Take a session up."""
        session = Session(
            stored=stored, seen=stored.seen, written=stored.seen, locked=stored.locked
        )
        self._by_hash[stored.token_hash] = session
        self._by_id[stored.id] = session
        return session

    def by_token(self, token: str) -> Session | None:
        """The session of a cookie."""
        return self._by_hash.get(hash_token(token))

    def by_id(self, session_id: str) -> Session | None:
        """The session with that name."""
        return self._by_id.get(session_id)

    def of(self, user: int) -> list[Session]:
        """A user's sessions, the one idle longest first."""
        mine = (session for session in self._by_id.values() if session.user == user)
        return sorted(mine, key=lambda session: session.seen)

    def drop(self, session: Session) -> bool:
        """Forget a session; False when it was forgotten already."""
        self._by_hash.pop(session.stored.token_hash, None)
        return self._by_id.pop(session.id, None) is not None


def new_session(
    user: int, epoch: int, now: datetime, address: str, browser: str
) -> tuple[str, StoredSession]:
    """A session and its token, which only the browser's cookie keeps."""
    token = secrets.token_urlsafe(32)
    return token, StoredSession(
        id=secrets.token_hex(8),
        token_hash=hash_token(token),
        user=user,
        epoch=epoch,
        began=now,
        seen=now,
        address=address[:64],
        browser=browser[:200],
    )
