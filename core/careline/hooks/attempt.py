"""One call into a plugin: bounded in time, every step measured, its exceptions turned to values."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from typing import Any

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from careline.clock import Clock

log = Logger()


@frozen
class Done:
    """It answered."""

    value: Any


@frozen
class Failed:
    """It raised, whatever that was."""

    failure: Failure


@frozen
class Late:
    """It did not answer in time and was cancelled; it may still run, but nobody listens."""

    seconds: float


Outcome = Done | Failed | Late


def attempt(
    clock: Clock,
    timeout: float,
    call: Callable[[], object],
    stopwatch: Callable[[], float],
    on_step: Callable[[float], None],
) -> Deferred[Outcome]:
    """Call a plugin's function, sync or async, and fire with an Outcome: it never errs back.

    ``on_step`` gets the seconds of each stretch in which the plugin held the reactor. Only when the
    returned Deferred is itself cancelled does it raise CancelledError, so what a plugin raises is
    never mistaken for it. A plugin that swallows its cancellation cannot hold its caller up.
    """
    timer: IDelayedCall | None = None
    given_up = False

    def cancelled(_: object) -> None:
        nonlocal given_up
        given_up = True
        if timer is not None and timer.active():
            timer.cancel()
        _cancel(inner)

    outcome: Deferred[Outcome] = Deferred(cancelled)

    def settle(result: object) -> None:
        if outcome.called or given_up:
            return
        if timer is not None:
            timer.cancel()
        outcome.callback(Failed(result) if isinstance(result, Failure) else Done(result))

    def expire() -> None:
        outcome.callback(Late(timeout))
        _cancel(inner)

    inner: Deferred[Any] = Deferred.fromCoroutine(_measured(_run(call), stopwatch, on_step))
    inner.addBoth(settle)
    if not outcome.called:
        timer = clock.call_later(timeout, expire)
    return outcome


async def _run(call: Callable[[], object]) -> object:
    result = call()
    return await result if inspect.isawaitable(result) else result


def _measured(
    coro: Coroutine[Any, Any, Any],
    stopwatch: Callable[[], float],
    on_step: Callable[[float], None],
) -> Generator[Any, Any, Any]:
    """Drive ``coro`` step by step, as ``await`` would, and report how long each step took."""
    resume: Callable[[], Any] = partial(coro.send, None)
    while True:
        began = stopwatch()
        try:
            awaited = resume()
        except StopIteration as end:
            return end.value
        finally:
            on_step(stopwatch() - began)
        try:
            sent = yield awaited
        except GeneratorExit:
            coro.close()
            raise
        except BaseException as error:  # noqa: BLE001  not handled here: handed on to the coroutine
            resume = partial(coro.throw, error)
        else:
            resume = partial(coro.send, sent)


def _cancel(inner: Deferred[Any]) -> None:
    """Cancel; a plugin's own canceller may raise, which is its failure and not ours."""
    try:
        inner.cancel()
    except Exception:  # noqa: BLE001  part of the hub: the one place that may catch everything
        log.failure("a plugin's canceller failed")
