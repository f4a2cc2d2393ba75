"""Raw audio of the switch made ready for listeners: caller left, agent right, silence where due."""

from __future__ import annotations

import array
import errno
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from careline_recording.crypt import PIECE
from careline_recording.intake.filling import BLOCK, Fill
from careline_recording.model import FRAME, PEAKS, RATE

#: Samples of a pair of the waveform that are looked at; more would not be seen.
LOOKED_AT = 800
SILENCE = bytes(FRAME)


class Audio:
    """One pass over a file: ``pieces()`` gives it, then ``peaks`` are known.

    ``size`` leaves out the part of a moment that a crash cut off; ``silences`` are in ms. Where the
    other side is not in the file, ``filled`` says where it is found.
    """

    def __init__(
        self,
        file: Path,
        size: int,
        silences: Sequence[tuple[int, int]] = (),
        filled: Fill | None = None,
    ) -> None:
        self.size = size // FRAME * FRAME
        self._file = file
        per_ms = RATE // 1000 * FRAME
        self._silent = [(first * per_ms, last * per_ms) for first, last in silences]
        self._filled = filled or {}
        self._waveform = _Waveform(self.size // FRAME)

    def pieces(self) -> Iterator[bytes]:
        """The audio in pieces of 64 kB; OSError when the file cannot be read."""
        with self._file.open("rb") as raw:
            for at in range(0, self.size, PIECE):
                wanted = min(PIECE, self.size - at)
                read = raw.read(wanted)
                if len(read) < wanted:
                    raise OSError(errno.EIO, "it is shorter than it was")
                yield self._piece(at, read)

    @property
    def peaks(self) -> bytes:
        """The waveform of what was given."""
        return self._waveform.pairs()

    def _piece(self, at: int, read: bytes) -> bytes:
        if self._filled:
            read = self._whole(at, read)
        if any(first < at + len(read) and last > at for first, last in self._silent):
            read = self._silenced(at, read)
        agent_first = array.array("h", read)
        turned = array.array("h", read)
        turned[0::2], turned[1::2] = agent_first[1::2], agent_first[0::2]
        given = turned.tobytes()
        if sys.byteorder == "big":
            turned.byteswap()
        self._waveform.add(turned[0::2], turned[1::2])
        return given

    def _whole(self, at: int, read: bytes) -> bytes:
        made = array.array("h", read)
        for number in range(at // BLOCK, -(-(at + len(read)) // BLOCK)):
            first = (number * BLOCK - at) // 2
            for path, place in self._filled.get(number, ()):
                voice = _voice(path, place)[: (len(made) - first) // 2]
                spoken = slice(first + 1, first + 2 * len(voice), 2)
                made[spoken] = array.array("h", map(_mixed, made[spoken], voice))
        return made.tobytes()

    def _silenced(self, at: int, read: bytes) -> bytes:
        made = bytearray(read)
        for first, last in self._silent:
            begin, end = max(first - at, 0), min(last - at, len(made))
            if begin < end:
                made[begin:end] = bytes(end - begin)
        return bytes(made)


class _Waveform:
    """The loudest of each side in equal parts of the whole."""

    def __init__(self, moments: int) -> None:
        self._part = max(1, -(-moments // PEAKS))
        self._step = max(1, self._part // LOOKED_AT)
        self._seen = 0
        self._found = bytearray(2 * -(-moments // self._part))

    def add(self, left: array.array[int], right: array.array[int]) -> None:
        """Look at the next samples of both sides."""
        start = 0
        while start < len(left):
            pair, within = divmod(self._seen, self._part)
            end = min(start + self._part - within, len(left))
            for side, samples in enumerate((left, right)):
                loud = _loudest(samples[start : end : self._step])
                self._found[2 * pair + side] = max(self._found[2 * pair + side], loud)
            self._seen += end - start
            start = end

    def pairs(self) -> bytes:
        """What was found."""
        return bytes(self._found)


def _voice(path: Path, place: int) -> array.array[int]:
    """What a channel's own party said in a part of its file."""
    with path.open("rb") as raw:
        raw.seek(place)
        read = raw.read(BLOCK)
    return array.array("h", read[: len(read) // FRAME * FRAME])[0::2]


def _mixed(one: int, other: int) -> int:
    return min(max(one + other, -32768), 32767)


def _loudest(samples: array.array[int]) -> int:
    return min(max(max(samples), -min(samples)) >> 7, 255)
