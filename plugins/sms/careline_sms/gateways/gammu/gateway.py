"""A modem through gammu-smsd's folders: a file each way, and the daemon does the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import define
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger

from careline.clock import TimeoutError
from careline.errors import CarelineError
from careline.messaging.gateway import Busy, GatewayState, Outgoing, Rejected, Sent, Sink, Uncertain
from careline_sms.gateways import words
from careline_sms.gateways.gammu import files
from careline_sms.gateways.gammu.settings import GammuSettings
from careline_sms.gateways.ground import Ground
from careline_sms.gateways.numbers import e164

log = Logger()

AGE_S = 2.0
"""Seconds for which a file in the inbox must have been left alone."""
TAKE_S = 10.0
RETRY_S = 30.0


@define(eq=False)
class GammuGateway:
    """See :class:`careline.messaging.gateway.Gateway`; the modem sends one message at a time."""

    name: str
    _ground: Ground
    _settings: GammuSettings
    _in_thread: Callable[..., Deferred[Any]]
    takes_key: bool = False
    room: int = 1
    _sink: Sink | None = None
    _looking: Deferred[None] | None = None
    _trouble: str = ""
    _inflight: int = 0

    async def start(self, sink: Sink) -> None:
        """Look into the inbox from now on."""
        self._sink = sink
        self._looking = self._ground.tasks.spawn(self._look(), f"inbox of {self.name}")

    async def stop(self) -> None:
        """Look no more."""
        looking, self._looking = self._looking, None
        if looking is not None:
            looking.cancel()
            await looking

    def state(self) -> GatewayState:
        """Whether the folders could be used, and the modem sends."""
        return GatewayState(
            up=not self._trouble, detail=self._trouble, since=None, inflight=self._inflight
        )

    async def send(self, message: Outgoing) -> Sent:
        """Put a file and wait until the daemon has moved it."""
        name = _name(message)
        self._inflight += 1
        try:
            if not await self._in_thread(files.is_running, self._settings):
                raise self._busy(words.NO_DAEMON)
            await self._in_thread(files.put, self._settings, name, message.text)
        except OSError as error:
            raise self._busy(words.FOLDERS) from error
        else:
            return await self._watched(name)
        finally:
            self._inflight -= 1

    def _busy(self, trouble: str) -> Busy:
        self._trouble = trouble
        return Busy(RETRY_S, trouble)

    async def _watched(self, name: str) -> Sent:
        clock = self._ground.clock
        until = clock.seconds() + self._settings.send_s
        while clock.seconds() < until:
            await clock.sleep(self._settings.look_s)
            place = await self._in_thread(files.where, self._settings, name)
            if place == "sent":
                self._trouble = ""
                return Sent(reference=())
            if place == "error":
                raise Rejected("modem", words.MODEM)
        await self._in_thread(files.take_back, self._settings, name)
        self._trouble = words.IDLE_DAEMON
        raise Uncertain(self._trouble)

    async def _look(self) -> None:
        while True:
            await self._ground.clock.sleep(self._settings.look_s)
            try:
                await self._take_all()
            except CancelledError:
                raise
            except (OSError, CarelineError, TimeoutError) as error:
                log.warn("the inbox cannot be taken: {error}", error=type(error).__name__)

    async def _take_all(self) -> None:
        now = self._ground.clock.now().timestamp()
        found = await self._in_thread(files.letters, self._settings, AGE_S, now)
        for letter in found:
            if self._sink is not None:
                await self._ground.clock.within(TAKE_S, self._handed(letter))
            await self._in_thread(files.remove, letter)

    async def _handed(self, letter: files.Letter) -> None:
        assert self._sink is not None  # noqa: S101 - asked by the caller
        await self._sink.reply(
            self.name, e164(letter.number), letter.text, reference=letter.reference
        )


def _name(message: Outgoing) -> str:
    """A name by which the daemon knows the number, and nobody anything else."""
    return f"OUTC19700101_000000_{message.id % 100:02}_{message.to}_{message.id}.txt"
