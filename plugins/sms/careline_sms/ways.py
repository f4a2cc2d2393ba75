"""The gateways of this process: built as configured, started, watched and stopped."""

from __future__ import annotations

from collections.abc import Callable

from careline.messaging.gateway import Gateway
from careline.plugins import Core
from careline_sms.config import SmsConfig
from careline_sms.console import Console
from careline_sms.gateways.borrowed import Borrowed
from careline_sms.gateways.build import Webhooks, build_gateway
from careline_sms.gateways.settings import CONSOLE, GatewaySettings
from careline_sms.receipts import Receipts
from careline_sms.replies.service import Replies
from careline_sms.sending.lines import Line, Lines
from careline_sms.sending.pace import Pace

CHANGED = "sms_gateway"
VIEW = "sms.view"
LOOK_S = 2.0


class Intake:
    """What gateways hand in, brought to where it belongs: a Sink of two halves."""

    def __init__(self, receipts: Receipts, replies: Replies) -> None:
        self.receipt = receipts.receipt
        self.reply = replies.reply


class Ways:
    """All gateways and the port for what they push; a part of the plugin."""

    def __init__(self, core: Core, config: SmsConfig, lines: Lines) -> None:
        self._core = core
        self._lines = lines
        self._webhooks = Webhooks(core, config.webhooks)
        lines.lines = {name: self._line(name, one) for name, one in config.gateway.items()}
        self._up: dict[str, bool] = {}
        self.intake: Intake | None = None
        self.poke: Callable[[], None] | None = None

    def _line(self, name: str, settings: GatewaySettings) -> Line:
        clock = self._core.clock
        return Line(
            gateway=self._gateway(name, settings),
            settings=settings,
            pace=Pace(settings.per_second, clock.seconds),
            clock=clock,
        )

    def _gateway(self, name: str, settings: GatewaySettings) -> Gateway:
        if settings.kind == CONSOLE:
            return Console(name, self._core.clock, self._core.tasks)
        if settings.borrowed:
            return Borrowed(name, settings.borrowed, self._core)
        return build_gateway(self._core, name, settings, self._webhooks)

    async def start(self) -> None:
        """Connect all; none holds up another."""
        if self.intake is None:
            raise RuntimeError("the gateways have nobody to hand in to")
        for line in self._lines.lines.values():
            await line.gateway.start(self.intake)
        await self._webhooks.start()
        self._core.tasks.spawn(self._look(), "sms: gateways")

    async def stop(self) -> None:
        """Disconnect."""
        await self._webhooks.stop()
        for line in self._lines.lines.values():
            await line.gateway.stop()

    async def _look(self) -> None:
        """Tell pages and the sender when a gateway has come up or gone."""
        while True:
            for name, line in self._lines.lines.items():
                if isinstance(line.gateway, Borrowed):
                    await line.gateway.look()
                up = line.state.up
                if self._up.get(name) is not up:
                    self._up[name] = up
                    self._core.events.tell(CHANGED, name, permission=VIEW)
                    if up and self.poke is not None:
                        self.poke()
            await self._core.clock.sleep(LOOK_S)
