"""What each format of a kept recording asks: how samples become it, and what players read first."""

from __future__ import annotations

from collections.abc import Iterable

from careline_recording import opus, wav
from careline_recording.model import Format, Recording


def kept_as(format: Format, samples: Iterable[bytes]) -> Iterable[bytes]:
    """What is stored of samples that come in pieces of 64 kB, in such pieces."""
    return opus.encoded(samples) if format is Format.OPUS else samples


def head(recording: Recording) -> bytes:
    """What comes before that, so that it is a file which players know."""
    return wav.head(recording.size) if recording.format is Format.WAV else b""
