"""What gateways' tests stand on: a sink that remembers, and gateways on the real reactor."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from attrs import define, field, frozen
from twisted.internet.defer import Deferred

from careline.clock import Clock
from careline.errors import Unavailable
from careline.messaging.gateway import Fate, Outgoing
from careline.tasks import Tasks
from careline_sms.gateways.ground import Ground

CHINESE = "您好，您预约的张玘医生门诊定于11月24日上午8点，请提前15分钟到门诊楼三层签到。"


@frozen
class Receipt:
    reference: str
    fate: Fate
    code: str = ""
    ours: int = 0


@frozen
class Reply:
    number: str
    text: str
    to: str = ""
    reference: str = ""


@define
class Ear:
    """A sink; while ``fails`` is above zero it refuses to store, and counts it down."""

    receipts: list[Receipt] = field(factory=list)
    replies: list[Reply] = field(factory=list)
    fails: int = 0
    numbers: list[str] = field(factory=list)
    """Which receipts spoke of."""
    _waiting: list[tuple[Callable[[], bool], Deferred[None]]] = field(factory=list)

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
        self._check()
        self.numbers.append(number)
        self.receipts.append(Receipt(reference, fate, code, ours))
        self._tell()

    async def reply(
        self,
        gateway: str,
        number: str,
        text: str,
        at: datetime | None = None,
        to: str = "",
        reference: str = "",
    ) -> None:
        self._check()
        self.replies.append(Reply(number, text, to, reference))
        self._tell()

    async def until(self, fits: Callable[[], bool]) -> None:
        """Wait until something has come that fits."""
        if not fits():
            waiting: Deferred[None] = Deferred()
            self._waiting.append((fits, waiting))
            await waiting

    def _check(self) -> None:
        if self.fails:
            self.fails -= 1
            raise Unavailable("test.database", "the database is away")

    def _tell(self) -> None:
        for one in list(self._waiting):
            if one[0]():
                self._waiting.remove(one)
                one[1].callback(None)


def ground(clock: Clock, reactor: Any = None) -> Ground:
    return Ground(reactor or clock.reactor, clock, Tasks(), lambda: 0.5)


def outgoing(to: str, text: str = CHINESE, **more: Any) -> Outgoing:
    given = {"id": 7, "key": "visit:7", "to": to, "text": text, "body": text, **more}
    return Outgoing(**given)
