"""What a phone says: a tone, a recording or nothing, cut into 20 ms of u-law."""

from __future__ import annotations

import math
import wave
from array import array
from functools import cache
from pathlib import Path
from typing import Protocol

from attrs import field, frozen

from careline.demo.phone.ulaw import SILENCE, encode

RATE = 8000
FRAME = 160
QUIET = SILENCE * FRAME


class Voice(Protocol):
    """Gives the frames of a stream by number."""

    def frame(self, number: int) -> bytes:
        """The 160 octets of u-law to send as frame ``number`` (0, 1, 2 ...)."""
        ...


@frozen
class Silence:
    """Says nothing, 50 times a second."""

    def frame(self, number: int) -> bytes:
        """A frame of silence."""
        return QUIET


@frozen
class Tone:
    """A steady sine of ``frequency`` Hz (a whole number) that others can tell by ear.

    ``level`` is the amplitude out of 32,767.
    """

    frequency: int
    level: int = 8000

    def frame(self, number: int) -> bytes:
        """The frame; the wave joins without a click because it repeats every second."""
        start = number % 50 * FRAME
        return _second_of(self.frequency, self.level)[start : start + FRAME]


@cache
def _second_of(frequency: int, level: int) -> bytes:
    step = 2 * math.pi * frequency / RATE
    return encode(int(level * math.sin(step * n)) for n in range(RATE))


@frozen
class Wav:
    """A recording (wav, 8 kHz, mono, 16 bit), once or again and again."""

    path: Path
    loop: bool = True
    _octets: bytes = field(init=False, repr=False)

    @_octets.default
    def _read(self) -> bytes:
        with wave.open(str(self.path), "rb") as file:
            shape = file.getframerate(), file.getnchannels(), file.getsampwidth()
            if shape != (RATE, 1, 2):
                raise ValueError(f"{self.path}: need 8 kHz, mono, 16 bit, have {shape}")
            samples = array("h", file.readframes(file.getnframes()))
        octets = encode(samples)
        return octets + SILENCE * (-len(octets) % FRAME)

    def frame(self, number: int) -> bytes:
        """The frame; silence after the end when it does not loop."""
        frames = len(self._octets) // FRAME
        if not frames or (number >= frames and not self.loop):
            return QUIET
        start = number % frames * FRAME
        return self._octets[start : start + FRAME]
