"""Ids of pieces in one form, though centers answer ``0A3F`` and report ``a3f``, or even ``2623``.

Case and leading zeros never count. Where receipts are in another base than answers (common since
SMPP 3.3 gave ids in hex and receipts in decimal), the number shows which piece is meant.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

KEPT = 20_000
"""Pieces whose number is remembered."""
KEPT_EARLY = 100
"""Receipts that came before the answer, and whose piece is looked for."""
SAME, DECIMAL, HEX = "same", "decimal", "hex"
"""What receipts hold: the answer's id, or that as a decimal or a hexadecimal number."""

Way = Callable[[str], str]


def plain(reference: str) -> str:
    """Without what centers change between answer and receipt."""
    text = reference.strip().lower()
    return text.lstrip("0") or text[:1]


def _from_decimal(reference: str) -> str:
    return f"{int(reference):x}" if reference.isascii() and reference.isdigit() else ""


def _from_hex(reference: str) -> str:
    try:
        return str(int(reference, 16)) if reference.isalnum() else ""
    except ValueError:
        return ""


WAYS: dict[str, Way] = {SAME: plain, DECIMAL: _from_decimal, HEX: _from_hex}


class Ids:
    """Remembers which piece went to which number; ``way`` is how receipts are written.

    With no way given it is learned from the first receipts that fit in one way only.
    """

    def __init__(self, way: str = "") -> None:
        self._fixed = self._sure = bool(way)
        self._way = way or SAME
        self._sent: OrderedDict[str, str] = OrderedDict()
        self._early: OrderedDict[str, str] = OrderedDict()

    @property
    def way(self) -> str:
        """How receipts are written, as far as is known."""
        return self._way

    def sent(self, reference: str, number: str) -> str:
        """A piece was taken under ``reference``: its id as we keep it."""
        kept = plain(reference)
        if kept:
            self._sent[kept] = _tail(number)
            self._sent.move_to_end(kept)
            if len(self._sent) > KEPT:
                self._sent.popitem(last=False)
        if not self._sure:
            for early, tail in list(self._early.items()):
                self._learn(self._fitting(early, tail))
        return kept

    def knows(self, reference: str, number: str) -> bool:
        """True when it is clear which piece a receipt means; else waiting a little may help."""
        return self._sure or bool(self._fitting(plain(reference), _tail(number)))

    def reported(self, reference: str, number: str) -> str:
        """The id of the piece that a receipt speaks of, as we keep it."""
        short, tail = plain(reference), _tail(number)
        if self._fixed:
            return WAYS[self._way](short) or short
        fitting = self._fitting(short, tail)
        self._learn(fitting)
        if not fitting and not self._sure:
            self._early[short] = tail
            if len(self._early) > KEPT_EARLY:
                self._early.popitem(last=False)
        way = fitting[0] if fitting and self._way not in fitting else self._way
        return WAYS[way](short) or short

    def _learn(self, fitting: list[str]) -> None:
        if len(fitting) == 1 and not self._sure:
            self._way, self._sure = fitting[0], True
            self._early.clear()

    def _fitting(self, short: str, tail: str) -> list[str]:
        return [
            way for way, read in WAYS.items() if tail and self._sent.get(read(short) or "-") == tail
        ]


def _tail(number: str) -> str:
    return "".join(char for char in number if char.isdigit())[-8:]
