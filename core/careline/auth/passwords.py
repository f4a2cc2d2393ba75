"""Passwords: what makes a good one, and argon2id in threads so that nobody waits for a hash."""

from __future__ import annotations

import unicodedata
from collections.abc import Awaitable, Callable
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from careline.errors import Invalid, Unavailable

MIN_LENGTH = 10
MAX_LENGTH = 200
#: Hashes that may wait for a thread; a flood of sign-ins must not grow without bound.
MAX_WAITING = 24
#: Beginnings and whole words that a guesser tries first.
COMMON = frozenset(
    ("1234567890", "0123456789", "password12", "password123", "qwertyuiop", "1qaz2wsx3e")
)

InThread = Callable[..., Awaitable[Any]]


def password_problems(password: str, login: str) -> list[Invalid]:
    """What is wrong with a new password; the code names the field."""
    plain = _plain(password).lower()
    if len(password) < MIN_LENGTH:
        return [
            Invalid("auth.password", "a password has at least {least} characters", least=MIN_LENGTH)
        ]
    if len(password) > MAX_LENGTH:
        return [
            Invalid("auth.password", "a password has at most {most} characters", most=MAX_LENGTH)
        ]
    if len(login) >= 4 and login in plain:
        return [Invalid("auth.password", "a password must not contain the login")]
    if plain in COMMON or len(set(plain)) < 5:
        return [Invalid("auth.password", "this password is too easy to guess")]
    return []


def _plain(password: str) -> str:
    """One form of what looks alike: an input method may type full-width letters."""
    return unicodedata.normalize("NFKC", password)


def quick_hash(password: str) -> str:
    """A weak hash, for a password that everybody knows; made anew at the first sign-in."""
    return hashed(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1), password)


def hashed(hasher: PasswordHasher, password: str) -> str:
    """The hash of a password, in the calling thread: for the command line."""
    return hasher.hash(_plain(password))


class Passwords:
    """Hashes and checks; ``in_thread(call, *args)`` runs a blocking function elsewhere."""

    def __init__(self, in_thread: InThread, hasher: PasswordHasher | None = None) -> None:
        self._in_thread = in_thread
        self._hasher = hasher or PasswordHasher()
        self._dummy = ""
        self._waiting = 0

    async def prepare(self) -> None:
        """Make the hash that stands for accounts that there are not."""
        if not self._dummy:
            self._dummy = await self.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """A salted argon2id hash with its parameters."""
        hashed: str = await self._run(self._hasher.hash, _plain(password))
        return hashed

    async def matches(self, stored: str, password: str) -> bool:
        """True when ``password`` was hashed to ``stored``; as slow for an empty ``stored``."""
        await self.prepare()
        fits = await self._run(self._verify, stored or self._dummy, _plain(password[:MAX_LENGTH]))
        return bool(fits) and stored != ""

    def is_old(self, stored: str) -> bool:
        """True when a hash was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, call: Callable[..., object], *args: str) -> Any:
        if self._waiting >= MAX_WAITING:
            raise Unavailable("auth.busy", "too many people sign in at this moment; try again")
        self._waiting += 1
        try:
            return await self._in_thread(call, *args)
        finally:
            self._waiting -= 1
