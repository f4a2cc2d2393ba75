"""A gateway over HTTP: asks for each message once, and takes what is pushed."""

from __future__ import annotations

from datetime import datetime

from attrs import Factory, define, field

from careline.messaging.gateway import (
    Busy,
    GatewayState,
    Outgoing,
    Rejected,
    Sent,
    Sink,
    Uncertain,
)
from careline_sms.gateways.ground import Ground
from careline_sms.gateways.http.asking import Asking
from careline_sms.gateways.http.provider import Provider, Push, Pushed, Receipt

ENOUGH = 5
"""Requests in a row that must have gone wrong before the gateway counts as down."""


@define(eq=False)
class HttpGateway:
    """See :class:`careline.messaging.gateway.Gateway`; up until several requests go wrong."""

    name: str
    provider: Provider
    _ground: Ground
    _timeout_s: float
    room: int
    takes_key: bool = False
    trouble: str = ""
    since: datetime | None = None
    _inflight: int = 0
    _failed: int = 0
    _sink: Sink | None = None
    _asking: Asking = field(
        default=Factory(lambda self: Asking(self._ground, self._timeout_s), takes_self=True)
    )

    def __attrs_post_init__(self) -> None:
        self.takes_key = self.provider.takes_key

    async def start(self, sink: Sink) -> None:
        """Remember who is told."""
        self._sink = sink

    async def stop(self) -> None:
        """Nothing is kept open."""

    def state(self) -> GatewayState:
        """How the last requests went."""
        return GatewayState(
            up=self._failed < ENOUGH, detail=self.trouble, since=self.since, inflight=self._inflight
        )

    async def send(self, message: Outgoing) -> Sent:
        """Ask once."""
        request = self.provider.request(message)
        self._inflight += 1
        try:
            answer = await self._asking.ask(request)
            sent = self.provider.read(message, answer)
        except (Busy, Uncertain) as error:
            self._changed(error.text)
            raise
        except Rejected:
            self._changed("")  # it answers, and knows what it says
            raise
        else:
            self._changed("")
            return sent
        finally:
            self._inflight -= 1

    async def push(self, push: Push) -> Pushed:
        """Store what is pushed; raises what the provider raises, and what storing raises."""
        pushed = self.provider.pushed(push)
        if self._sink is None:
            raise Busy(10.0, "not started")
        for one in pushed.found:
            if isinstance(one, Receipt):
                await self._sink.receipt(
                    self.name, one.reference, one.fate, one.code[:64], ours=one.ours
                )
            elif one.number:
                await self._sink.reply(
                    self.name, one.number, one.text, to=one.to, reference=one.reference
                )
        return pushed

    def _changed(self, trouble: str) -> None:
        before = self._failed
        self._failed = self._failed + 1 if trouble else 0
        self.trouble = trouble
        if self.since is None or (before < ENOUGH) != (self._failed < ENOUGH):
            self.since = self._ground.clock.now()
