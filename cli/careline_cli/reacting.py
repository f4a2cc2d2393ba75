"""Work that needs a reactor, for commands that otherwise need none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import click
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from careline_cli.preparing import the_reactor

T = TypeVar("T")


def on_reactor(work: Callable[[Any], Awaitable[T]]) -> T:
    """The result of ``work(reactor)`` on this process's reactor, which cannot be run again.

    Raises what ``work`` raises, and click's Abort when the user ends it.
    """
    reactor = the_reactor()
    results: list[Any] = []

    def done(result: Any) -> None:
        results.append(result)
        reactor.stop()

    async def whole() -> T:
        return await work(reactor)

    reactor.callWhenRunning(lambda: Deferred.fromCoroutine(whole()).addBoth(done))
    reactor.run()
    if not results:
        raise click.Abort
    if isinstance(results[0], Failure):
        results[0].raiseException()
    answer: T = results[0]
    return answer
