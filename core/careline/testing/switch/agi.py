"""The AGI application: connects to the FastAGI server as Asterisk does and obeys its commands."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.protocol import ClientFactory, Protocol, connectionDone
from twisted.python.failure import Failure

from careline.testing.switch.channel import Channel, State
from careline.testing.switch.expressions import UnknownToSwitch, assign, substitute
from careline.testing.switch.signals import Once

Execute = Callable[[Channel, str, str], Awaitable[None]]
VERSION = "22.10.1"
SAMPLES = 8000
USAGE_END = "520 End of proper usage."


class _Connection(Protocol):
    """Lines from the server, one at a time."""

    def __init__(self, made: Once[_Connection | None]) -> None:
        self._made = made
        self._buffer = b""
        self._lines: list[str] = []
        self._waiting: Deferred[str | None] | None = None
        self.lost = False

    def connectionMade(self) -> None:
        self._made.give(self)

    def dataReceived(self, data: bytes) -> None:
        self._buffer += data
        while b"\n" in self._buffer:
            line, _, self._buffer = self._buffer.partition(b"\n")
            self._lines.append(line.decode("utf-8", "replace").rstrip("\r"))
        self._wake()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.lost = True
        self._wake()

    def _wake(self) -> None:
        waiting = self._waiting
        if waiting is not None and (self._lines or self.lost):
            self._waiting = None
            waiting.callback(self._lines.pop(0) if self._lines else None)

    def line(self) -> Deferred[str | None]:
        """The next command; None when the server has closed."""
        waiting: Deferred[str | None] = Deferred(self._give_up)
        self._waiting = waiting
        self._wake()
        return waiting

    def _give_up(self, waiting: Deferred[str | None]) -> None:
        self._waiting = None

    def send(self, text: str) -> None:
        """Write to the server."""
        if not self.lost:
            self.transport.write(text.encode())  # type: ignore[union-attr]  # connected


class _Dialling(ClientFactory):
    """Connects once; ``done`` fires with the connection, or None when refused."""

    noisy = False

    def __init__(self) -> None:
        self.done: Once[_Connection | None] = Once()

    def buildProtocol(self, addr: Any) -> _Connection:
        return _Connection(self.done)

    def clientConnectionFailed(self, connector: Any, reason: Failure) -> None:
        self.done.give(None)


async def run(channel: Channel, url: str, execute: Execute) -> None:
    """AGI(url): sets AGISTATUS; SUCCESS even when the server died in the middle, as Asterisk."""
    parts = urlsplit(url)
    dialling = _Dialling()
    channel.core.reactor.connectTCP(parts.hostname, parts.port or 4573, dialling, timeout=2)
    connection = await dialling.done.wait()
    if connection is None:
        channel.set("AGISTATUS", "FAILURE")
        return
    session = _Session(channel, connection, execute)
    connection.send(_environment(channel, url, parts.path.lstrip("/")))
    channel.set("AGISTATUS", "SUCCESS")
    try:
        await session.obey()
    except CancelledError:
        channel.set("AGISTATUS", "HANGUP")
        session.caller_gone()
        raise
    finally:
        connection.transport.loseConnection()  # type: ignore[union-attr]  # connected


def _environment(channel: Channel, url: str, script: str) -> str:
    place = channel.place
    fields = {
        "network": "yes",
        "network_script": script,
        "request": url,
        "channel": channel.name,
        "language": channel.language,
        "type": channel.device.partition("/")[0],
        "uniqueid": channel.unique_id,
        "version": VERSION,
        "callerid": channel.caller.number or "unknown",
        "calleridname": channel.caller.name or "unknown",
        "callingpres": "0",
        "callingani2": "0",
        "callington": "0",
        "callingtns": "0",
        "dnid": channel.dialled or "unknown",
        "rdnis": "unknown",
        "context": place.context,
        "extension": place.exten,
        "priority": str(place.priority),
        "enhanced": "0.0",
        "accountcode": "",
        "threadid": "1",
    }
    return "".join(f"agi_{key}: {value}\n" for key, value in fields.items()) + "\n"


def split(line: str) -> list[str]:
    """A command line as Asterisk cuts it: blanks, double quotes, backslashes."""
    found = re.findall(r'"((?:[^"\\]|\\.)*)"|((?:[^\s"\\]|\\.)+)', line)
    return [re.sub(r"\\(.)", r"\1", quoted or bare) for quoted, bare in found]


class _Session:
    """The commands of one AGI session."""

    def __init__(self, channel: Channel, connection: _Connection, execute: Execute) -> None:
        self.channel, self.connection, self.execute = channel, connection, execute
        self.running = ""

    async def obey(self) -> None:
        """Do what the server says until it closes."""
        while (line := await self.connection.line()) is not None:
            self.running = line
            answer = await self._command(split(line))
            self.running = ""
            self.connection.send(answer + "\n")

    def caller_gone(self) -> None:
        """The channel was hung up: the running command fails, then the server is told."""
        if self.running:
            place = " endpos=0" if self.running.upper().startswith("STREAM") else ""
            self.connection.send(f"200 result=-1{place}\n")
        self.connection.send("HANGUP\n")

    async def _command(self, words: list[str]) -> str:
        verbs = {" ".join(words[:n]).upper(): words[n:] for n in (3, 2, 1)}
        for verb, arguments in verbs.items():
            command = COMMANDS.get(verb)
            if command:
                try:
                    return await command(self, arguments)
                except (IndexError, ValueError):
                    return (
                        f"520-Invalid command syntax.  Proper usage follows:\n{verb}\n{USAGE_END}"
                    )
        return "510 Invalid or unknown command"

    async def _answer(self, _: list[str]) -> str:
        self.channel.enter_state(State.UP)
        return "200 result=0"

    async def _status(self, _: list[str]) -> str:
        return f"200 result={int(self.channel.state)}"

    async def _exec(self, arguments: list[str]) -> str:
        try:
            await self.execute(self.channel, arguments[0], ",".join(arguments[1:]))
        except UnknownToSwitch as error:
            if "application" in str(error):
                return "200 result=-2"
            raise
        return "200 result=0"

    async def _get_data(self, arguments: list[str]) -> str:
        file, *rest = arguments
        wait = float(rest[0]) / 1000 if rest else 6.0
        most = int(rest[1]) if len(rest) > 1 else 1024
        digits = await self.channel.play(file, "0123456789*#")
        while digits[-1:] != "#" and len(digits) < most:
            key = await self.channel.key(wait)
            if not key:
                return f"200 result={digits} (timeout)"
            digits += key
        return f"200 result={digits.removesuffix('#')}"

    async def _get_variable(self, arguments: list[str]) -> str:
        name = arguments[0]
        value = substitute(self.channel, f"${{{name}}}")
        known = self.channel.has(name) or bool(value)
        return f"200 result=1 ({value})" if known else "200 result=0"

    async def _get_full_variable(self, arguments: list[str]) -> str:
        value = substitute(self.channel, arguments[0])
        return f"200 result=1 ({value})" if value else "200 result=0"

    async def _set_variable(self, arguments: list[str]) -> str:
        assign(self.channel, arguments[0], arguments[1])
        return "200 result=1"

    async def _hangup(self, _: list[str]) -> str:
        self.channel.hang_up(16)
        return "200 result=1"

    async def _noop(self, _: list[str]) -> str:
        return "200 result=0"

    async def _verbose(self, arguments: list[str]) -> str:
        return "200 result=1" if arguments else USAGE_END

    async def _stream(self, arguments: list[str]) -> str:
        file, escape = arguments[0], arguments[1]
        if file in self.channel.core.missing_sounds:
            return "200 result=-1 endpos=0"
        key = await self.channel.play(file, escape)
        place = int(self.channel.core.sound_seconds * SAMPLES)
        return f"200 result={ord(key) if key else 0} endpos={place}"

    async def _wait_for_digit(self, arguments: list[str]) -> str:
        milliseconds = int(arguments[0])
        key = await self.channel.key(None if milliseconds < 0 else milliseconds / 1000)
        return f"200 result={ord(key) if key else 0}"

    async def _record(self, arguments: list[str]) -> str:
        _, _, escape, milliseconds = arguments[:4]
        left = 3600.0 if int(milliseconds) < 0 else int(milliseconds) / 1000
        end = self.channel.core.clock.seconds() + left
        while (left := end - self.channel.core.clock.seconds()) > 0:
            key = await self.channel.key(left)
            if key and key in escape:
                return f"200 result={ord(key)} (dtmf) endpos=8000"
        return "200 result=0 (timeout) endpos=8000"


COMMANDS: dict[str, Callable[[_Session, list[str]], Awaitable[str]]] = {
    "ANSWER": _Session._answer,
    "CHANNEL STATUS": _Session._status,
    "EXEC": _Session._exec,
    "GET DATA": _Session._get_data,
    "GET FULL VARIABLE": _Session._get_full_variable,
    "GET VARIABLE": _Session._get_variable,
    "HANGUP": _Session._hangup,
    "NOOP": _Session._noop,
    "RECORD FILE": _Session._record,
    "SET VARIABLE": _Session._set_variable,
    "STREAM FILE": _Session._stream,
    "VERBOSE": _Session._verbose,
    "WAIT FOR DIGIT": _Session._wait_for_digit,
}
