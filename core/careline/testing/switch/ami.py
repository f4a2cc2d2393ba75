"""The AMI side of the scripted switch: login, actions, events to whoever is logged in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from careline.testing.switch.events import encode

if TYPE_CHECKING:
    from careline.testing.switch.server import ScriptedSwitch

GREETING = b"Asterisk Call Manager/11.0.0\r\n"
MAX_LINE, MAX_LINES = 1024, 128

Fields = dict[str, list[str]]


class Action:
    """One action as it came: its name and fields (names in lower case, repeats kept)."""

    def __init__(self, fields: Fields) -> None:
        self._fields = fields

    def get(self, name: str, default: str = "") -> str:
        """First value of field ``name``."""
        return self._fields.get(name.lower(), [default])[0]

    def getall(self, name: str) -> list[str]:
        """All values of field ``name``."""
        return self._fields.get(name.lower(), [])

    @property
    def name(self) -> str:
        """The action's name in lower case."""
        return self.get("Action").lower()

    @property
    def id(self) -> list[tuple[str, object]]:
        """The ActionID header to put on what answers it."""
        return [("ActionID", self.get("ActionID"))] if self.get("ActionID") else []


class Reply:
    """What an action's function sends back over its connection."""

    def __init__(self, connection: AmiConnection, action: Action) -> None:
        self._connection, self.action = connection, action

    def success(self, message: str = "", *extra: tuple[str, object]) -> None:
        """Response: Success."""
        text = [("Message", message)] if message else []
        self._send([("Response", "Success"), *self.action.id, *extra, *text])

    def error(self, message: str) -> None:
        """Response: Error."""
        self._send([("Response", "Error"), *self.action.id, ("Message", message)])

    def listing(
        self,
        message: str,
        items: list[list[tuple[str, object]]],
        complete: str,
        *,
        id_last: bool = False,
    ) -> None:
        """A list: the response, an event per item, and the one that ends it."""
        self.success("", ("EventList", "start"), ("Message", message))
        for item in items:
            name, *fields = item
            parts = [*fields, *self.action.id] if id_last else [*self.action.id, *fields]
            self._send([("Event", name[1]), *parts])
        end = [("EventList", "Complete"), ("ListItems", len(items))]
        self._send([("Event", complete), *self.action.id, *end])

    def _send(self, headers: list[tuple[str, object]]) -> None:
        self._connection.write(encode(headers))


class AmiConnection(Protocol):
    """One AMI client."""

    def __init__(self, switch: ScriptedSwitch) -> None:
        self._switch = switch
        self._buffer = b""
        self._lines: list[str] = []
        self.logged_in = False

    def connectionMade(self) -> None:
        """Greet."""
        self._switch.connections.append(self)
        self.write(GREETING)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Gone."""
        if self.event in self._switch.core.events.listeners:
            self._switch.core.events.listeners.remove(self.event)
        self._switch.connections.remove(self)

    def write(self, data: bytes) -> None:
        """Send bytes to the client."""
        self.transport.write(data)  # type: ignore[union-attr]  # connected

    def drop(self) -> None:
        """Close the connection without a word."""
        self.transport.abortConnection()  # type: ignore[union-attr]  # connected

    def event(self, name: str, data: bytes) -> None:
        """Pass an event on, if the manager's filter lets it through."""
        if name in self._switch.files.events:
            self.write(data)

    def dataReceived(self, data: bytes) -> None:
        """Take bytes: lines end with LF, with or without CR, as in Asterisk."""
        self._buffer += data
        while b"\n" in self._buffer:
            line, _, self._buffer = self._buffer.partition(b"\n")
            self._take_line(line.removesuffix(b"\r"))

    def _take_line(self, line: bytes) -> None:
        if line:
            self._lines.append(line.decode("utf-8", "replace"))
            if len(line) >= MAX_LINE:
                self._lines = ["too long"] * (MAX_LINES + 1)
            return
        lines, self._lines = self._lines, []
        if not lines:
            return
        fields: Fields = {}
        for text in lines:
            key, _, value = text.partition(":")
            fields.setdefault(key.strip().lower(), []).append(value.strip())
        if len(lines) <= MAX_LINES:
            self._switch.act(self, Action(fields))

    def log_in(self) -> None:
        """The client has shown the right secret: it gets events from now on."""
        self.logged_in = True
        status = [("Uptime", 1), ("LastReload", 1), ("Status", "Fully Booted")]
        self.write(encode([("Event", "FullyBooted"), ("Privilege", "system,all"), *status]))
        self._switch.core.events.listeners.append(self.event)


class AmiFactory(Factory):
    """Makes connections of one switch."""

    noisy = False

    def __init__(self, switch: ScriptedSwitch) -> None:
        self._switch = switch

    def buildProtocol(self, addr: Any) -> AmiConnection:
        """One connection."""
        return AmiConnection(self._switch)
