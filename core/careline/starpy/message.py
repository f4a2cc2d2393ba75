"""What StarPy's callbacks receive: a plain dict with lower-case keys that forgets nothing."""

from __future__ import annotations

from typing import Any

from careline.telephony.ami import codec


class Message(dict[str, Any]):
    """A response or event: ``message["channel"]`` is the last value, as StarPy gives it.

    ``getall`` gives every value of a repeated header, ``headers`` all pairs as they came. Output
    of a CLI command is the list ``message[" "]``.
    """

    def __init__(self, received: codec.Message) -> None:
        self.headers = received.headers
        super().__init__({key.lower(): value.strip() for key, value in self.headers if key})
        if received.kind == "response" and received.lines:
            self[" "] = list(received.lines)

    def getall(self, key: str) -> list[str]:
        """All values of a header in the order they came; empty when there is none."""
        wanted = key.lower()
        return [value.strip() for name, value in self.headers if name.lower() == wanted]
