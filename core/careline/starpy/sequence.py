"""StarPy's ``InSequence``: several steps, one after the other, as one Deferred."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.python.failure import Failure


class InSequence:
    """Steps to run once, in order; the first that fails ends it."""

    def __init__(self) -> None:
        self.actions: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = []
        self.results: list[Any] = []

    def append(self, function: Callable[..., Any], *args: Any, **named: Any) -> None:
        """Add a call, which may return a Deferred."""
        self.actions.append((function, args, named))

    def __call__(self) -> Deferred[Any]:
        """Run; fires with the list of results. A failure carries those so far as ``results``."""
        return Deferred.fromCoroutine(self._run()).addErrback(self._with_results)

    async def _run(self) -> list[Any]:
        while self.actions:
            function, args, named = self.actions.pop(0)
            self.results.append(await maybeDeferred(function, *args, **named))
        return self.results

    def _with_results(self, reason: Failure) -> Failure:
        reason.results = self.results  # type: ignore[attr-defined]  # StarPy hands them over so
        return reason
