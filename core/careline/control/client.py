"""The control socket's client, blocking: for the command line."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from careline import errors
from careline.errors import CarelineError, Unavailable

KINDS: dict[str, type[CarelineError]] = {
    cls.__name__: cls
    for cls in (
        CarelineError,
        errors.NotFound,
        errors.Refused,
        errors.Conflict,
        errors.Invalid,
        Unavailable,
    )
}


@frozen
class ControlClient:
    """Asks the core behind ``path``; ``timeout_s`` bounds the silence between two lines.

    ``supervised()`` tells whether a core that is not there is about to be started.
    """

    path: Path
    timeout_s: float = 30.0
    supervised: Callable[[], bool] = lambda: False

    def call(
        self,
        verb: str,
        on_event: Callable[[Mapping[str, Any]], None] | None = None,
        /,
        **args: Any,
    ) -> Any:
        """The verb's result; its errors are raised here, Unavailable when no core runs."""
        request = json.dumps({"verb": verb, "args": args}).encode() + b"\n"
        try:
            return self._exchange(request, on_event)
        except OSError as error:
            raise self._absent() from error

    def running(self) -> bool:
        """True when a core answers."""
        try:
            self.call("ping")
        except CarelineError:
            return False
        return True

    def _absent(self) -> Unavailable:
        if self.supervised():
            return Unavailable(
                "control.restarting",
                "careline is being started; calls in Asterisk go on. Try again in some seconds; if"
                " this lasts, careline doctor says why",
            )
        return Unavailable(
            "control.no_core", "careline does not run here (start it with: careline run)"
        )

    def _exchange(
        self, request: bytes, on_event: Callable[[Mapping[str, Any]], None] | None
    ) -> Any:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(self.timeout_s)
            connection.connect(str(self.path))
            connection.sendall(request)
            with connection.makefile("rb") as lines:
                for line in lines:
                    answer = json.loads(line)
                    if "result" in answer:
                        return answer["result"]
                    if "error" in answer:
                        raise restore(answer["error"])
                    if on_event is not None:
                        on_event(answer["event"])
        raise Unavailable("control.cut", "the core went away while it worked on this")


def restore(described: Mapping[str, Any]) -> CarelineError:
    """The error that :func:`careline.control.server.describe` described."""
    problems = [restore(problem) for problem in described["problems"]]
    cls = KINDS.get(described["kind"], CarelineError)
    return cls(described["code"], described["message"], problems=problems, **described["params"])
