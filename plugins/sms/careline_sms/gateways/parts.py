"""Texts as the pieces in which they go through the air: at most 140 bytes each, header included.

A piece never ends within a character, even one of two UTF-16 units or an escaped GSM one.
"""

from __future__ import annotations

from enum import Enum

from attrs import frozen

from careline_sms.gateways import gsm7

MOST_PARTS = 20
"""No text of ours is longer; gateways take 255 pieces at most, and many fewer."""


class Alphabet(Enum):
    """How characters become bytes."""

    GSM7 = "gsm7"
    ASCII = "ascii"
    LATIN1 = "latin1"
    UCS2 = "ucs2"
    GBK = "gbk"

    def fits(self, text: str) -> bool:
        """True when it has every character of ``text``."""
        if self is Alphabet.GSM7:
            return gsm7.fits(text)
        try:
            text.encode(_CODECS[self])
        except UnicodeEncodeError:
            return False
        return True

    def encode(self, text: str) -> bytes:
        """Text as bytes; what it has not becomes a question mark."""
        if self is Alphabet.GSM7:
            return gsm7.encode(text)
        return text.encode(_CODECS[self], "replace")

    def decode(self, data: bytes) -> str:
        """Bytes as text, whatever they are: half characters become the mark of one (U+FFFD)."""
        if self is Alphabet.GSM7:
            return gsm7.decode(data)
        codec = "gb18030" if self is Alphabet.GBK else _CODECS[self]
        return data.decode(codec, "replace")


_CODECS = {
    Alphabet.ASCII: "ascii",
    Alphabet.LATIN1: "latin-1",
    Alphabet.UCS2: "utf-16-be",
    Alphabet.GBK: "gbk",
}
_ROOM = {Alphabet.GSM7: (160, 153), Alphabet.ASCII: (160, 153)}
"""Bytes of a text in one piece, and of each piece of several; 7-bit alphabets are packed later."""
_ROOM_OF_OTHERS = (140, 134)


@frozen
class Parts:
    """A text cut into pieces, of which the alphabet has every character."""

    alphabet: Alphabet
    pieces: tuple[str, ...]

    @property
    def count(self) -> int:
        """Pieces that are sent, and paid for."""
        return len(self.pieces)


def alphabet_of(text: str, usual: Alphabet = Alphabet.GSM7) -> Alphabet:
    """The ``usual`` alphabet when it has every character of the text, else UCS-2."""
    return usual if usual.fits(text) else Alphabet.UCS2


def split(text: str, alphabet: Alphabet | None = None) -> Parts:
    """Cut a text as gateways send it, in ``alphabet`` or the one that needs the fewest pieces."""
    chosen = alphabet or alphabet_of(text)
    alone, beside = _ROOM.get(chosen, _ROOM_OF_OTHERS)
    if len(chosen.encode(text)) <= alone:
        return Parts(chosen, (text,))
    return Parts(chosen, tuple(_cut(text, chosen, beside)))


def _cut(text: str, alphabet: Alphabet, room: int) -> list[str]:
    pieces: list[str] = []
    piece: list[str] = []
    left = room
    for char in text:
        size = len(alphabet.encode(char))
        if size > left:
            pieces.append("".join(piece))
            piece, left = [], room
        piece.append(char)
        left -= size
    pieces.append("".join(piece))
    return pieces
