"""What a flow ends a step with: the caller waits, talks, speaks on tape, or the call is over.

The switch does what the exit says and comes back with an outcome; ``next`` tells which outcomes
lead on (to which node), the engine follows it when it is run again with that outcome.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

ANSWERED = "answered"
TIMEOUT = "timeout"
FULL = "full"
CLOSED = "closed"
KEY = "key"
WITHDRAWN = "withdrawn"
DONE = "done"
FAILED = "failed"
OUTCOMES = (ANSWERED, TIMEOUT, FULL, CLOSED, KEY, WITHDRAWN, DONE, FAILED)

Next = Mapping[str, str]


@frozen(kw_only=True)
class ToQueue:
    """Wait for an agent of ``queue``, at most ``limit_s`` seconds (0: without limit).

    A higher ``priority`` is served first. Outcomes: answered, timeout, full, closed (nobody signed
    in or outside its hours), key (left by a key), withdrawn (taken out by the core).
    """

    queue: str
    priority: int = 0
    limit_s: int = 0
    next: Next = field(factory=dict)


@frozen(kw_only=True)
class ToNumber:
    """Be connected to ``number``, which the number rules have still to judge.

    Outcomes: answered, failed.
    """

    number: str
    ring_s: int = 45
    next: Next = field(factory=dict)


@frozen(kw_only=True)
class ToAgent:
    """Be connected to one agent by number, without a queue. Outcomes: answered, failed."""

    agent: str
    ring_s: int = 30
    next: Next = field(factory=dict)


@frozen(kw_only=True)
class ToVoicemail:
    """Leave a message of at most ``limit_s`` seconds in ``box`` (a queue's or campus' name).

    Outcomes: done, failed.
    """

    box: str
    limit_s: int = 120
    next: Next = field(factory=dict)


@frozen(kw_only=True)
class ToCallback:
    """Be called back at ``number`` by an agent of ``queue``. Outcomes: done, failed."""

    queue: str
    number: str
    next: Next = field(factory=dict)


@frozen(kw_only=True)
class Hangup:
    """The flow is at its end; ``cause`` is the Q.850 cause (16: normal, 21: refused)."""

    cause: int = 16


Exit = ToQueue | ToNumber | ToAgent | ToVoicemail | ToCallback | Hangup
