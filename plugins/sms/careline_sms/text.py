"""Texts made fit to be sent: odd signs removed, the hospital's signature in front."""

from __future__ import annotations

import unicodedata

OPEN, CLOSE = "【", "】"
#: Brackets in texts would look like somebody's signature; these look alike and are none.
HARMLESS = str.maketrans({OPEN: "〔", CLOSE: "〕"})
JOINER = "\u200d"
"""Joins emoji; the only invisible sign that is left."""


def clean(text: str) -> str:
    """What may be sent of a text: no control signs but line ends, no half characters.

    Signs that turn the direction of reading are removed too: they make a text look like another.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(sign for sign in text if _sent(sign)).strip()


def clean_value(value: str, longest: int = 100) -> str:
    """A value to be put into a text: one line, without what could pass for a signature."""
    line = " ".join(clean(value).split())
    return line.translate(HARMLESS)[:longest]


def signed(body: str, signature: str) -> str:
    """The text as it is sent, ``【市第一医院】…``; without a signature as it is."""
    return f"{OPEN}{signature}{CLOSE}{body}" if signature else body


def _sent(sign: str) -> bool:
    if sign in ("\n", JOINER):
        return True
    return unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
