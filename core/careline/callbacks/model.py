"""A call owed to somebody, and the pure rule what to do after a try."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum

from attrs import evolve, frozen

MAX_TRIES = 3
RETRY = timedelta(minutes=20)


class Why(Enum):
    """Why it is owed: the caller asked, hung up while waiting (漏话回拨), or was promised one."""

    ASKED = "asked"
    MISSED = "missed"
    PROMISED = "promised"


class CallbackState(Enum):
    """Where it is in its life."""

    WAITING = "waiting"
    CALLING = "calling"
    DONE = "done"
    FAILED = "failed"


@frozen(kw_only=True)
class Callback:
    """A call owed to ``number`` by an agent of ``queue``, not before ``due``.

    One that is given to an ``agent`` is that agent's to make: the queue does not begin it.
    """

    call: str
    queue: str
    number: str
    trunk: str
    why: Why
    asked: datetime
    due: datetime
    state: CallbackState = CallbackState.WAITING
    tries: int = 0
    last_call: str = ""
    agent: str = ""
    note: str = ""


def started(callback: Callback, call_id: str) -> Callback:
    """A try has begun as call ``call_id``."""
    return evolve(
        callback, state=CallbackState.CALLING, tries=callback.tries + 1, last_call=call_id
    )


def finished(callback: Callback, reached: bool, at: datetime) -> Callback:
    """A try is over: done, to be tried again in 20 minutes, or given up after 3."""
    if reached:
        return evolve(callback, state=CallbackState.DONE)
    if callback.tries >= MAX_TRIES:
        return evolve(callback, state=CallbackState.FAILED)
    return evolve(callback, state=CallbackState.WAITING, due=at + RETRY)


def next_due(callbacks: list[Callback], queue: str, at: datetime) -> Callback | None:
    """The one to do next for a queue: those who asked and those who were missed, oldest first."""
    waiting = [
        callback
        for callback in callbacks
        if callback.queue == queue
        and not callback.agent
        and callback.state is CallbackState.WAITING
        and callback.due <= at
    ]
    return min(waiting, key=lambda callback: callback.asked, default=None)
