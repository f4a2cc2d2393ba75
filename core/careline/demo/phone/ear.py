"""What a phone hears: counts, loudness per stretch, and which tones are in it."""

from __future__ import annotations

import math
from array import array
from collections import deque
from collections.abc import Iterator
from functools import lru_cache

from careline.clock import Clock
from careline.demo.phone.ulaw import decode

RATE = 8000
WINDOW = 800
KEPT_SECONDS = 600


class Ear:
    """Keeps the last ten minutes of what arrived, with its times.

    ``packets`` counts all of it. ``silence_rms`` is the loudness (of 32,767) below which nothing
    counts as heard.
    """

    silence_rms = 50.0

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._frames: deque[tuple[float, bytes]] = deque(maxlen=KEPT_SECONDS * 50)
        self.packets = 0

    def take(self, payload: bytes) -> None:
        """Take one packet's u-law payload."""
        self.packets += 1
        self._frames.append((self._clock.seconds(), payload))

    def samples(self, last: float | None = None) -> array[int]:
        """Linear samples that arrived in the ``last`` seconds (all that is kept when None)."""
        since = -math.inf if last is None else self._clock.seconds() - last
        return decode(b"".join(payload for at, payload in self._frames if at > since))

    def loud(self, since: float, rms: float | None = None) -> list[float]:
        """When packets arrived, from monotonic time ``since`` on, that were at least ``rms`` loud.

        Their gaps are the silences, whether silence was sent or nothing at all.
        """
        least = self.silence_rms if rms is None else rms
        floor = least * least
        return [at for at, payload in self._frames if at >= since and _loudness(payload) >= floor]

    def rms(self, last: float | None = None) -> float:
        """Loudness (root mean square, 0 to 32,767) of the ``last`` seconds; 0 for no packets."""
        samples = self.samples(last)
        return math.sqrt(energy(samples) / len(samples)) if samples else 0.0

    def stretches(self, seconds: float = 1.0) -> list[float]:
        """Loudness of each stretch of ``seconds`` of audio, from the first to the last."""
        samples, size = self.samples(), int(seconds * RATE)
        parts = [samples[at : at + size] for at in range(0, len(samples), size)]
        return [math.sqrt(energy(part) / len(part)) for part in parts]

    def share(self, frequency: float, last: float = 0.4) -> float:
        """Which part (0 to 1) of the energy of the ``last`` seconds lies at ``frequency`` Hz."""
        samples = self.samples(last)
        total = energy(samples)
        if not samples or math.sqrt(total / len(samples)) < self.silence_rms:
            return 0.0
        found = sum(goertzel(part, frequency) * len(part) / 2 for part in windows(samples))
        return min(1.0, found / total)

    def hears(self, frequency: float, last: float = 0.4, share: float = 0.1) -> bool:
        """True when at least ``share`` of the ``last`` seconds' energy lies at ``frequency`` Hz.

        Enough to tell who hears whom when every phone speaks with a tone of its own: each of three
        equally loud tones in a conference has a third.
        """
        return self.share(frequency, last) >= share


@lru_cache(maxsize=4096)
def _loudness(payload: bytes) -> float:
    """Mean square of a packet; silence and steady tones come again and again."""
    samples = decode(payload)
    return energy(samples) / len(samples) if samples else 0.0


def energy(samples: array[int]) -> float:
    """Sum of the squares."""
    return float(sum(sample * sample for sample in samples))


def windows(samples: array[int]) -> Iterator[array[int]]:
    """Pieces of 0.1 s: a packet lost in one does not spoil the tone in the others."""
    for start in range(0, len(samples), WINDOW):
        piece = samples[start : start + WINDOW]
        if len(piece) >= WINDOW // 2:
            yield piece


def goertzel(samples: array[int], frequency: float) -> float:
    """Square of the amplitude of ``frequency`` Hz in ``samples`` (at 8 kHz)."""
    turn = 2 * math.pi * frequency / RATE
    factor = 2 * math.cos(turn)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + factor * last - before
    power = before * before + last * last - factor * before * last
    return 4 * power / len(samples) ** 2
