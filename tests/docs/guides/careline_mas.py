"""Messages through the table of a carrier's box in the hospital (a MAS machine)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from attrs import define, frozen
from twisted.internet.defer import Deferred

from careline.hooks import hook
from careline.messaging.gateway import (
    Busy,
    Fate,
    GatewayKind,
    GatewayState,
    Outgoing,
    Rejected,
    Sent,
    Sink,
    Uncertain,
)
from careline.plugins import Core, Plugin

LOOK_S = 5.0
RETRY_S = 30.0
MOST_CHARACTERS = 500


@frozen
class Config:
    """The table ``[plugin.mas]``."""

    database: str
    """The box's database."""


class Hooks:
    """Brings one kind of gateway."""

    def __init__(self, core: Core, config: Config) -> None:
        self._core = core
        self._box = Box(config.database)

    @hook
    def sms_gateways(self) -> list[GatewayKind]:
        """For gateways with ``kind = "plugin:mas"``."""
        return [GatewayKind(name="mas", build=self._build)]

    def _build(self, name: str) -> MasGateway:
        return MasGateway(name, self._core, self._box)


@define(eq=False)
class MasGateway:
    """See careline.messaging.gateway.Gateway."""

    name: str
    _core: Core
    _box: Box
    takes_key: bool = True
    """The table holds each key once, so that repeating a message does no harm."""
    room: int = 5
    _sink: Sink | None = None
    _looking: Deferred[None] | None = None
    _trouble: str = ""

    async def start(self, sink: Sink) -> None:
        """Look for receipts from now on."""
        self._sink = sink
        self._looking = self._core.tasks.spawn(self._look(), f"receipts of {self.name}")

    async def stop(self) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.cancel()

    def state(self) -> GatewayState:
        """Up while the table can be used."""
        return GatewayState(up=not self._trouble, detail=self._trouble)

    async def send(self, message: Outgoing) -> Sent:
        """Put a row. Each way to fail says what careline may do then."""
        if len(message.text) > MOST_CHARACTERS:
            raise Rejected("too_long")  # certainly not sent: another gateway is tried
        try:
            await self._in_thread(self._box.put, message.key, message.to, message.text)
        except Away as error:
            self._trouble = str(error)
            raise Busy(RETRY_S, self._trouble) from None  # certainly not sent: tried again later
        except sqlite3.Error as error:
            raise Uncertain(str(error)) from None  # nobody knows: repeated only since takes_key
        self._trouble = ""
        return Sent(reference=(message.key,))

    async def _look(self) -> None:
        while True:
            await self._core.clock.sleep(LOOK_S)
            try:
                await self._tell(await self._in_thread(self._box.ended))
            except (Away, sqlite3.Error) as error:
                self._trouble = str(error)

    async def _tell(self, ended: Sequence[tuple[str, bool]]) -> None:
        """Hand receipts in; a row is forgotten only after careline has stored it."""
        for key, arrived in ended:
            fate = Fate.DELIVERED if arrived else Fate.FAILED
            if self._sink is not None:
                await self._sink.receipt(self.name, key, fate)
                await self._in_thread(self._box.forget, key)

    @property
    def _in_thread(self) -> Callable[..., Deferred[Any]]:
        return self._core.in_thread


class Away(Exception):
    """The box cannot be reached; nothing was written."""


@frozen
class Box:
    """The box's table ``sms``; its columns are the box's. These calls block."""

    database: str

    def put(self, key: str, to: str, text: str) -> None:
        """Have it sent, once for each key."""
        with self._open() as box:
            row = (key, to, text)
            box.execute("INSERT OR IGNORE INTO sms (key, phone, text) VALUES (?, ?, ?)", row)

    def ended(self) -> list[tuple[str, bool]]:
        """Keys of what has arrived, or has not."""
        with self._open() as box:
            found = box.execute("SELECT key, state FROM sms WHERE state IN ('ok', 'failed')")
            return [(key, state == "ok") for key, state in found]

    def forget(self, key: str) -> None:
        """Its receipt is stored."""
        with self._open() as box:
            box.execute("UPDATE sms SET state = 'told' WHERE key = ?", (key,))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            box = sqlite3.connect(f"file:{self.database}?mode=rw", uri=True, timeout=3)
        except sqlite3.OperationalError:
            raise Away("the box cannot be reached") from None
        try:
            with box:
                yield box
        finally:
            box.close()


plugin = Plugin(
    name="mas",
    title="MAS box",
    version="1.0",
    hooks=Hooks,
    config=Config,
    requires=("sms",),
)
