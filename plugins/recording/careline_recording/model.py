"""What is kept of a recorded talk, and what can be asked of it; values, no I/O."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from enum import Enum

from attrs import field, frozen

from careline.calls.model import Direction

RATE = 8000
#: Bytes of one moment: 16 bits of the caller (left) and 16 of the agent (right).
FRAME = 4
BYTES_A_SECOND = RATE * FRAME
PAGE = 50
#: Pairs of bytes in a waveform at most.
PEAKS = 1200


class Format(Enum):
    """What the audio is kept as; the value is also how a file of it is called at its end."""

    WAV = "wav"
    OPUS = "opus"

    @property
    def mime(self) -> str:
        """As a browser knows it; RFC 7845 section 9 for Ogg Opus."""
        return "audio/ogg" if self is Format.OPUS else "audio/wav"


def new_id() -> str:
    """An id that nobody guesses, and no command line takes for an option."""
    while (made := secrets.token_urlsafe(16)).startswith("-"):
        pass
    return made


@frozen
class Stretch:
    """One stretch of talk: when it began (UTC) and where in the audio it is, in ms."""

    start: datetime
    offset_ms: int
    length_ms: int


@frozen(kw_only=True)
class Recording:
    """The talks of one agent's phone in one call, one after the other.

    ``size`` is that of what is stored in bytes, ``sha256`` its hash; WAV is stored without its
    head. ``until`` is when its ``klass`` of retention has it erased, unless it is ``held``.
    ``erased``: the audio is gone since then. ``remark`` is a msgid, when something is odd with it
    (mended after a crash), else empty.
    """

    id: str
    call: str
    channel: str
    agent: str
    campus: str
    queue: str
    started: datetime
    seconds: float
    stretches: tuple[Stretch, ...]
    size: int
    sha256: str
    klass: str
    until: datetime
    held: bool = False
    erased: datetime | None = None
    remark: str = ""
    format: Format = Format.WAV


@frozen(kw_only=True)
class Line:
    """A recording in a list, with what its call is known by; empty when nobody knows the call."""

    recording: Recording
    direction: Direction | None
    number: str
    disposition: str
    note: str
    marks: int = 0


@frozen(kw_only=True)
class Criteria:
    """What is looked for; empty fields do not matter.

    ``tail``: the last digits of the other side's number. ``since`` and ``until`` bound the begin.
    ``longer_s``, ``shorter_s``: at least and at most so many seconds. ``text`` is looked for in the
    call's note and in marks. ``agents`` and ``campuses``: whose talks may be heard at all, None for
    everybody's; a talk of no agent counts by its campus. Erased ones are left out unless
    ``erased``.
    """

    call: str = ""
    tail: str = ""
    agent: str = ""
    queue: str = ""
    campus: str = ""
    klass: str = ""
    direction: Direction | None = None
    disposition: str = ""
    text: str = ""
    patient: int = 0
    since: datetime | None = None
    until: datetime | None = None
    longer_s: int = 0
    shorter_s: int = 0
    held: bool | None = None
    marked: bool = False
    erased: bool = False
    agents: tuple[str, ...] | None = None
    campuses: tuple[str, ...] = ()


@frozen
class Found:
    """A page of at most 50, the newest first, and whether there are more."""

    lines: tuple[Line, ...]
    more: bool = False


@frozen
class Opened:
    """A file for players of ``size`` bytes; ``read(first, last)`` gives those, both included."""

    size: int
    read: Callable[[int, int], AsyncIterator[bytes]] = field(repr=False)


@frozen
class TalkState:
    """Whether an agent's talk is recorded now, or why not (a msgid)."""

    recorded: bool
    paused: bool = False
    why: str = ""


@frozen(kw_only=True)
class Mark:
    """A remark at a place in the audio."""

    id: int
    recording: str
    at_ms: int
    text: str
    by: str
    made: datetime


@frozen(kw_only=True)
class Hold:
    """Why a recording must not be erased, and since when; ``released`` ends it."""

    recording: str
    why: str
    by: str
    at: datetime
    released: datetime | None = None
    released_by: str = ""
