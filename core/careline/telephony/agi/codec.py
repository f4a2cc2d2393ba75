"""FastAGI bytes to replies and commands to bytes, without I/O.

The server is us; Asterisk connects, sends the call's environment, then answers one line (or more
for a usage error) to each command, and says HANGUP when the caller leaves.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from attrs import field, frozen

from careline.errors import Invalid, Refused
from careline.telephony.text import text

MAX_COMMAND = 8191
"""Bytes of one command with its line end; Asterisk 22 cuts a longer one in two commands."""
MAX_WORDS = 127
"""Words of one command; Asterisk drops the rest."""
MAX_BUFFER = 64 * 1024
"""Bytes of one reply or of the environment."""

_BREAKS = re.compile(r"[\r\n\0\ud800-\udfff]")
_BARE = re.compile(r"[A-Za-z0-9_.:/@+=#*-]+")
_REPLY = re.compile(
    r"(?P<code>\d{3}) result=(?P<result>\S*)(?: \((?P<value>.*)\))?(?: endpos=(?P<at>-?\d+))?\s*",
    re.DOTALL,
)
_OPEN_VALUE = re.compile(rb"200 result=\S* \((?!.*\)(?: endpos=-?\d+)?$)", re.DOTALL)


@frozen
class Environment:
    """What Asterisk says of the call first: ``agi_channel`` and so on, keys without ``agi_``."""

    values: dict[str, str] = field(repr=False)


@frozen
class Reply:
    """One answer: ``200 result=<result> (<value>) endpos=<endpos>``.

    ``value`` is None without parentheses. For other codes than 200 ``value`` is the whole text.
    """

    code: int
    result: str = ""
    value: str | None = field(default=None, repr=False)
    endpos: int | None = None


@frozen
class Hangup:
    """The caller has gone."""


Received = Environment | Reply | Hangup


class Decoder:
    """Cuts what Asterisk sends into the environment (once), replies and hang-ups."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._environment: dict[str, str] | None = {}
        self._lines: list[bytes] = []

    def feed(self, data: bytes) -> list[Received]:
        """What ``data`` completed. Invalid when this is not AGI or longer than the bounds."""
        self._buffer += data
        found: list[Received] = []
        *lines, rest = bytes(self._buffer).split(b"\n")
        self._buffer[:] = rest
        for line in lines:
            self._line(line.rstrip(b"\r"), found)
        held = len(rest) + sum(map(len, self._lines)) + _size(self._environment)
        if held > MAX_BUFFER:
            raise Invalid("agi.too_long", "Asterisk sent more than {most} bytes", most=MAX_BUFFER)
        return found

    def _line(self, line: bytes, found: list[Received]) -> None:
        if self._environment is not None:
            self._describe(self._environment, line, found)
        elif self._lines:
            self._go_on(line, found)
        elif line == b"HANGUP":
            found.append(Hangup())
        elif line.startswith(b"520-") or _OPEN_VALUE.match(line):
            self._lines = [line]
        elif line and not line.startswith(b"100 "):
            found.append(_reply(line))

    def _describe(self, values: dict[str, str], line: bytes, found: list[Received]) -> None:
        if not line:
            self._environment = None
            found.append(Environment(dict(values)))
            return
        key, colon, value = text(line).partition(":")
        if not colon or not key.startswith("agi_"):
            raise Invalid("agi.not_agi", "this is not an AGI request")
        values[key.removeprefix("agi_")] = value.removeprefix(" ")

    def _go_on(self, line: bytes, found: list[Received]) -> None:
        """A usage text ends with its code; a value that holds line ends, with its parenthesis."""
        self._lines.append(line)
        usage = self._lines[0].startswith(b"520-")
        whole = b"\n".join(self._lines)
        if line.startswith(b"520 ") if usage else not _OPEN_VALUE.match(whole):
            self._lines = []
            found.append(_reply(whole))


def _size(values: dict[str, str] | None) -> int:
    return sum(len(key) + len(value) for key, value in (values or {}).items())


def _reply(line: bytes) -> Reply:
    said = text(line)
    match = _REPLY.fullmatch(said)
    if match is None:
        code = said[:3]
        return Reply(int(code) if code.isascii() and code.isdigit() else 0, value=said)
    at = match["at"]
    return Reply(
        int(match["code"]), match["result"], match["value"], None if at is None else int(at)
    )


def encode(words: Sequence[str]) -> bytes:
    """One command line; each word arrives as it is, whatever quotes or spaces it holds.

    Refused("agi.injection") for CR, LF and NUL, which no quoting can carry; Invalid for a line or a
    number of words that Asterisk would cut.
    """
    if any(_BREAKS.search(word) for word in words):
        raise Refused("agi.injection", "an AGI argument may not hold a line end")
    line = " ".join(map(_quoted, words)).encode() + b"\n"
    if len(line) > MAX_COMMAND or len(words) > MAX_WORDS:
        raise Invalid(
            "agi.command_too_long",
            "an AGI command may have {most} bytes and {most_words} words, this one has {bytes} "
            "and {words}",
            most=MAX_COMMAND,
            most_words=MAX_WORDS,
            bytes=len(line),
            words=len(words),
        )
    return line


def _quoted(word: str) -> str:
    if _BARE.fullmatch(word):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
