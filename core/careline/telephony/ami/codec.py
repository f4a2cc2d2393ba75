"""AMI bytes to messages and actions to bytes, without I/O.

Asterisk sends 86-90 events for one recorded queue call, of which careline reads a third. So the
decoder looks at an event's name only, and at nothing else of an event that nobody wants.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from careline.errors import Invalid, Refused
from careline.telephony.ami.message import END_COMMAND, EVENT, FOLLOWS, Message

__all__ = ["MAX_LINE", "MAX_LINES", "MAX_MESSAGE", "Decoder", "Message", "encode"]

LINE_END = b"\r\n"
END = b"\r\n\r\n"
COMMAND_END = END_COMMAND + END
GREETING = b"Asterisk Call Manager/"

MAX_LINE = 1024
"""Bytes of one action line with its CRLF; Asterisk discards an action with a longer one."""
MAX_LINES = 128
"""Lines of one action; Asterisk discards an action with more."""
MAX_MESSAGE = 4 * 1024 * 1024
"""Bytes kept of one received message; the output of a CLI command can be long."""

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_BREAKS = re.compile(r"[\r\n\0\ud800-\udfff]")


def _everything(_name: bytes) -> bool:
    return True


class Decoder:
    """Cuts what Asterisk sends into messages; ``wanted`` says by its name if an event is kept.

    Responses are always kept. ``wanted`` may be replaced between two feeds. ``seen`` counts
    messages, kept or not. A message longer than ``limit`` bytes loses its end and is marked
    ``truncated``; lines have no limit of their own. ``limit`` must not be below 64.
    """

    def __init__(
        self, wanted: Callable[[bytes], bool] | None = None, *, limit: int = MAX_MESSAGE
    ) -> None:
        self.wanted: Callable[[bytes], bool] = wanted or _everything
        self.limit = limit
        self.seen = 0
        self._tail = bytearray()
        self._end = LINE_END  # the greeting is the one message that has no blank line
        self._plain = False  # True: the next message begins at the next byte and ends with END
        self._skipping = False  # True: the next bytes are the lost end of a truncated message

    def feed(self, data: bytes) -> list[Message]:
        """Messages completed by ``data``, in order. Any cut of the stream gives the same ones."""
        found: list[Message] = []
        if self._tail:
            unsearched = max(0, len(self._tail) - len(self._end) + 1)
            self._tail += data
            if self._tail.find(self._end, unsearched) < 0:
                self._bound(found)
                return found
            data = bytes(self._tail)
            self._tail.clear()
        self._scan(data, found)
        return found

    def _scan(self, data: bytes, found: list[Message]) -> None:
        """Cut all complete messages out of ``data`` and keep the rest for the next time."""
        find, starts, wanted, limit = data.find, data.startswith, self.wanted, self.limit
        start = 0
        while (end := find(self._end, start)) >= 0:
            if self._plain and starts(EVENT, start) and end - start <= limit:
                self.seen += 1
                if wanted(data[start + 7 : find(b"\r", start)]):
                    found.append(Message(data[start:end]))
                start = end + 4
            else:
                start = self._unusual(data, start, end, found)
        if start < len(data):
            self._tail += data[start:]
            self._bound(found)

    def _unusual(self, data: bytes, start: int, end: int, found: list[Message]) -> int:
        """Take anything but an ordinary event; returns where to go on."""
        after = end + len(self._end)
        if self._end is LINE_END:
            self._end, self._plain = END, not self._skipping
            if not data.startswith(GREETING, start):
                return start
        elif self._plain and data.startswith(LINE_END, start):
            return start + 2  # Asterisk ends some events with one blank line more
        elif self._end is END and data.startswith(FOLLOWS, start) and not self._skipping:
            if not data.endswith(END_COMMAND, start, end):  # raw output may hold blank lines
                self._end, self._plain = COMMAND_END, False
                return start
        elif self._end is COMMAND_END:
            end += len(END_COMMAND)
            self._end = END
        if not self._skipping:
            self._take(data[start : min(end, start + self.limit + 1)], found)
        self._skipping, self._plain = False, True
        return after

    def _take(self, raw: bytes, found: list[Message]) -> None:
        self.seen += 1
        if not raw.startswith(EVENT) or self.wanted(raw[7:].partition(b"\r")[0]):
            cut = len(raw) > self.limit
            found.append(Message(raw[: self.limit], truncated=cut))

    def _bound(self, found: list[Message]) -> None:
        """Keep the buffer bounded while the end of a message is not in sight."""
        while self._plain and self._tail.startswith(LINE_END):
            del self._tail[:2]
        if self._end is END and not self._skipping and self._tail.startswith(FOLLOWS):
            self._end, self._plain = COMMAND_END, False
        margin = len(self._end) - 1
        if len(self._tail) <= self.limit + margin and not self._skipping:
            return
        if not self._skipping:
            self._take(bytes(self._tail[: self.limit + 1]), found)
            self._skipping, self._plain = True, False
        del self._tail[: max(0, len(self._tail) - margin)]


def encode(action: str, fields: Iterable[tuple[str, str]], action_id: str) -> bytes:
    """Bytes of one action.

    Raises ``Refused("ami.injection")`` for CR, LF or NUL anywhere and for keys that are not names,
    ``Invalid`` for more lines or a longer line than Asterisk takes (it would drop the action).
    """
    lines = [_line(*pair) for pair in _pairs(action, fields, action_id)]
    if len(lines) > MAX_LINES:
        raise Invalid(
            "ami.too_many_lines",
            "an action may have {most} lines, this one has {lines}",
            most=MAX_LINES,
            lines=len(lines),
        )
    return b"".join(lines) + LINE_END


def _pairs(
    action: str, fields: Iterable[tuple[str, str]], action_id: str
) -> Iterator[tuple[str, str]]:
    yield "Action", action
    if action_id:
        yield "ActionID", action_id
    yield from fields


def _line(key: str, value: str) -> bytes:
    if not _KEY.fullmatch(key) or _BREAKS.search(value):
        raise Refused("ami.injection", "the field {key} would break out of its line", key=repr(key))
    line = f"{key}: {value}\r\n".encode()
    if len(line) > MAX_LINE:
        raise Invalid(
            "ami.line_too_long",
            "the field {key} has {bytes} bytes, Asterisk takes {most}",
            key=key,
            bytes=len(line),
            most=MAX_LINE,
        )
    return line
