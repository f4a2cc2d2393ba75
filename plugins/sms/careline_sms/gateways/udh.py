"""The header of a piece (3GPP TS 23.040, 9.2.3.24): which text it belongs to, and where."""

from __future__ import annotations

from attrs import frozen

CONCAT_8, CONCAT_16 = 0x00, 0x08


@frozen
class Place:
    """Piece ``number`` (from 1) of ``total``; pieces of one text share the reference."""

    reference: int
    total: int
    number: int

    @property
    def header(self) -> bytes:
        """As the user data header of a piece, with a reference of 8 bits."""
        return bytes([5, CONCAT_8, 3, self.reference & 0xFF, self.total, self.number])


def place_of(reference: int, total: int, number: int) -> Place | None:
    """A place that makes sense, else None: then the piece is a text of its own."""
    return Place(reference, total, number) if total > 1 and 1 <= number <= total else None


def strip(data: bytes) -> tuple[Place | None, bytes]:
    """A user data header taken off: the place that it states, if any, and the text's bytes.

    A header longer than the data is none: everything is text.
    """
    if not data or data[0] + 1 > len(data):
        return None, data
    header, rest = data[1 : data[0] + 1], data[data[0] + 1 :]
    at = 0
    while at + 2 <= len(header):
        kind, size = header[at], header[at + 1]
        value = header[at + 2 : at + 2 + size]
        if kind == CONCAT_8 and len(value) == 3:
            return place_of(value[0], value[1], value[2]), rest
        if kind == CONCAT_16 and len(value) == 4:
            return place_of(int.from_bytes(value[:2], "big"), value[2], value[3]), rest
        at += 2 + size
    return None, rest
