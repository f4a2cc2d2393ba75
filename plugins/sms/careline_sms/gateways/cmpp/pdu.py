"""Frames and fields of CMPP (2.0: 2002, 3.0: 2003): everything has a fixed length, in bytes."""

from __future__ import annotations

import hashlib
import struct
from enum import IntEnum

from attrs import frozen

HEADER = struct.Struct(">III")
MOST = 8192
ANSWER = 0x80000000
REPORT_HEAD = 8 + 7 + 10 + 10
"""Bytes of a report before the number: id, stat, submit time, done time."""
PHONE = {2: 21, 3: 32}
"""Bytes of a telephone number, by version."""
TAIL = {2: 8, 3: 20}
"""Bytes after the text: Reserve, LinkID."""


class Command(IntEnum):
    """Command ids."""

    CONNECT = 1
    TERMINATE = 2
    SUBMIT = 4
    DELIVER = 5
    ACTIVE_TEST = 8


def pack(command: int, sequence: int, body: bytes = b"") -> bytes:
    """A frame."""
    return HEADER.pack(HEADER.size + len(body), command, sequence) + body


def octets(text: str, size: int) -> bytes:
    """A field of ``size`` bytes, filled up with zeros; what is longer is cut off."""
    return text.encode("ascii", "replace")[:size].ljust(size, b"\0")


def authenticator(sp_id: str, secret: str, stamp: str) -> bytes:
    """AuthenticatorSource; ``stamp`` is MMDDhhmmss."""
    whole = sp_id.encode() + bytes(9) + secret.encode() + stamp.encode()
    return hashlib.md5(whole).digest()  # noqa: S324 - what the protocol asks for


def status_of(body: bytes, rest: int) -> int:
    """The status before the last ``rest`` bytes of an answer: one byte in 2.0, four in 3.0."""
    return int.from_bytes(body[: max(1, len(body) - rest)][:4], "big")


@frozen(kw_only=True)
class Deliver:
    """The body of CMPP_DELIVER."""

    id: bytes
    to: str
    udhi: bool
    format: int
    source: str
    is_report: bool
    data: bytes


def read_deliver(body: bytes, version: int) -> Deliver | None:
    """A body in the version whose lengths fit it, the one agreed on first; None when none does."""
    for attempt in (version, 5 - version):
        found = _read(body, attempt)
        if found is not None:
            return found
    return None


def _read(body: bytes, version: int) -> Deliver | None:
    phone, more = PHONE[version], 1 if version == 3 else 0  # 3.0 has Src_terminal_type
    at = 8 + 21 + 10 + 3 + phone + more
    if len(body) < at + 2:
        return None
    size = body[at + 1]
    data = body[at + 2 : at + 2 + size]
    left = len(body) - (at + 2 + size)
    if left not in (0, TAIL[version]):
        return None
    return Deliver(
        id=body[:8],
        to=_text(body[8:29]),
        udhi=bool(body[40] & 1),
        format=body[41],
        source=_text(body[42 : 42 + phone]),
        is_report=body[at] == 1,
        data=data,
    )


@frozen
class State:
    """What a report says: the id of the piece, a word (DELIVRD), and the number."""

    id: bytes
    stat: str
    number: str


def read_report(data: bytes) -> State | None:
    """A report; the number has 21 or 32 bytes by the length of the whole, not by version."""
    if len(data) < REPORT_HEAD:
        return None
    rest = data[REPORT_HEAD:]
    number = rest[:32] if len(rest) >= 36 else rest[:21]
    return State(data[:8], _text(data[8:15]), _text(number))


def _text(field: bytes) -> str:
    return field.split(b"\0")[0].decode("ascii", "replace").strip()
