"""What a phone does with calls that come in."""

from __future__ import annotations

from attrs import frozen


@frozen
class Answer:
    """Pick up an incoming call after ``after`` seconds of ringing."""

    after: float = 0.0


@frozen
class Ring:
    """Ring until the script answers or the caller gives up."""


@frozen
class Refuse:
    """Refuse every call: 486 busy, 603 declined, 480 away.

    302 sends the caller on to ``contact``, a SIP address.
    """

    status: int = 486
    contact: str = ""
