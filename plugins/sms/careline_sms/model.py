"""Messages as values, and the states that they may go through; no I/O."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any

from attrs import field, frozen

from careline.hooks import Urgency

LONGEST_TEXT = 1000
"""Characters of one message, without the signature."""


class State(Enum):
    """Where a message is."""

    HELD = "held"
    """Waits for somebody's approval."""
    QUEUED = "queued"
    """Is sent as soon as its time has come and a gateway is free."""
    LEASED = "leased"
    """In the hands of a sender: it may be on its way."""
    SENT = "sent"
    """A gateway has taken it; nothing is known of the telephone yet."""
    DELIVERED = "delivered"
    """The telephone has it."""
    FAILED = "failed"
    """A gateway took it, and it did not arrive."""
    UNCERTAIN = "uncertain"
    """It may have been sent or not; a person decides, or a late receipt."""
    REJECTED = "rejected"
    """Was certainly not sent, and will not be: refused by rule, by every gateway, or too late."""
    WITHDRAWN = "withdrawn"
    """Somebody called it back before it was sent."""


NEXT: Mapping[State, frozenset[State]] = {
    State.HELD: frozenset({State.QUEUED, State.WITHDRAWN, State.REJECTED}),
    State.QUEUED: frozenset(
        {State.LEASED, State.WITHDRAWN, State.REJECTED, State.UNCERTAIN, State.SENT}
    ),
    State.LEASED: frozenset(
        {
            *(State.QUEUED, State.SENT, State.UNCERTAIN, State.REJECTED),
            *(State.DELIVERED, State.FAILED),
        }
    ),
    State.SENT: frozenset({State.DELIVERED, State.FAILED}),
    State.UNCERTAIN: frozenset({State.SENT, State.DELIVERED, State.FAILED, State.QUEUED}),
    State.DELIVERED: frozenset(),
    State.FAILED: frozenset({State.DELIVERED, State.QUEUED}),
    State.REJECTED: frozenset({State.QUEUED}),
    State.WITHDRAWN: frozenset(),
}
"""What may follow each state.

QUEUED becomes UNCERTAIN when it was to be repeated under its key and never could be, and SENT when
a sender that was taken for dead says so. FAILED becomes DELIVERED when a gateway corrects itself.
To QUEUED from an end it comes by a person's hand only.
"""
OPEN = frozenset({State.HELD, State.QUEUED, State.LEASED})
"""States in which it still waits for being sent."""
RESENDABLE = frozenset({State.UNCERTAIN, State.FAILED, State.REJECTED})
"""States from which a person may have it sent again."""


def may(before: State, after: State) -> bool:
    """True when a message may go from one state to the other."""
    return after in NEXT[before]


@frozen(kw_only=True)
class New:
    """A message to be put.

    ``key`` is the asker's own and unique: the same key twice is one message. ``to`` is E.164.
    Either ``text`` as it is, or ``template`` (a name) with ``values``, which is put into words at
    once. ``not_before`` schedules it; after ``not_after`` it is not sent any more (None: the
    configured age). ``held``: waits for ``release``. ``by`` is a login, empty for the house;
    ``group`` joins messages that were put together; ``call`` is the call in which it was written.
    ``settles``: whoever asked by ``deliver`` is told how it ended. ``answer``: it answers what the
    patient has just written, so it asks nobody whether the patient may be disturbed. ``shares``:
    it may wait some hours for another message to the same patient, and travel in that one.
    """

    key: str
    to: str
    text: str = ""
    template: str = ""
    values: Mapping[str, str] = field(factory=dict)
    language: str = ""
    patient: int = 0
    campus: str = ""
    purpose: str = ""
    urgency: Urgency = Urgency.ROUTINE
    not_before: datetime | None = None
    not_after: datetime | None = None
    held: bool = False
    by: str = ""
    group: str = ""
    call: str = ""
    settles: bool = False
    answer: bool = False
    shares: bool = False


@frozen(kw_only=True)
class Message:
    """A message as stored; times are UTC.

    ``text`` is without the signature. ``code`` and ``detail`` say why it is where it is: a stable
    code (``expired``, ``outreach.quiet``, a gateway's own), and a gateway's words or a msgid.
    ``parts`` and ``cost`` (thousandths of the currency) are those of the gateway that took it.
    ``gateway`` is the one that has or had it; ``bound`` that one when only there a repetition is
    safe, and ``refused`` are those that would not take it. ``tries`` counts how often it was given
    to a gateway that may have sent it, ``round`` how often people had it sent again.
    ``carrier`` is the id of the message in whose text it travels, or 0; what becomes of that one
    becomes of it. ``told``: whoever asked for it has been told how it ended.
    """

    id: int
    key: str
    to: str
    text: str
    template: str
    version: int
    values: Mapping[str, str]
    language: str
    patient: int
    campus: str
    purpose: str
    urgency: Urgency
    not_before: datetime
    not_after: datetime
    by: str
    group: str
    call: str
    settles: bool
    answer: bool
    state: State
    created: datetime
    changed: datetime
    sent: datetime | None = None
    gateway: str = ""
    bound: str = ""
    refused: Sequence[str] = ()
    round: int = 0
    tries: int = 0
    parts: int = 0
    cost: int = 0
    code: str = ""
    detail: str = ""
    shares: bool = False
    carrier: int = 0
    told: bool = False

    @property
    def round_key(self) -> str:
        """Its key for others; what people have sent again is a new message to them."""
        return f"{self.key}#{self.round}" if self.round else self.key


@frozen(kw_only=True)
class Step:
    """One line of a message's history; ``by`` is a login, empty for the house."""

    at: datetime
    state: State
    gateway: str = ""
    code: str = ""
    detail: str = ""
    by: str = ""


@frozen(kw_only=True)
class Wanted:
    """Which messages; empty fields do not matter. Days are UTC moments, the last not included.

    ``number`` is the end of a number or all of it.
    """

    since: datetime | None = None
    until: datetime | None = None
    states: Collection[State] = ()
    purpose: str = ""
    gateway: str = ""
    group: str = ""
    call: str = ""
    patient: int = 0
    number: str = ""
    text: str = ""
    by: str = ""


class Heard(Enum):
    """What became of a reply."""

    NEW = "new"
    REFUSED = "refused"
    """The number wants no more messages."""
    ALLOWED = "allowed"
    """It wants them again."""
    ANSWERED = "answered"
    """Whoever asked has understood it."""
    UNKNOWN = "unknown"
    """Nobody has: a person reads it."""


@frozen(kw_only=True)
class Reply:
    """What somebody wrote to us; ``message`` is the one that it answers, 0 when there is none."""

    id: int
    gateway: str
    number: str
    to: str
    text: str
    at: datetime
    patient: int = 0
    message: int = 0
    heard: Heard = Heard.NEW
    answer: str = ""


@frozen(kw_only=True)
class Figure:
    """How many messages there are of one day (local), state, purpose and gateway."""

    day: date
    state: State
    purpose: str
    gateway: str
    messages: int
    parts: int
    cost: int


def plain(message: Message) -> dict[str, Any]:
    """What is kept of a message, for a patient's own export."""
    return {
        "at": message.created.isoformat(timespec="seconds"),
        "to": message.to,
        "purpose": message.purpose,
        "text": message.text,
        "state": message.state.value,
    }
