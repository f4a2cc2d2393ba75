"""Talks as Ogg Opus (RFC 6716, RFC 7845), a tenth of their size; needs ``careline[opus]`` (PyAV).

The codec keeps each side for itself: what one says is not to be heard where the other is silent.
Positions in the file are counted at 48 kHz, as RFC 7845 has it for every rate of the samples.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from careline.errors import Unavailable
from careline_recording.crypt import PIECE
from careline_recording.model import FRAME, RATE

#: Bits a second of both sides at most, for speech; where one side is silent it is about half.
BITS = 32_000
#: From 0 to 10; more than 5 costs time and is not heard at this rate.
EFFORT = 5
OPTIONS = {
    "b": str(BITS),
    "application": "voip",
    "vbr": "on",
    "compression_level": str(EFFORT),
    "frame_duration": "20",
}


def is_there() -> bool:
    """Whether the library is installed, with an encoder for Opus in it."""
    try:
        import av

        av.Codec("libopus", "w")
    except (ImportError, ValueError):  # it says ValueError for a codec that it does not know
        return False
    return True


def encoded(samples: Iterable[bytes]) -> Iterator[bytes]:
    """Stereo samples as a file, in pieces of 64 kB; whole moments must come at a time.

    Only what is not yet given is in memory. Unavailable when the encoder fails.
    """
    import av

    out = _Out()
    try:
        with av.open(out, "w", format="ogg") as file:
            stream = file.add_stream("libopus", rate=RATE, layout="stereo", options=OPTIONS)
            for some in samples:
                frame = av.AudioFrame(format="s16", layout="stereo", samples=len(some) // FRAME)
                frame.sample_rate = RATE
                frame.planes[0].update(some)
                file.mux(stream.encode(frame))
                yield from out.whole()
            file.mux(stream.encode(None))
    except av.FFmpegError as error:
        raise Unavailable(
            "recording.encoder", "audio cannot be encoded ({reason})", reason=error.strerror
        ) from error
    yield from out.rest()


class _Out:
    """Where the library writes: nothing is ever read or written twice, as in a pipe."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def write(self, data: bytes) -> int:
        self._kept += data
        return len(data)

    def whole(self) -> Iterator[bytes]:
        while len(self._kept) >= PIECE:
            yield bytes(self._kept[:PIECE])
            del self._kept[:PIECE]

    def rest(self) -> Iterator[bytes]:
        yield from self.whole()
        if self._kept:
            yield bytes(self._kept)
