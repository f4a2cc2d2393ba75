"""What comes from a message center, in words that are the same for every protocol."""

from __future__ import annotations

from enum import Enum

from attrs import field, frozen

from careline_sms.gateways.parts import Alphabet
from careline_sms.gateways.udh import Place


class Broken(Exception):
    """What came cannot be told apart into messages any more: the connection must end."""


class Verdict(Enum):
    """What the center says to a piece that was submitted."""

    TAKEN = "taken"
    BUSY = "busy"
    """Not now: too many, its queue is full, or it is in trouble."""
    REFUSED = "refused"
    """Never, for this number; by a fault of a setting it may be all numbers."""
    NOT_HERE = "not_here"
    """Never here; another gateway may take it."""


@frozen(kw_only=True)
class Piece:
    """One piece of a text to be submitted, or all of it: then ``place`` is None.

    ``ours`` is our id of the message.
    """

    to: str
    alphabet: Alphabet
    text: str = field(repr=False)
    place: Place | None = None
    ours: int = 0

    @property
    def data(self) -> bytes:
        """Header and text as bytes."""
        header = self.place.header if self.place else b""
        return header + self.alphabet.encode(self.text)


@frozen
class Message:
    """Anything that came; ``sequence`` is the number under which it is answered, or answers."""

    sequence: int


@frozen
class LoggedIn(Message):
    """The answer to the log-in; ``code`` is empty when it succeeded."""

    code: str = ""
    text: str = ""


@frozen
class Submitted(Message):
    """The answer to a piece; ``reference`` is the center's id of it."""

    verdict: Verdict
    reference: str = ""
    code: str = ""
    text: str = ""


@frozen
class Report(Message):
    """What became of a piece: ``delivered`` is None as long as that is open.

    ``id`` is of the report itself, ``reference`` of the piece; ``command`` is the protocol's word.
    """

    number: str = field(repr=False)
    reference: str
    delivered: bool | None
    code: str
    id: str = ""
    command: int = 0


@frozen
class Incoming(Message):
    """A text that a phone sent to ``to``, or a piece of it."""

    number: str = field(repr=False)
    to: str
    text: str = field(repr=False)
    place: Place | None = None
    id: str = ""
    command: int = 0


@frozen
class Ping(Message):
    """Asks whether the other side is there."""


@frozen
class Pong(Message):
    """Yes."""


@frozen
class Bye(Message):
    """The center ends the session."""


@frozen
class ByeAnswered(Message):
    """The center has heard that we end it."""


@frozen
class Nack(Message):
    """The center did not understand what went under this sequence number."""

    code: str
    verdict: Verdict = Verdict.NOT_HERE


@frozen
class Strange(Message):
    """Something that we do not know, or a report or text of which nothing can be read."""

    command: int
