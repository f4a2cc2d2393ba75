"""MLLP framing (HL7 v2 "Minimal Lower Layer Protocol"): <VT> message <FS><CR>. No I/O."""

from __future__ import annotations

START = b"\x0b"
END = b"\x1c\r"
LIMIT = 1 << 20
"""Bytes that a message may have; no SIU or ADT comes near."""


class TooLong(Exception):
    """A frame beyond the limit; ``begin`` is how it began. The stream cannot be read on."""

    def __init__(self, begin: bytes) -> None:
        self.begin = begin
        super().__init__("frame too long")


def framed(message: bytes) -> bytes:
    """A message as it goes over the line."""
    return START + message + END


class Frames:
    """Cuts a stream into messages, however the bytes arrive; what is between frames is dropped."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._inside = False
        self._seen = 0  # bytes of the buffer in which no end was found

    @property
    def partial(self) -> bool:
        """True while a message has begun and not ended."""
        return self._inside

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes and give the messages that are complete; raises TooLong.

        Messages that were complete before one too long are lost with it: their senders get no
        acknowledgement and send them again.
        """
        self._buffer += data
        messages = []
        while (message := self._next()) is not None:
            messages.append(message)
        return messages

    def _next(self) -> bytes | None:
        if not self._inside:
            start = self._buffer.find(START)
            if start < 0:
                self._buffer.clear()
                return None
            del self._buffer[: start + 1]
            self._inside, self._seen = True, 0
        end = self._buffer.find(END, max(0, self._seen - 1))
        if end < 0:
            self._seen = len(self._buffer)
        if (end if end >= 0 else self._seen) > self._limit:
            raise TooLong(bytes(self._buffer[:4096]))
        if end < 0:
            return None
        message = bytes(self._buffer[:end])
        del self._buffer[: end + len(END)]
        self._inside = False
        return message
