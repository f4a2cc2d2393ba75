"""A FastAGI call in StarPy's shape: commands in order, each with a Deferred for its answer."""

from __future__ import annotations

import logging
import re
import time as clock
from collections.abc import Iterable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, fail, maybeDeferred
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from careline.errors import CarelineError, Invalid
from careline.starpy import error
from careline.starpy.rim import clock_of
from careline.telephony.agi import codec

log = logging.getLogger("FastAGI")

FAILURE_CODE = -1
"""The code of an AGICommandFailure that Asterisk reported as a result, not as an error."""

Answer = Deferred[Any]

_BREAKS = re.compile(r"[\r\n\0]")


class AGICall(Protocol):
    """One call. ``variables`` are what Asterisk told of it, keys ``agi_channel`` and so on.

    ``commandTimeout``: seconds a command may go unanswered beyond its own wait; commands that
    play, record or run an application last as long as they last, or until the connection ends.
    """

    commandTimeout = 10.0
    lostConnectionDeferred: Answer | None = None
    factory: Any = None
    transport: Any = None

    def __init__(self, *args: object, **named: object) -> None:
        self.variables: dict[str, str] = {}
        self.pendingMessages: list[Answer] = []
        self._decoder = codec.Decoder()
        self._lost = False

    def connectionMade(self) -> None:
        """A new call; a host that dies without a word is noticed by TCP keep-alive."""
        if hasattr(self.transport, "setTcpKeepAlive"):
            self.transport.setTcpKeepAlive(1)

    def dataReceived(self, data: bytes) -> None:
        """Take bytes from Asterisk, cut anywhere; who speaks no AGI is disconnected."""
        try:
            received = self._decoder.feed(data)
        except Invalid as why:
            log.error("%s", why)
            self.transport.loseConnection()
            return
        for each in received:
            self._take(each)

    def lineReceived(self, line: bytes) -> None:
        """Take one line from Asterisk, without its end."""
        self.dataReceived(line + b"\n")

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Fail all that waits: the caller hung up, or Asterisk ended."""
        self._lost = True
        pending, self.pendingMessages = self.pendingMessages, []
        for df in pending:
            df.errback(ConnectionDone("FastAGI connection terminated"))
        if self.lostConnectionDeferred:
            self.lostConnectionDeferred.errback(reason)

    def onClose(self) -> Answer:
        """A Deferred that fails with the reason when the connection is lost."""
        if self.lostConnectionDeferred is None:
            self.lostConnectionDeferred = Deferred()
        return self.lostConnectionDeferred

    def finish(self) -> None:
        """End the session: the call goes on in the dialplan."""
        self.transport.loseConnection()

    def sendCommand(self, commandString: str) -> Answer:
        """Send one line; fires with all after ``200 result=``.

        The line goes out as it is: what is put into it must be quoted. The methods do so.
        """
        command = commandString.rstrip("\r\n")
        data = command.encode() + b"\n"
        if self._lost:
            return fail(ConnectionDone("no FastAGI connection"))
        if _BREAKS.search(command) or len(data) > codec.MAX_COMMAND:
            return fail(error.AGICommandFailure(FAILURE_CODE, "a line end in it, or too long"))
        df: Answer = Deferred()
        self.pendingMessages.append(df)
        self.transport.write(data)
        return df

    def _ask(self, command: str, words: Iterable[object], wait: float | None) -> Answer:
        """Send a command with its arguments quoted; ``wait``: seconds it may take, None: ever."""
        try:
            line = codec.encode([*command.split(), *map(str, words)])
        except CarelineError as why:
            return fail(error.AGICommandFailure(FAILURE_CODE, str(why)))
        df = self.sendCommand(line.decode())
        if wait is None or df.called:
            return df
        limit = self.commandTimeout + wait
        return df.addTimeout(limit, clock_of(self.factory), onTimeoutCancel=_timed_out)

    def _take(self, received: codec.Received) -> None:
        if isinstance(received, codec.Environment):
            self.variables = {f"agi_{key.lower()}": at for key, at in received.values.items()}
            maybeDeferred(self.factory.mainFunction, self).addErrback(self._main_failed)
        elif isinstance(received, codec.Hangup):
            log.info("the caller hung up")  # the answer to what is under way still comes
        elif not self.pendingMessages:
            log.warning("an answer without a command: %r", received.code)
        else:
            _settle(self.pendingMessages.pop(0), received)

    def _main_failed(self, reason: Failure) -> None:
        """The program let go of an error: without an end the caller would wait in silence."""
        if reason.check(ConnectionDone, CancelledError):  # type: ignore[no-untyped-call]  # Twisted's
            log.info("the call ended: %s", reason.getErrorMessage())
        else:
            log.error("the main function failed\n%s", reason.getTraceback())
        self.transport.loseConnection()

    # how answers are read ---------------------------------------------------------------------

    def checkFailure(self, result: str, failure: str = "-1") -> str:
        """Raise AGICommandFailure when the result is ``failure``; pass it on else."""
        if result.partition(" ")[0] == failure:
            raise error.AGICommandFailure(FAILURE_CODE, result)
        return result

    def resultAsInt(self, result: str) -> int:
        """The result as an integer."""
        try:
            return int(result.partition(" ")[0])
        except ValueError as why:
            raise error.AGICommandFailure(FAILURE_CODE, result) from why

    def secondResultItem(self, result: str) -> str:
        """What stands behind the result."""
        return result.partition(" ")[2]

    def resultPlusTimeoutFlag(self, resultLine: str) -> tuple[str, bool]:
        """The result, and whether ``(timeout)`` stands behind it."""
        digits, _, flag = resultLine.partition(" ")
        return digits, bool(flag)

    def dateAsSeconds(self, date: Any) -> int:
        """A date, datetime, struct_time or number as seconds since 1970."""
        if getattr(date, "tzinfo", None) is not None:
            return int(date.timestamp())
        if hasattr(date, "timetuple"):
            date = date.timetuple()
        return int(clock.mktime(date) if isinstance(date, clock.struct_time) else date)

    def onRecordingComplete(self, resultLine: str) -> tuple[int, str, int]:
        """(digit, how it ended, end position) of a recording."""
        found = re.fullmatch(r"(-?\d+) \((.*)\) endpos=(-?\d+)", resultLine)
        if found is None:
            self.checkFailure(resultLine)
            raise ValueError(f"unexpected result of a recording: {resultLine!r}")
        return int(found[1]), found[2], int(found[3])

    def onStreamingComplete(self, resultLine: str, skipMS: int | None = 0) -> tuple[int, int]:
        """(digit, end position) of a file; a failure when nothing was played and nobody pressed."""
        found = re.fullmatch(r"(-?\d+) endpos=(-?\d+)", resultLine)
        if found is None:
            raise ValueError(f"unexpected result of playing: {resultLine!r}")
        digit, end = int(found[1]), int(found[2])
        if digit == 0 and end == skipMS:
            raise error.AGICommandFailure(FAILURE_CODE, f"nothing was played: {resultLine}")
        return digit, end

    def onControlStreamFileComplete(self, resultLine: str) -> tuple[int, int | None]:
        """(digit, end position, which old versions do not tell: None)."""
        end = re.search(r"endpos=(-?\d+)", resultLine)
        return self.resultAsInt(resultLine), int(end[1]) if end else None


def _settle(df: Answer, reply: codec.Reply) -> None:
    """Fire; a Deferred whose time was over takes its late answer without a word."""
    if reply.code == 200:
        df.callback(_after_result(reply))
    else:
        said = (reply.value or "").removeprefix(str(reply.code)).lstrip(" -")
        df.errback(error.AGICommandFailure(reply.code or 500, said))


def _after_result(reply: codec.Reply) -> str:
    """The text behind ``200 result=``, as StarPy gives it."""
    if reply.value is not None and reply.value.startswith("200 ") and not reply.result:
        return reply.value.removeprefix("200 ").removeprefix("result=")
    value = "" if reply.value is None else f" ({reply.value})"
    return reply.result + value + ("" if reply.endpos is None else f" endpos={reply.endpos}")


def _timed_out(result: Any, seconds: float) -> Any:
    raise error.AGITimeout(FAILURE_CODE, f"no answer within {seconds:g} s") from None
