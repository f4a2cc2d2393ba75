"""The control socket's server: one request a connection, answered in one or several lines.

A request is ``{"verb": ..., "args": {...}}``; while it works a verb may say lines of
``{"event": {...}}``; the last line is ``{"result": ...}`` or ``{"error": {...}}``.
Who may connect is whoever may open the socket: it lies in the home with mode 0600.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.interfaces import IDelayedCall, IListeningPort, IReactorUNIX
from twisted.internet.protocol import ServerFactory, connectionDone
from twisted.logger import Logger
from twisted.protocols.basic import LineOnlyReceiver
from twisted.python.failure import Failure

from careline.clock import Clock
from careline.errors import CarelineError, Invalid, NotFound
from careline.tasks import Tasks

MAX_LINE = 1024 * 1024
REQUEST_S = 5.0

log = Logger()

Say = Callable[[Mapping[str, Any]], None]
Verb = Callable[..., Awaitable[Any]]


class ControlServer:
    """Serves ``verbs``: async functions of ``(say, **args)`` that give a JSON-able result."""

    def __init__(self, reactor: IReactorUNIX, clock: Clock, tasks: Tasks) -> None:
        self._reactor = reactor
        self.clock = clock
        self.tasks = tasks
        self.verbs: dict[str, Verb] = {}
        self.endless: set[str] = set()
        self._port: IListeningPort | None = None

    def add(self, name: str, verb: Verb, *, endless: bool = False) -> None:
        """Offer ``verb`` under ``name``; an ``endless`` one is ended when nobody listens any more.

        Others are finished even when the one who asked has gone: half a change is none.
        """
        self.verbs[name] = verb
        if endless:
            self.endless.add(name)

    def is_endless(self, request: bytes) -> bool:
        """True when the request is of a verb that only the asker's leaving ends."""
        try:
            return json.loads(request)["verb"] in self.endless
        except (ValueError, KeyError, TypeError):
            return False

    def listen(self, path: Path) -> None:
        """Listen on ``path``; a socket that a killed core left is replaced."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.unlink(missing_ok=True)
        self._port = self._reactor.listenUNIX(str(path), _Connections(self), mode=0o600)

    async def stop(self) -> None:
        """Close the socket."""
        port, self._port = self._port, None
        if port is not None:
            await maybeDeferred(port.stopListening)

    async def answer(self, request: bytes, say: Say) -> dict[str, Any]:
        """Carry out one request; errors become an answer."""
        try:
            verb, args = self._parse(request)
            return {"result": await verb(say, **args)}
        except CarelineError as error:
            return {"error": describe(error)}

    def _parse(self, request: bytes) -> tuple[Verb, dict[str, Any]]:
        try:
            asked = json.loads(request)
            name, args = asked["verb"], dict(asked.get("args") or {})
        except (ValueError, KeyError, TypeError) as error:
            raise Invalid("control.request", "this is no request: {error}", error=error) from error
        if name not in self.verbs:
            raise NotFound("control.verb", "the running core knows no {verb}", verb=name)
        return self.verbs[name], args


def describe(error: CarelineError) -> dict[str, Any]:
    """An error as JSON, so that the command line can say it in the user's language."""
    return {
        "kind": type(error).__name__,
        "code": error.code,
        "message": error.message,
        "params": {key: str(value) for key, value in error.params.items()},
        "problems": [describe(problem) for problem in error.problems],
    }


class _Connections(ServerFactory):
    def __init__(self, server: ControlServer) -> None:
        self.server = server
        self.noisy = False

    def buildProtocol(self, addr: object) -> _Connection:
        return _Connection(self.server)


class _Connection(LineOnlyReceiver):
    delimiter = b"\n"
    MAX_LENGTH = MAX_LINE

    def __init__(self, server: ControlServer) -> None:
        self._server = server
        self._late: IDelayedCall | None = None
        self._endless: Deferred[None] | None = None

    def connectionMade(self) -> None:
        self._late = self._server.clock.call_later(REQUEST_S, self._close)

    def lineReceived(self, line: bytes) -> None:
        if self._late is not None and self._late.active():
            self._late.cancel()
            work = self._server.tasks.spawn(self._serve(line), "control request")
            self._endless = work if self._server.is_endless(line) else None

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._late is not None and self._late.active():
            self._late.cancel()
        if self._endless is not None:
            self._endless.cancel()

    def _close(self) -> None:
        if self.transport is not None:
            self.transport.loseConnection()

    def _say(self, line: Mapping[str, Any]) -> None:
        if self.transport is not None:
            text = json.dumps(line, ensure_ascii=False, default=str)
            self.transport.write(text.encode() + self.delimiter)

    async def _serve(self, line: bytes) -> None:
        failed = CarelineError("control.failed", "the core failed at this; see its log")
        answer: dict[str, Any] = {"error": describe(failed)}
        try:
            answer = await self._server.answer(line, lambda event: self._say({"event": event}))
        finally:
            self._say(answer)
            self._close()
