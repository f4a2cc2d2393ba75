"""A pool of threads that are none, for a core in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.python.failure import Failure


def at_once(call: Callable[..., Any], *args: Any, **more: Any) -> Any:
    """What a pool's thread does: call."""
    return call(*args, **more)


class InlinePool:
    """What is given to it is done at once, by ``do(call, ...)``, in the thread that gives it."""

    def __init__(self, do: Callable[..., Any] = at_once) -> None:
        self._do = do

    def start(self) -> None:
        """Nothing to start."""

    def stop(self) -> None:
        """Nothing to stop."""

    def callInThread(self, call: Callable[..., Any], *args: object, **more: object) -> None:
        """Call now."""
        self._do(call, *args, **more)

    def callInThreadWithCallback(
        self, told: Callable[[bool, Any], object], call: Callable[..., Any], *args: Any, **more: Any
    ) -> None:
        """Call now, and tell the outcome."""
        try:
            result = self._do(call, *args, **more)
        except BaseException:  # noqa: BLE001 - handed over whole, as a thread pool does
            told(False, Failure())  # type: ignore[no-untyped-call]  # Twisted's
        else:
            told(True, result)
