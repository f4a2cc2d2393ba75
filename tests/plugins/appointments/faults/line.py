"""A plugin that asks the terrible hospital over TCP, as an adapter does."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.error import ConnectError
from twisted.internet.protocol import Factory, connectionDone
from twisted.protocols.basic import LineOnlyReceiver
from twisted.python.failure import Failure

from careline.clinic import Order, Reply, Verdict, VisitFound, VisitState
from careline.clock import Clock, TimeoutError
from careline.hooks import hook

PATIENCE = 8.0


class Line(LineOnlyReceiver):
    """Answers find their question by its number, in whatever order; what comes twice is dropped."""

    delimiter = b"\n"

    def __init__(self) -> None:
        self.waiting: dict[int, Deferred[str | None]] = {}
        self.open = True

    def lineReceived(self, line: bytes) -> None:
        told = json.loads(line)
        self.settle(told["id"], told["answer"])

    def settle(self, number: int, answer: str | None) -> None:
        waiting = self.waiting.pop(number, None)
        if waiting is not None and not waiting.called:
            waiting.callback(answer)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.open = False
        for number in list(self.waiting):
            self.settle(number, None)


class TcpHis:
    """One connection, made again when it was cut."""

    def __init__(self, reactor: Any, clock: Clock, port: int) -> None:
        self._endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", port)
        self._clock = clock
        self._line: Line | None = None
        self._numbers = count(1)

    async def _ask(self, what: str, order: Order) -> str | None:
        """The answer; None when it was sent and nobody knows, ``unavailable`` when it was not."""
        if self._line is None or not self._line.open:
            try:
                self._line = await self._endpoint.connect(Factory.forProtocol(Line))
            except ConnectError:
                return "unavailable"
        number, line = next(self._numbers), self._line
        assert line is not None
        answer: Deferred[str | None] = Deferred()
        line.waiting[number] = answer
        asked = {"id": number, "what": what, "key": order.key, "slot": order.slot}
        line.sendLine(json.dumps({**asked, "patient": order.person.id}).encode())
        try:
            return await self._clock.within(PATIENCE, answer)
        except TimeoutError:
            line.waiting.pop(number, None)
            return None

    @hook
    def serves_campus(self, campus: str) -> bool | None:
        """It does."""
        return True

    @hook
    async def book_visit(self, order: Order) -> Reply | None:
        """Book; no answer is UNKNOWN, or silence, which is the same."""
        return _reply(await self._ask("book", order))

    @hook
    async def cancel_visit(self, order: Order, reference: str, reason: str) -> Reply | None:
        """Cancel."""
        return _reply(await self._ask("cancel", order))

    @hook
    async def visit_state(self, order: Order, reference: str) -> VisitFound | None:
        """What is known for sure."""
        answer = await self._ask("state", order)
        if answer in (None, "unavailable"):
            return None
        return VisitFound(state=VisitState(answer))


def _reply(answer: str | None) -> Reply | None:
    return None if answer is None else Reply(verdict=Verdict(answer))
