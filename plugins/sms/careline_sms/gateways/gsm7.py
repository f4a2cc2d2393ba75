"""The default alphabet of GSM (3GPP TS 23.038, 6.2.1), one septet to a byte as SMSCs take it."""

from __future__ import annotations

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
ESCAPE = 0x1B
ESCAPED = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}

_CODES = {char: bytes([code]) for code, char in enumerate(BASIC) if code != ESCAPE}
_CODES |= {char: bytes([ESCAPE, code]) for code, char in ESCAPED.items()}


def fits(text: str) -> bool:
    """True when every character is in the alphabet."""
    return all(char in _CODES for char in text)


def encode(text: str) -> bytes:
    """Text as septets; what the alphabet has not becomes a question mark."""
    return b"".join(_CODES.get(char, b"?") for char in text)


def decode(data: bytes) -> str:
    """Septets as text; an unknown escape is the character itself, a lone one at the end nothing."""
    found = []
    codes = iter(data)
    for code in codes:
        if code == ESCAPE:
            escaped = next(codes, None)
            if escaped is not None:
                found.append(ESCAPED.get(escaped, BASIC[escaped & 0x7F]))
        else:
            found.append(BASIC[code & 0x7F])
    return "".join(found)
