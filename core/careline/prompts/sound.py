"""What a sound file is like: length, loudness, peak, clipping, silence before the first word."""

from __future__ import annotations

import math
import wave
from array import array
from itertools import groupby
from pathlib import Path

from attrs import frozen

FULL = 32767
CLIPPED_RUN = 4
"""Samples in a row at full scale that make a click."""


@frozen
class Sound:
    """Measures of 16-bit mono sound; ``rms`` and ``peak`` in dB below full scale (0 is loudest)."""

    seconds: float
    rms: float
    peak: float
    clipped: float
    """Share of all samples that stand in clipped runs."""
    lead: float
    """Seconds before the first sample above -40 dB."""


def measure(path: Path) -> Sound:
    """Measure a 16-bit mono wav file."""
    with wave.open(str(path)) as file:
        rate = file.getframerate()
        samples = array("h", file.readframes(file.getnframes()))
    total = max(1, len(samples))
    loud = next((n for n, sample in enumerate(samples) if abs(sample) > FULL / 100), total)
    square = sum(sample * sample for sample in samples) / total
    return Sound(
        seconds=len(samples) / rate,
        rms=_decibel(math.sqrt(float(square))),
        peak=_decibel(max(map(abs, samples), default=0)),
        clipped=_clipped(samples) / total,
        lead=loud / rate,
    )


def seconds(path: Path) -> float:
    """Length only, from the header."""
    with wave.open(str(path)) as file:
        return float(file.getnframes() / file.getframerate())


def _clipped(samples: array[int]) -> int:
    top = max(map(abs, samples), default=0)
    if top < FULL * 0.98:
        return 0
    runs = (
        len(list(run)) for full, run in groupby(samples, key=lambda s: abs(s) >= top - 1) if full
    )
    return sum(length for length in runs if length >= CLIPPED_RUN)


def _decibel(value: float) -> float:
    return 20 * math.log10(value / FULL) if value else -math.inf
