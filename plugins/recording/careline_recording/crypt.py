"""Encryption of recordings: a key of its own for each, wrapped by a master key.

AES-256-GCM (NIST SP 800-38D) in pieces of 64 kB, so that a player reads any part without the rest.
A piece's nonce is its number, which is safe as no two recordings share a key; the recording's id
and whether it is the last are authenticated with each, so that none can be changed, moved, swapped
with another recording's, or left out at the end; how many there will be need not be known before.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from pathlib import Path

from attrs import frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from careline.errors import CarelineError, Unavailable
from careline.i18n import reason

PIECE = 65_536
TAG = 16
NONCE = 12
KEY = 32


class Damaged(CarelineError):
    """What is stored is not what was stored, or not under this key."""


@frozen
class Sealer:
    """Decrypts the pieces of one recording of ``size`` bytes."""

    id: str
    size: int
    key: bytes

    @property
    def pieces(self) -> int:
        """How many there are."""
        return -(-self.size // PIECE)

    @property
    def sealed_size(self) -> int:
        """Bytes of all pieces when sealed."""
        return self.size + self.pieces * TAG

    def open(self, number: int, sealed: bytes) -> bytes:
        """Piece ``number``, from 0, in plain; Damaged when it is not what was sealed."""
        bound = _bound(self.id, number == self.pieces - 1)
        try:
            return AESGCM(self.key).decrypt(_nonce(number), sealed, bound)
        except InvalidTag:
            raise Damaged(
                "recording.damaged",
                "recording {id} is damaged in piece {number}",
                id=self.id,
                number=number,
            ) from None

    def place(self, number: int) -> tuple[int, int]:
        """First and last byte of a sealed piece."""
        first = number * (PIECE + TAG)
        return first, min(first + PIECE + TAG, self.sealed_size) - 1

    def within(self, first: int, last: int) -> Iterator[tuple[int, slice]]:
        """The pieces that hold these plain bytes, and which part of each is meant."""
        for number in range(first // PIECE, last // PIECE + 1):
            start = number * PIECE
            yield number, slice(max(first - start, 0), min(last - start + 1, PIECE))


@frozen
class Master:
    """A master key; ``name`` says in each row which one wrapped its key."""

    name: str
    key: bytes

    def wrap(self, id: str, key: bytes) -> bytes:
        """A recording's key, sealed for its row."""
        nonce = secrets.token_bytes(NONCE)
        return nonce + AESGCM(self.key).encrypt(nonce, key, id.encode())

    def unwrap(self, id: str, wrapped: bytes) -> bytes:
        """The recording's key; Damaged when the row was changed."""
        try:
            return AESGCM(self.key).decrypt(wrapped[:NONCE], wrapped[NONCE:], id.encode())
        except InvalidTag:
            raise Damaged("recording.key", "the key of recording {id} is damaged", id=id) from None


@frozen
class KeyFile:
    """The master keys in a file for its owner alone: ``name hex`` on each line, the newest last."""

    path: Path

    def newest(self) -> Master:
        """The key that wraps what is new; made when there is none yet."""
        return (self._read() or [self.add()])[-1]

    def find(self, name: str) -> Master:
        """A key by name; Unavailable when it is not there (any more)."""
        for master in self._read():
            if master.name == name:
                return master
        raise Unavailable(
            "recording.no_key",
            "master key {name} is not in {path}; bring it back from a backup",
            name=name,
            path=self.path,
        )

    def add(self) -> Master:
        """Make a new key; all that is new is wrapped by it from now on."""
        made = Master(secrets.token_hex(4), secrets.token_bytes(KEY))
        self._write([*self._read(), made])
        return made

    def drop_unused(self, used: Collection[str], before: datetime) -> None:
        """Forget all keys but the newest and those that are ``used``.

        Nothing is done while the newest is younger than ``before``: something may just be put
        under the one that was newest.
        """
        masters = self._read()
        kept = [one for one in masters[:-1] if one.name in used] + masters[-1:]
        if len(kept) < len(masters) and self.path.stat().st_mtime < before.timestamp():
            self._write(kept)

    def _read(self) -> list[Master]:
        try:
            lines = self.path.read_text(encoding="ascii").split("\n")
            pairs = [line.split() for line in lines if line.strip()]
            return [Master(name, bytes.fromhex(key)) for name, key in pairs]
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            why = reason(error) if isinstance(error, OSError) else "?"
            raise Unavailable(
                "recording.key_file",
                "the master keys in {path} cannot be read ({reason})",
                path=self.path,
                reason=why,
            ) from error

    def _write(self, masters: list[Master]) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = self.path.with_name(f".{self.path.name}.new")
        new.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with open(os.open(new, flags, 0o600), "w", encoding="ascii") as out:
            out.writelines(f"{one.name} {one.key.hex()}\n" for one in masters)
            out.flush()
            os.fsync(out.fileno())
        new.replace(self.path)


def new_key() -> bytes:
    """A key for one recording."""
    return secrets.token_bytes(KEY)


def sealed(id: str, key: bytes, plain: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces of a recording sealed as they come; only the last may be less than 64 kB."""
    cipher = AESGCM(key)
    number, waiting = 0, None
    for piece in plain:
        if waiting is not None:
            yield cipher.encrypt(_nonce(number), waiting, _bound(id, False))
            number += 1
        waiting = piece
    if waiting is not None:
        yield cipher.encrypt(_nonce(number), waiting, _bound(id, True))


def _bound(id: str, is_last: bool) -> bytes:
    return f"{id}/{'last' if is_last else 'more'}".encode()


def _nonce(number: int) -> bytes:
    return number.to_bytes(NONCE, "big")
