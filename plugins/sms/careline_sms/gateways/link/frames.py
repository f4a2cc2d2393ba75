"""A stream of bytes as frames that begin with their own length in four bytes."""

from __future__ import annotations

from collections.abc import Iterator

from careline_sms.gateways.link.messages import Broken


class Frames:
    """Bytes in, frames out; a length that cannot be is Broken, and nothing after it is read."""

    def __init__(self, least: int, most: int) -> None:
        self._least, self._most = least, most
        self._data = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take bytes and give the frames that are complete."""
        self._data += data
        while len(self._data) >= 4:
            size = int.from_bytes(self._data[:4], "big")
            if not self._least <= size <= self._most:
                self._data.clear()
                raise Broken(f"a frame of {size} bytes")
            if len(self._data) < size:
                return
            frame = bytes(self._data[:size])
            del self._data[:size]
            yield frame
