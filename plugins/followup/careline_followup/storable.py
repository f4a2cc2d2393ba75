"""Texts that people and other systems hand in, as a database takes them."""

from __future__ import annotations

#: Control characters but for tab and line ends; PostgreSQL stores no NUL.
CONTROL = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127))


def storable(text: str, longest: int) -> str:
    """Without control characters and halves of characters, at most ``longest`` of them."""
    whole = text.translate(CONTROL).encode("utf-8", "ignore").decode("utf-8")
    return whole.strip()[:longest]
