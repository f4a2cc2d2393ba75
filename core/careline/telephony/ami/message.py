"""One AMI message: kept as the bytes it came in, read only as far as somebody asks."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Literal

from attrs import field, frozen

from careline.telephony.text import text

Kind = Literal["event", "response", "other"]

EVENT = b"Event: "
RESPONSE = b"Response: "
FOLLOWS = b"Response: Follows\r\n"
END_COMMAND = b"--END COMMAND--"


@frozen
class Message:
    """One event, response or other block of Asterisk, without its closing blank line.

    ``truncated`` says that it was longer than the decoder keeps and has lost its end.
    """

    raw: bytes = field(repr=lambda raw: repr(raw.partition(b"\r\n")[0]))  # the rest names people
    truncated: bool = field(default=False, kw_only=True)

    @classmethod
    def of(cls, headers: Iterable[tuple[str, str]]) -> Message:
        """A message with these headers, as Asterisk would have sent it (for fakes and tests)."""
        lines = (f"{key}: {value}" if key else value for key, value in headers)
        return cls("\r\n".join(lines).encode())

    @property
    def kind(self) -> Kind:
        """What the first line says; ``"other"`` is the greeting or a stray block."""
        if self.raw.startswith(EVENT):
            return "event"
        return "response" if self.raw.startswith(RESPONSE) else "other"

    @cached_property
    def name(self) -> str:
        """Value of the first line: the event's name or ``Success``, ``Error`` ...; else empty."""
        key, _, value = self.raw.partition(b"\r\n")[0].partition(b": ")
        return text(value) if key in (b"Event", b"Response") else ""

    @cached_property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """All (key, value) pairs in the order sent, repeats kept; a line without colon has no key.

        The raw output of an old ``Response: Follows`` is not among them, see :attr:`lines`.
        """
        return tuple(_pair(line) for line in _decoded(self._parts[0]))

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """Output of ``Action: Command``: the ``Output:`` headers, or the raw text before 14."""
        raw = self._parts[1]
        return tuple(_decoded(raw)) if raw else self.getall("Output")

    @cached_property
    def _first(self) -> dict[str, str]:
        return {key.lower(): value for key, value in reversed(self.headers)}

    @property
    def _parts(self) -> tuple[list[bytes], list[bytes]]:
        """Header lines and, in the form used before Asterisk 14, lines of raw output."""
        found = self.raw.split(b"\r\n")
        if not self.raw.startswith(FOLLOWS):
            return found, []
        at = next((n for n, line in enumerate(found) if not _is_follows_header(line)), len(found))
        output = b"\r\n".join(found[at:]).removesuffix(END_COMMAND).replace(b"\r\n", b"\n")
        return found[:at], output.rstrip(b"\n").split(b"\n")

    def get(self, key: str, default: str = "") -> str:
        """First value of ``key``, spelled so or (if there is none) in any case; else ``default``.

        Most readers want a few of an event's twenty headers, so it is searched for in the bytes.
        """
        mark = b"\r\n%b: " % key.encode()
        start = self.raw.find(mark)
        if start < 0 or self.raw.startswith(FOLLOWS):
            return self._first.get(key.lower(), default)
        start += len(mark)
        end = self.raw.find(b"\r\n", start)
        return text(self.raw[start:end] if end >= 0 else self.raw[start:])

    def getall(self, key: str) -> tuple[str, ...]:
        """All values of ``key`` (any case) in the order sent."""
        wanted = key.lower()
        return tuple(value for name, value in self.headers if name.lower() == wanted)

    @property
    def action_id(self) -> str:
        """The ActionID this belongs to, or empty."""
        return self.get("ActionID")


def _is_follows_header(line: bytes) -> bool:
    return line.startswith((RESPONSE, b"Privilege: ", b"ActionID: ", b"Message: "))


def _decoded(lines: list[bytes]) -> list[str]:
    """The lines as text: at once if all is UTF-8, else each by itself."""
    try:
        return b"\r\n".join(lines).decode().split("\r\n")
    except UnicodeDecodeError:
        return [text(line) for line in lines]


def _pair(line: str) -> tuple[str, str]:
    key, separator, value = line.partition(": ")
    if separator:
        return key, value
    return (line[:-1], "") if line.endswith(":") else ("", line)
