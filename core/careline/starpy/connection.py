"""An AMI connection in StarPy's shape: sending, matching answers, handing out events."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from careline.errors import CarelineError
from careline.starpy import error
from careline.starpy.message import Message
from careline.starpy.rim import clock_of
from careline.telephony.ami import codec

log = logging.getLogger("AMI")

GREETING = b"Asterisk Call Manager/"

Answer = Deferred[Any]
Outgoing = Mapping[str, object] | Iterable[tuple[str, object]]
Callback = Callable[[Any], object]
EventCallback = Callable[[Any, Message], object]
EventNames = str | None | Iterable[str | None]


class deferredErrorResp(Deferred[Any]):
    """The Deferred of an action; ``registerError`` adds a callback for ``Response: Error``."""

    _errorRespCallback: Callback | None = None

    def registerError(self, function: Callback) -> None:
        """Call ``function`` with the response when it is an error."""
        self._errorRespCallback = function


class AMIConnection(Protocol):
    """Sends actions and hands answers and events to callbacks, as lower-case dicts.

    ``actionTimeout`` is how many seconds an action may go unanswered, beyond its own wait.
    """

    actionTimeout = 30.0
    count = 0
    amiVersion: str | None = None
    id: object = None
    factory: Any = None

    def __init__(self, *args: object, **named: object) -> None:
        self.actionIDCallbacks: dict[str, Callback] = {}
        self.eventTypeCallbacks: dict[str | None, list[EventCallback]] = {}
        self.hostName = socket.gethostname()
        self._lost = False
        own_dispatch = type(self).dispatchEvent is not AMIConnection.dispatchEvent
        self._decoder = codec.Decoder(None if own_dispatch else self._wanted)

    def registerEvent(self, event: EventNames, function: EventCallback) -> None:
        """Call ``function(protocol, event)`` for an event, for several, or (None) for all."""
        for name in _names(event):
            self.eventTypeCallbacks.setdefault(name, []).append(function)

    def deregisterEvent(self, event: EventNames, function: EventCallback | None = None) -> bool:
        """Remove ``function``, or all callbacks, of these events; True when each was known."""
        known = True
        for name in _names(event):
            functions = self.eventTypeCallbacks.pop(name, None)
            known = known and functions is not None
            kept = [one for one in functions or () if function is not None and one != function]
            if kept:
                self.eventTypeCallbacks[name] = kept
        return known

    def dataReceived(self, data: bytes) -> None:
        """Take bytes from Asterisk, cut anywhere."""
        for received in self._decoder.feed(data):
            self._take(received)

    def lineReceived(self, line: bytes) -> None:
        """Take one line from Asterisk, without its end."""
        self.dataReceived(line + b"\r\n")

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Fail all that waits, and forget all callbacks."""
        self._lost = True
        waiting = list(self.actionIDCallbacks.values())
        self.actionIDCallbacks.clear()
        for callback in waiting:
            _guarded(callback, ConnectionDone("AMI connection lost"))
        self.eventTypeCallbacks.clear()

    def dispatchEvent(self, event: Message) -> None:
        """Hand an event to the callbacks of its name, then to those of all events."""
        for key in (event["event"], None):
            for function in list(self.eventTypeCallbacks.get(key, ())):
                _guarded(function, self, event)

    def generateActionId(self) -> str:
        """An action id unique among all clients of this Asterisk."""
        self.count += 1
        return f"{self.hostName}-{id(self)}-{self.count}"

    def sendMessage(self, message: Outgoing, responseCallback: Callback | None = None) -> str:
        """Send a dict or list of pairs; returns the action id, answers go to the callback.

        Raises AMICommandFailure for what must not be sent, ConnectionDone when there is no link.
        """
        pairs = message.items() if isinstance(message, Mapping) else message
        fields = [(str(key).lower(), str(value)) for key, value in pairs]
        head = dict(reversed(fields))
        actionid = head.get("actionid") or self.generateActionId()
        rest = [field for field in fields if field[0] not in ("action", "actionid")]
        if self._lost or self.transport is None:
            raise ConnectionDone("no AMI connection")
        try:
            encoded = codec.encode(head.get("action", ""), rest, actionid)
        except CarelineError as why:
            raise error.AMICommandFailure(str(why)) from why
        if responseCallback:
            self.actionIDCallbacks[actionid] = responseCallback
        self.transport.write(encoded)
        return actionid

    def sendDeferred(self, message: Outgoing, *, wait: float | None = 0.0) -> deferredErrorResp:
        """Send; the Deferred fires with the response.

        ``wait``: seconds the action itself may take; None for no end.
        """
        df = deferredErrorResp()
        actionid = self._send(message, df, lambda answer: _settle(df, answer), wait)
        df.addCallback(self.checkErrorResponse, actionid, df)
        return df

    def checkErrorResponse(self, result: Any, actionid: str, df: deferredErrorResp) -> Any:
        """Tell ``registerError``'s callback of an error response; passes the result on."""
        self.cleanup(result, actionid)
        if isinstance(result, dict) and result.get("response") == "Error" and df._errorRespCallback:
            df._errorRespCallback(result)
        return result

    def cleanup(self, result: Any, actionid: str) -> Any:
        """Forget the callback of an action that is over; passes the result on."""
        self.actionIDCallbacks.pop(actionid, None)
        return result

    def collectDeferred(
        self, message: Outgoing, stopEvent: str, *, wait: float | None = 0.0
    ) -> Answer:
        """Send; the Deferred fires with all answers up to ``stopEvent``, that one included."""
        df: Answer = Deferred()
        collected: list[Message] = []

        def arrived(answer: Any) -> None:
            if not isinstance(answer, Message):
                _settle(df, answer)
            elif answer.get("response") == "Error":
                _settle(df, error.AMICommandFailure(answer))
            else:
                collected.append(answer)
                if answer.get("event") == stopEvent:
                    _settle(df, collected)

        self._send(message, df, arrived, wait)
        return df

    def errorUnlessResponse(self, message: Any, expected: str = "Success") -> Any:
        """Raise AMICommandFailure unless the response is ``expected``; passes it on."""
        if isinstance(message, dict) and message.get("response") != expected:
            raise error.AMICommandFailure(message)
        return message

    def _send(self, message: Outgoing, df: Answer, arrived: Callback, wait: float | None) -> str:
        """Send with a time-out that fails ``df``; the callback is forgotten when it is over."""
        try:
            actionid = self.sendMessage(message, arrived)
        except (error.AMICommandFailure, ConnectionDone):
            df.errback()
            return ""
        if wait is not None:
            limit = self.actionTimeout + wait
            df.addTimeout(limit, clock_of(self.factory), onTimeoutCancel=_timed_out)
        df.addBoth(self.cleanup, actionid)
        return actionid

    def _take(self, received: codec.Message) -> None:
        """One whole message: to the action that waits for it, and to the event's callbacks."""
        if received.kind == "other" and received.raw.startswith(GREETING):
            self.amiVersion = received.raw.removeprefix(GREETING).decode("latin-1").strip()
        message = Message(received)
        callback = self.actionIDCallbacks.get(message.get("actionid", ""))
        if callback:
            _guarded(callback, message)
        if "event" in message:
            self.dispatchEvent(message)

    def _wanted(self, name: bytes) -> bool:
        """True when somebody could be waiting for an event of this name; else it is skipped."""
        known = self.eventTypeCallbacks
        return bool(self.actionIDCallbacks) or None in known or name.decode("latin-1") in known


def _names(event: EventNames) -> tuple[str | None, ...]:
    return (event,) if event is None or isinstance(event, str) else tuple(event)


def _settle(df: Answer, result: Any) -> None:
    """Fire once: an exception fails the Deferred, anything else is its result."""
    if df.called:
        return
    if isinstance(result, Exception):
        df.errback(result)
    else:
        df.callback(result)


def _timed_out(result: Any, seconds: float) -> Any:
    raise error.AMITimeout(f"no answer within {seconds:g} s") from None


def _guarded(function: Callable[..., object], *args: object) -> None:
    """Call a program's callback; what it raises is logged and does not end the connection."""
    try:
        function(*args)
    except Exception:  # the program's own code; nothing of ours is awaited here
        log.exception("callback %r failed", function)
