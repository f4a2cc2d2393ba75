"""A gateway that another plugin brings: it comes and goes with that plugin."""

from __future__ import annotations

from attrs import define
from twisted.internet.defer import CancelledError
from twisted.logger import Logger

from careline.clock import TimeoutError
from careline.messaging.gateway import (
    Busy,
    Gateway,
    GatewayKind,
    GatewayState,
    Outgoing,
    Sent,
    Sink,
    Uncertain,
)
from careline.plugins import Core
from careline_sms.gateways import words

RETRY_S = 10.0
PATIENCE_S = 5.0
"""Seconds for starting and stopping."""
SEND_S = 120.0
"""Seconds after which a message counts as uncertain."""

log = Logger()


@define(eq=False)
class Borrowed:
    """See :class:`careline.messaging.gateway.Gateway`; down while its plugin is not there."""

    name: str
    kind: str
    _core: Core
    takes_key: bool = False
    room: int = 1
    _sink: Sink | None = None
    _using: GatewayKind | None = None
    _gateway: Gateway | None = None
    _trouble: str = words.NO_PLUGIN

    async def start(self, sink: Sink) -> None:
        """Take it, if it is there."""
        self._sink = sink
        await self.look()

    async def stop(self) -> None:
        """Let it go."""
        self._sink = None
        await self._leave(words.STOPPED)

    async def look(self) -> None:
        """Take what its plugin brings now, and let go what it does not bring any more."""
        brought = self._core.hub.sms_gateways()
        kind = next((one for one in brought if one.name == self.kind), None)
        if kind is not self._using:
            await self._leave(words.NO_PLUGIN)
        if kind is not None and self._using is None and self._sink is not None:
            self._using = kind
            await self._take(kind, self._sink)

    async def send(self, message: Outgoing) -> Sent:
        """Send by it; what it does not end in time is uncertain."""
        if self._gateway is None:
            raise Busy(RETRY_S, self._trouble)
        try:
            return await self._core.clock.within(SEND_S, self._gateway.send(message))
        except TimeoutError:
            raise Uncertain(words.NO_ANSWER) from None

    def state(self) -> GatewayState:
        """How it is, or why there is none."""
        if self._gateway is None:
            return GatewayState(up=False, detail=self._trouble)
        try:
            return self._gateway.state()
        except Exception:  # noqa: BLE001 - another plugin's code must not stop the sender
            log.failure("gateway {name} has failed", name=self.name)
            return GatewayState(up=False, detail=words.FAILED)

    async def _take(self, kind: GatewayKind, sink: Sink) -> None:
        try:
            gateway = kind.build(self.name)
            await self._core.clock.within(PATIENCE_S, gateway.start(sink))
            self.takes_key, self.room = gateway.takes_key, gateway.room
        except CancelledError:
            raise
        except Exception:  # noqa: BLE001 - another plugin's code must not harm other gateways
            log.failure("gateway {name} cannot be started", name=self.name)
            self._trouble = words.FAILED
        else:
            self._gateway = gateway

    async def _leave(self, why: str) -> None:
        gateway, self._gateway = self._gateway, None
        self._using, self._trouble = None, why
        if gateway is None:
            return
        try:
            await self._core.clock.within(PATIENCE_S, gateway.stop())
        except CancelledError:
            raise
        except Exception:  # noqa: BLE001 - another plugin's code, and it is gone anyway
            log.failure("gateway {name} did not stop", name=self.name)
