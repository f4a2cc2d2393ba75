"""G.711 u-law tables of our own: the standard library's audioop is gone since Python 3.13."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from functools import cache

BIAS = 0x84
CLIP = 32_635
SILENCE = b"\xff"


def encode_sample(sample: int) -> int:
    """One linear 16-bit sample as a u-law octet (G.711)."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), CLIP) + BIAS
    exponent = max(magnitude.bit_length() - 8, 0)
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return ~(sign | exponent << 4 | mantissa) & 0xFF


def decode_sample(octet: int) -> int:
    """One u-law octet as a linear 16-bit sample."""
    octet = ~octet & 0xFF
    exponent, mantissa = (octet >> 4) & 7, octet & 0x0F
    magnitude = (((mantissa << 3) + BIAS) << exponent) - BIAS
    return -magnitude if octet & 0x80 else magnitude


DECODED = tuple(decode_sample(octet) for octet in range(256))


@cache
def _encoded() -> bytes:
    # u-law looks at the upper 14 bits only: a table of 16,384 octets.
    return bytes(encode_sample(sample << 2) for sample in range(-8192, 8192))


def encode(samples: Iterable[int]) -> bytes:
    """Linear 16-bit samples as u-law."""
    table = _encoded()
    return bytes(table[(sample >> 2) + 8192] for sample in samples)


def decode(octets: bytes) -> array[int]:
    """U-law as linear 16-bit samples."""
    return array("h", [DECODED[octet] for octet in octets])
