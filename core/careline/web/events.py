"""Live events: names and ids to the browsers that may know them, which then fetch what they show.

Never data: permission and audit happen with the fetch. A browser that does not keep up is let go;
it comes back, sees by ``hello`` that it may have missed something, and loads its panels anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Protocol

from attrs import define, field, frozen
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from careline.clock import Clock
from careline.web.answers import Answer
from careline.web.door import Session

SOON_S = 0.02
"""What is told within this time goes out together, each once."""
PING_S = 15.0
WAITING = 64
"""Events that may wait for a browser that does not read."""
OF_SESSION = 12
"""Streams of one session; the oldest goes when there are more (forgotten tabs)."""
PING = b": ping\n\n"

log = Logger()


class Line(Protocol):
    """The connection to one browser."""

    def write(self, data: bytes) -> None:
        """Send."""

    def end(self) -> None:
        """Close after what was sent."""

    def cut(self) -> None:
        """Close at once and forget what was not sent."""


@frozen
class Live(Answer):
    """The answer that stays open: the visitor's events as they come."""


@define(eq=False)
class Stream:
    """One browser that listens."""

    session: Session
    line: Line
    waiting: dict[tuple[str, str], None] = field(factory=dict)
    stalled: bool = False
    """The connection takes nothing more for now."""
    stalled_at_ping: bool = False

    def flush(self) -> None:
        """Send what waits, if the browser reads."""
        if self.waiting and not self.stalled:
            messages, self.waiting = self.waiting, {}
            self.line.write(b"".join(message(name, id) for name, id in messages))


def message(name: str, id: str = "", **more: str) -> bytes:
    """One event as it goes over the line."""
    return f"event: {name}\ndata: {json.dumps({'id': id, **more})}\n\n".encode()


class Events:
    """Who listens, and telling them. ``may(session, permission)`` as the door says.

    ``server`` names this run of the core: a browser that sees another one loads all anew.
    """

    def __init__(
        self,
        clock: Clock,
        may: Callable[[Session, str], bool],
        alive: Callable[[str], bool],
        server: str,
    ) -> None:
        self._clock = clock
        self._may = may
        self._alive = alive
        self._server = server
        self._streams: list[Stream] = []
        self._flush: IDelayedCall | None = None
        self._ping: IDelayedCall | None = None
        self.slow = 0
        """Streams that were cut because their browser did not read."""

    @property
    def listening(self) -> int:
        """How many streams are open."""
        return len(self._streams)

    def tell(
        self, name: str, id: str = "", *, agent: str = "", user: int = 0, permission: str = ""
    ) -> None:
        """Tell ``agent``, ``user`` and those with ``permission``; with none of them everybody.

        ``id`` is an id and never data. Costs nothing when nobody listens.
        """
        for stream in tuple(self._streams):
            if self._concerns(stream.session, agent, user, permission):
                self._put(stream, name, id)

    def _concerns(self, session: Session, agent: str, user: int, permission: str) -> bool:
        if not (agent or user or permission):
            return True
        return (
            (bool(agent) and session.user.agent == agent)
            or (bool(user) and session.user.id == user)
            or (bool(permission) and self._may(session, permission))
        )

    def _put(self, stream: Stream, name: str, id: str) -> None:
        stream.waiting[name, id] = None
        if len(stream.waiting) > WAITING:
            if stream.stalled:
                self._let_go(stream)
            else:
                stream.flush()
        elif self._flush is None:
            self._flush = self._clock.call_later(SOON_S, self._flush_all)

    def _flush_all(self) -> None:
        self._flush = None
        for stream in tuple(self._streams):
            stream.flush()

    # Streams

    def open(self, session: Session, line: Line) -> Stream:
        """A browser listens from now on."""
        own = [one for one in self._streams if one.session.id == session.id]
        for oldest in own[: max(0, len(own) - OF_SESSION + 1)]:
            self._end(oldest)
        stream = Stream(session, line)
        self._streams.append(stream)
        line.write(b"retry: 2000\n" + message("hello", server=self._server))
        if self._ping is None:
            self._ping = self._clock.call_later(PING_S, self._ping_all)
        return stream

    def closed(self, stream: Stream) -> None:
        """The browser has gone."""
        if stream in self._streams:
            self._streams.remove(stream)

    def session_ended(self, session_id: str) -> None:
        """Close the streams of a session that has ended."""
        for stream in tuple(self._streams):
            if stream.session.id == session_id:
                if not stream.stalled:
                    stream.line.write(message("session", "ended"))
                self._end(stream)

    def stop(self) -> None:
        """Close all."""
        for timer in (self._flush, self._ping):
            if timer is not None and timer.active():
                timer.cancel()
        self._flush = self._ping = None
        for stream in tuple(self._streams):
            self._end(stream)

    def _ping_all(self) -> None:
        self._ping = self._clock.call_later(PING_S, self._ping_all) if self._streams else None
        for stream in tuple(self._streams):
            if not self._alive(stream.session.id):
                self.session_ended(stream.session.id)
            elif not stream.stalled:
                stream.stalled_at_ping = False
                stream.line.write(PING)
            elif stream.stalled_at_ping:
                self._let_go(stream)
            else:
                stream.stalled_at_ping = True

    def _end(self, stream: Stream) -> None:
        self.closed(stream)
        if stream.stalled:
            stream.line.cut()
        else:
            stream.line.end()

    def _let_go(self, stream: Stream) -> None:
        self.slow += 1
        log.info("an event stream was cut: its browser does not read")
        self.closed(stream)
        stream.line.cut()
