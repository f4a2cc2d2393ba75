"""The one connection to Asterisk's manager interface: it never gives up.

Asterisk drops a client that reads too slowly and replays nothing, so every reconnect is a gap: the
callbacks of :meth:`AmiLink.on_up` run each time and must read all state again.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterable
from enum import Enum
from typing import cast

from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.internet.error import ConnectError, ConnectingCancelledError
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.logger import Logger

from careline.clock import Clock
from careline.errors import CarelineError, Refused, Unavailable
from careline.tasks import Tasks
from careline.telephony.ami.connection import Connection, ConnectionFactory
from careline.telephony.ami.message import Message
from careline.telephony.ami.subscriptions import Callback, Subscriptions

log = Logger()

CONNECT_WAIT = 5.0
LOGIN_WAIT = 10.0
BOOT_WAIT = 120.0
PING_EVERY = 10.0
PING_WAIT = 5.0
FIRST_DELAY = 0.5
LAST_DELAY = 10.0
REFUSED_DELAY = 30.0
"""Seconds between two tries with a secret that was refused: its owner may be correcting it."""


class LinkState(Enum):
    """How the link is; ``REFUSED`` needs somebody who corrects the user or secret."""

    STOPPED = "stopped"
    CONNECTING = "connecting"
    BOOTING = "booting"
    UP = "up"
    DOWN = "down"
    REFUSED = "refused"


class AmiLink:
    """Keeps one AMI connection up and gives its actions and events.

    ``connect`` returns the endpoint to connect to, asked for each time. ``jitter`` gives numbers
    from 0 to 1: each wait is between half and the whole of a delay that doubles from
    ``FIRST_DELAY`` to ``LAST_DELAY`` seconds, so that many cores do not come back at once.
    """

    def __init__(
        self,
        clock: Clock,
        tasks: Tasks,
        connect: Callable[[], IStreamClientEndpoint],
        username: str,
        secret: str,
        *,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._clock = clock
        self._tasks = tasks
        self._connect = connect
        self._credentials = (("Username", username), ("Secret", secret))
        self._jitter = jitter
        self._subscriptions = Subscriptions()
        self._on_up: list[Callable[[], Awaitable[object]]] = []
        self._on_down: list[Callable[[], object]] = []
        self._state = LinkState.STOPPED
        self._connection: Connection | None = None
        self._latest: Connection | None = None
        self._running: Deferred[None] | None = None
        self._stopping = False
        self._delay = FIRST_DELAY

    @property
    def state(self) -> LinkState:
        """How the link is now."""
        return self._state

    @property
    def up(self) -> bool:
        """True from login and FullyBooted until the connection is lost."""
        return self._state is LinkState.UP

    def start(self) -> None:
        """Begin to connect; does nothing when started already."""
        if self._running is None:
            self._stopping = False
            self._running = self._tasks.spawn(self._run(), "the AMI link")

    async def stop(self) -> None:
        """Close the connection and stay down; what is under way fails with Unavailable."""
        running, self._running = self._running, None
        self._stopping = True
        if running is not None:
            running.cancel()
            await running
        if self._latest is not None:
            await self._latest.end()
        self._state = LinkState.STOPPED

    def on_up(self, callback: Callable[[], Awaitable[object]]) -> None:
        """Await ``callback`` after every (re)connection, one after another in the order given.

        It is cancelled when the connection is lost again; an error is logged.
        """
        self._on_up.append(callback)

    def on_down(self, callback: Callable[[], object]) -> None:
        """Call ``callback`` whenever an established link is lost."""
        self._on_down.append(callback)

    def subscribe(self, names: Iterable[str], callback: Callback) -> Callable[[], None]:
        """Call ``callback`` for events of these names; returns the function that ends it."""
        return self._subscriptions.add(names, callback)

    async def action(
        self, name: str, fields: Iterable[tuple[str, str]] = (), timeout: float = 5.0
    ) -> Message:
        """The response to an action.

        Raises Unavailable when the link is down, Asterisk does not answer within ``timeout``
        seconds, or 1,000 actions wait; Refused on ``Response: Error`` (the Message is its
        ``params["response"]``); Refused or Invalid for fields that may not be sent.
        """
        return (await self._ask(name, fields, timeout, collect=False))[0]

    async def collect(
        self, name: str, fields: Iterable[tuple[str, str]] = (), timeout: float = 10.0
    ) -> list[Message]:
        """The events of a list (QueueStatus ...), but the closing one; raises as :meth:`action`."""
        return await self._ask(name, fields, timeout, collect=True)

    async def _ask(
        self, name: str, fields: Iterable[tuple[str, str]], timeout: float, *, collect: bool
    ) -> list[Message]:
        if self._connection is None or not self.up:
            raise Unavailable("ami.down", "there is no connection to Asterisk")
        return await self._connection.ask(name, fields, timeout, collect=collect)

    async def _run(self) -> None:
        while not self._stopping:
            # A task of its own: what nobody foresaw is logged, and the next attempt still comes.
            await self._tasks.spawn(self._attempt(), "an AMI connection")
            if not self._stopping:
                await self._clock.sleep(self._next_delay())

    def _next_delay(self) -> float:
        if self._state is LinkState.REFUSED:
            return REFUSED_DELAY
        delay, self._delay = self._delay, min(self._delay * 2, LAST_DELAY)
        return delay * (0.5 + self._jitter() / 2)

    async def _attempt(self) -> None:
        """One connection from its beginning to its end; says why it ended."""
        outcome = LinkState.DOWN
        try:
            await self._one_connection()
        except CancelledError:
            self._stopping = True
            raise
        except Refused as error:
            outcome = LinkState.REFUSED
            log.error("Asterisk refused the AMI user or its secret: {error}", error=str(error))
        except (CarelineError, ConnectError, OSError, TimeoutError) as error:
            log.warn("no AMI connection: {error}", error=str(error) or type(error).__name__)
        finally:
            self._state = outcome

    async def _one_connection(self) -> None:
        if self._state is not LinkState.REFUSED:  # that stays to be seen until it is mended
            self._state = LinkState.CONNECTING
        self._latest = connection = await self._clock.within(CONNECT_WAIT, self._connected())
        try:
            await self._log_in(connection)
            await self._live(connection)
        finally:
            connection.abort()

    async def _connected(self) -> Connection:
        factory = ConnectionFactory(self._clock, self._subscriptions)
        try:
            return cast("Connection", await self._connect().connect(factory))
        except ConnectingCancelledError as error:  # Twisted's endpoints say it in their own way
            raise CancelledError from error

    async def _log_in(self, connection: Connection) -> None:
        await self._clock.within(LOGIN_WAIT, connection.greeted())
        await connection.ask("Login", self._credentials, LOGIN_WAIT)
        self._state = LinkState.BOOTING
        await self._clock.within(BOOT_WAIT, connection.booted())

    async def _live(self, connection: Connection) -> None:
        self._connection, self._state = connection, LinkState.UP
        log.info("the AMI link is up")
        work = Tasks()
        work.spawn(self._ping(connection), "pinging Asterisk")
        work.spawn(self._tell_up(connection, work), "telling that the AMI link is up")
        try:
            await connection.lost()
        finally:
            self._tell_down()
            # Not awaited: a callback that will not end must not keep the link down.
            self._tasks.spawn(work.stop(), "ending the work of a lost AMI connection")
        log.warn("the AMI link is lost")

    async def _tell_up(self, connection: Connection, work: Tasks) -> None:
        for callback in list(self._on_up):
            if self._connection is connection:
                await work.spawn(_awaiting(callback), "a callback of the AMI link")

    def _tell_down(self) -> None:
        self._connection, self._state = None, LinkState.DOWN
        for callback in list(self._on_down):
            with log.failuresHandled("a callback for the lost AMI link failed"):
                callback()

    async def _ping(self, connection: Connection) -> None:
        """Notice an Asterisk that is dead or stuck: TCP alone would take many minutes."""
        while True:
            await self._clock.sleep(PING_EVERY)
            try:
                await connection.ask("Ping", (), PING_WAIT, urgent=True)
            except Unavailable:
                log.warn("Asterisk does not answer; the AMI connection is given up")
                connection.abort()
                return
            self._delay = FIRST_DELAY


async def _awaiting(callback: Callable[[], Awaitable[object]]) -> None:
    await callback()
