"""Jobs as values, and the rule that says whether and when a failed one is tried again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from attrs import field, frozen

from careline.errors import Invalid, NotFound, Refused

#: Errors that the next try would only meet again.
LASTING = (Invalid, NotFound, Refused)


class JobState(Enum):
    """Where a job is; parked ones wait for an administrator."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    PARKED = "parked"


@frozen
class Job:
    """What is to be done: a handler's ``kind`` and JSON ``args``, not before ``run_at``.

    While a job with the same ``dedupe_key`` is remembered (waiting, running, parked, or done
    within the retention time), putting another one changes nothing.
    """

    kind: str
    args: Mapping[str, Any] = field(factory=dict)
    run_at: datetime | None = None
    dedupe_key: str | None = None


@frozen
class JobRecord:
    """A job as stored. ``tries`` counts begun attempts, this one included; times are UTC."""

    id: int
    kind: str
    args: Mapping[str, Any]
    run_at: datetime
    dedupe_key: str | None
    state: JobState
    tries: int
    owner: str | None
    lease_until: datetime | None
    error: str | None
    created_at: datetime
    finished_at: datetime | None


@frozen
class RetryPolicy:
    """Back-off: ``first`` seconds doubling to ``longest``, and ``max_tries`` before parking.

    With the default figures a job is tried for about 10 hours.
    """

    max_tries: int = 20
    first: float = 2.0
    longest: float = 3600.0


@frozen
class Retry:
    """Try again at ``run_at``; ``counted`` is false when the attempt is not held against it."""

    run_at: datetime
    counted: bool = True


@frozen
class Parked:
    """Stop trying; an administrator decides."""


class Postpone(Exception):
    """Raised by a handler when the time is wrong (quiet hours): again at ``run_at``, uncounted."""

    def __init__(self, run_at: datetime, why: str) -> None:
        self.run_at = run_at
        super().__init__(why)


class Park(Exception):
    """Raised by a handler that knows that no further try will help."""


def retry_decision(
    policy: RetryPolicy, tries: int, error: BaseException, now: datetime, chance: float
) -> Retry | Parked:
    """Decide what follows the failed attempt number ``tries``; pure, ``chance`` is random 0..1.

    The wait is jittered between half and whole, so that a thousand jobs that failed together
    do not come back together.
    """
    if isinstance(error, Postpone):
        return Retry(max(error.run_at, now), counted=False)
    if isinstance(error, (Park, *LASTING)) or tries >= policy.max_tries:
        return Parked()
    wait = min(policy.longest, policy.first * 2.0 ** min(tries - 1, 30))
    return Retry(now + timedelta(seconds=wait * (0.5 + chance / 2)))


JobFunction = Callable[[Mapping[str, Any], JobRecord], Awaitable[object]]


@frozen
class Work:
    """A handler with figures of its own; ``timeout`` is seconds for one attempt."""

    do: JobFunction
    timeout: float = 60.0
    retry: RetryPolicy = RetryPolicy()
