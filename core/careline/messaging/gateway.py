"""What a gateway is to the engine: it takes one message at a time and tells what it knows of it.

``send`` has four endings, and the difference between them is what keeps messages from being lost
or sent twice: it returns Sent; or raises Rejected or Busy, both only when the message was certainly
NOT sent; or Uncertain, when nobody can know. What else it raises counts as Uncertain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from typing import Protocol

from attrs import field, frozen

WRONG_NUMBER = "wrong_number"
"""Code of receipts only: the network says for sure that there is no such number."""
NOT_TAKEN = "not_taken"
"""Code of Rejected: this gateway does not take the number; often that is a fault of a setting."""
BLOCKED = "blocked"
"""The operator does not deliver to this number, or the number refuses us there."""


class Rejected(Exception):
    """Certainly not sent, and this gateway will not take it.

    ``code`` is NOT_TAKEN, BLOCKED or the gateway's own; ``text`` are its words. With
    ``other_gateway`` another one may be tried (no money, no template there); without it none is.
    """

    def __init__(self, code: str, text: str = "", other_gateway: bool = True) -> None:
        self.code = code
        self.text = text
        self.other_gateway = other_gateway
        super().__init__(f"{code} {text}".strip())


class Busy(Exception):
    """Certainly not sent: throttled, or not connected; try again in ``retry_s`` seconds."""

    def __init__(self, retry_s: float, text: str = "") -> None:
        self.retry_s = retry_s
        self.text = text
        super().__init__(text or f"busy for {retry_s:g} s")


class Uncertain(Exception):
    """It may have been sent: the connection broke, no answer came in time, the answer is odd."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(text)


class Fate(Enum):
    """What a receipt says; whatever is not final ("accepted", "buffered") is none of these."""

    DELIVERED = "delivered"
    FAILED = "failed"


@frozen(kw_only=True)
class Outgoing:
    """A message for a gateway.

    ``id`` is ours and short: gateways that echo a reference are given it. ``key`` is the same for
    each repetition of this message: gateways with ``takes_key`` send it once. ``text`` is signed
    (``【市第一医院】…``); ``body`` and ``signature`` (without brackets) are its parts, for gateways
    that sign themselves. Gateways with approved texts only use ``template`` and ``values``.
    """

    id: int
    key: str
    to: str
    text: str
    body: str
    signature: str = ""
    template: str = ""
    values: Mapping[str, str] = field(factory=dict)
    language: str = "zh"


@frozen(kw_only=True)
class Sent:
    """A gateway has taken it; ``reference`` are its ids of the parts, in the form of receipts.

    ``parts`` is how many are paid for; 0 for as many as the engine has counted.
    """

    reference: tuple[str, ...]
    parts: int = 0


@frozen(kw_only=True)
class GatewayState:
    """How a gateway is: ``detail`` tells people why it is not ``up``; ``inflight`` being sent."""

    up: bool
    detail: str = ""
    since: datetime | None = None
    inflight: int = 0


class Sink(Protocol):
    """Where gateways hand in what comes to them.

    Both return when it is stored, so that the gateway may then say "taken"; an error means that it
    is not, and that it should be delivered again. The same twice does no harm. A receipt may come
    before ``send`` has returned.
    """

    async def receipt(
        self,
        gateway: str,
        reference: str,
        fate: Fate,
        code: str = "",
        at: datetime | None = None,
        ours: int = 0,
        number: str = "",
    ) -> None:
        """What became of a part; ``ours`` is our id where the gateway echoes it, else 0.

        ``number`` is the telephone that the receipt speaks of: gateways begin anew with their ids,
        and what has the same id but went to another number is not meant.
        """

    async def reply(
        self,
        gateway: str,
        number: str,
        text: str,
        at: datetime | None = None,
        to: str = "",
        reference: str = "",
    ) -> None:
        """Somebody wrote to us; ``reference`` is the gateway's id of it, where there is one."""


class Gateway(Protocol):
    """One way out of the house; ``name`` is that of its table in careline.toml."""

    name: str
    takes_key: bool
    """Repeating the same ``Outgoing.key`` sends it once: an unknown outcome may be repeated."""
    room: int
    """How many messages it sends side by side at most (its window)."""

    async def start(self, sink: Sink) -> None:
        """Connect; returns at once and goes on trying by itself."""

    async def stop(self) -> None:
        """Disconnect; sends under way end with Uncertain or Busy."""

    async def send(self, message: Outgoing) -> Sent:
        """Send one; see the module. It ends by itself within its own time-out."""

    def state(self) -> GatewayState:
        """How it is now."""


@frozen(kw_only=True)
class GatewayKind:
    """A kind of gateway that a plugin brings: ``kind = "plugin:<name>"`` in a gateway's table.

    ``name`` begins with the plugin's. ``build`` is called with the name of each table of this kind;
    what is set for it stands in the table of the plugin that brings it.
    """

    name: str
    build: Callable[[str], Gateway]
