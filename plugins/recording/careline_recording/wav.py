"""The head of a WAV file; source: Microsoft's RIFF specification, format 1 (PCM)."""

from __future__ import annotations

import struct

from careline_recording.model import FRAME, RATE

HEAD = 44
CHANNELS = 2
BITS = 16


def head(size: int) -> bytes:
    """The 44 bytes before ``size`` bytes of audio."""
    form = struct.pack("<IHHIIHH", 16, 1, CHANNELS, RATE, RATE * FRAME, FRAME, BITS)
    return (
        b"RIFF"
        + struct.pack("<I", size + HEAD - 8)
        + b"WAVEfmt "
        + form
        + b"data"
        + struct.pack("<I", size)
    )
