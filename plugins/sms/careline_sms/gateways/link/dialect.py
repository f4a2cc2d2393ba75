"""A protocol as the session sees it: bytes to messages and back, and no waiting."""

from __future__ import annotations

from typing import Protocol

from careline_sms.gateways.link.messages import Message, Piece


class Dialect(Protocol):
    """Frames begin with their length in four bytes (SMPP, CMPP, SGIP, SMGP all do)."""

    header: int
    """Bytes of the shortest frame."""
    most: int
    """Bytes of the longest frame that is believed."""

    def login(self, sequence: int) -> bytes:
        """Who we are."""

    def ping(self, sequence: int) -> bytes:
        """Asks whether the other side is there."""

    def bye(self, sequence: int) -> bytes:
        """The end of the session."""

    def submit(self, sequence: int, piece: Piece) -> bytes:
        """A piece of a text."""

    def read(self, frame: bytes) -> Message:
        """What a frame says; never raises for what a center could send."""

    def answer(self, message: Message, taken: bool) -> bytes:
        """The answer to what came; empty where none is due. Not ``taken``: send it again."""
