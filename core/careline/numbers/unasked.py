"""Numbers that a program may ring without a person who wants it."""

from __future__ import annotations

from careline.numbers.phone import SERVICE


def may_ring_unasked(number: str) -> bool:
    """True for telephones of people and firms, as they are stored.

    Never police, ambulance or other short numbers: callers' numbers are easily forged, and a call
    that is returned by itself would ring there.
    """
    return number.startswith("+") or SERVICE.fullmatch(number) is not None
