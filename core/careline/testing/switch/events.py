"""Manager events as Asterisk 22 writes them: the same headers in the same order."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from careline.clock import Clock

Headers = Iterable[tuple[str, object]]

CLASSES = {
    "agent": ("Agent", "QueueCaller", "QueueMember"),
    "system": ("ContactStatus", "PeerStatus", "Registry", "FullyBooted", "Shutdown"),
    "user": ("UserEvent",),
}
CAUSES = {
    0: "Unknown",
    16: "Normal Clearing",
    17: "User busy",
    19: "No user responding",
    21: "Call Rejected",
    26: "Answered elsewhere",
}


def privilege(name: str) -> str:
    """The class of an event, as its Privilege header names it."""
    for group, prefixes in CLASSES.items():
        if name.startswith(prefixes):
            return f"{group},all"
    return "call,all"


def encode(headers: Headers) -> bytes:
    """One AMI message on the wire."""
    lines = [f"{key}: {value}" for key, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Events:
    """Sends events to whoever listens, and keeps them.

    ``log`` holds (name, headers) of all; ``listeners`` get (name, bytes).
    """

    def __init__(self, clock: Clock, node: str) -> None:
        self._clock, self._node = clock, node
        self.log: list[tuple[str, tuple[tuple[str, str], ...]]] = []
        self.listeners: list[Callable[[str, bytes], None]] = []

    def send(self, name: str, *parts: Headers) -> None:
        """An event with the headers of ``parts``, one after the other."""
        fields = [(key, value) for part in parts for key, value in part]
        now = self._clock.now().timestamp()
        head = [("Event", name), ("Privilege", privilege(name))]
        head += [("Timestamp", f"{now:.6f}"), ("SystemName", self._node)]
        self.log.append((name, tuple((key, str(value)) for key, value in fields)))
        data = encode([*head, *fields])
        for listener in tuple(self.listeners):
            listener(name, data)

    def names(self) -> list[str]:
        """Names of all events so far, in order."""
        return [name for name, _ in self.log]
