"""The control socket's server: one request a connection, answered in one or several lines.

A request is ``{"verb": ..., "args": {...}}``; while it works a verb may say lines of
``{"event": {...}}``; the last line is ``{"result": ...}`` or ``{"error": {code, message, params}}``.
Who may connect is whoever may open the socket: it lies in the home with mode 0600.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from twisted.internet.interfaces import IListeningPort, IReactorUNIX
from twisted.internet.protocol import Factory
from twisted.logger import Logger
from twisted.protocols.basic import LineOnlyReceiver

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
        self._port: IListeningPort | None = None

    def add(self, name: str, verb: Verb) -> None:
        """Offer ``verb`` under ``name``."""
        self.verbs[name] = verb

    def listen(self, path: Path) -> None:
        """Listen on ``path``; a socket that a killed core left is replaced."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.unlink(missing_ok=True)
        factory = Factory.forProtocol(_Connection)
        factory.server = self
        self._port = self._reactor.listenUNIX(str(path), factory, mode=0o600)

    async def stop(self) -> None:
        """Close the socket."""
        port, self._port = self._port, None
        if port is not None:
            await port.stopListening()

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


class _Connection(LineOnlyReceiver):
    delimiter = b"\n"
    MAX_LENGTH = MAX_LINE
    factory: Any

    def connectionMade(self) -> None:  # noqa: N802  Twisted's name
        clock = self.factory.server.clock
        self._late = clock.call_later(REQUEST_S, self.transport.loseConnection)

    def lineReceived(self, line: bytes) -> None:  # noqa: N802  Twisted's name
        if self._late.active():
            self._late.cancel()
            self._task = self.factory.server.tasks.spawn(self._serve(line), "control request")

    def connectionLost(self, reason: Any = None) -> None:  # noqa: N802  Twisted's name
        if self._late.active():
            self._late.cancel()

    def _say(self, line: Mapping[str, Any]) -> None:
        text = json.dumps(line, ensure_ascii=False, default=str)
        self.sendLine(text.encode())

    async def _serve(self, line: bytes) -> None:
        answer: dict[str, Any] = {
            "error": {"kind": "CarelineError", "code": "control.failed", "message":
                      "the core failed at this; see its log", "params": {}, "problems": []}
        }
        try:
            answer = await self.factory.server.answer(line, lambda event: self._say({"event": event}))
        finally:
            self._say(answer)
            self.transport.loseConnection()
