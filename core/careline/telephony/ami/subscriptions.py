"""Who wants which events: what the decoder asks for each event, so one set look-up."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from twisted.logger import Logger

from careline.errors import Invalid
from careline.telephony.ami.message import Message

log = Logger()
failing_logged = log.failureHandler("a callback for an AMI event failed")
_NAME = re.compile(r"[A-Za-z0-9]+")

Callback = Callable[[Message], object]


class Subscriptions:
    """Callbacks by event name; one that raises is logged and harms no other."""

    def __init__(self) -> None:
        self._callbacks: dict[str, tuple[Callback, ...]] = {}
        self.names: set[bytes] = set()

    def add(self, names: Iterable[str], callback: Callback) -> Callable[[], None]:
        """Call ``callback`` for every event called so; returns what ends it (once or more)."""
        wanted = frozenset(names)
        for name in wanted:
            if not _NAME.fullmatch(name):
                raise Invalid("ami.event_name", "{name} is no event name", name=name)

        def mine(message: Message) -> object:  # the same callback may be added twice
            return callback(message)

        for name in wanted:
            self._set(name, (*self._callbacks.get(name, ()), mine))

        def remove() -> None:
            for name in wanted:
                self._set(name, tuple(c for c in self._callbacks.get(name, ()) if c is not mine))

        return remove

    def _set(self, name: str, callbacks: tuple[Callback, ...]) -> None:
        if callbacks:
            self._callbacks[name] = callbacks
            self.names.add(name.encode())
        else:
            self._callbacks.pop(name, None)
            self.names.discard(name.encode())

    def tell(self, message: Message) -> None:
        """Call all who want this event, in the order they subscribed."""
        for callback in self._callbacks.get(message.name, ()):
            with failing_logged:
                callback(message)
