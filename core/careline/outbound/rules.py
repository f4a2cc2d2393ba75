"""What comes after a try: a pure function of the task, the outcome and the figures."""

from __future__ import annotations

from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from attrs import frozen

from careline.outbound.model import Kept, Outcome, Stage
from careline.outreach.model import Result

#: The halves of the day after which an answering machine is tried again.
HALVES = (time(9), time(14, 30))

RESULTS = {
    Outcome.ANSWERED: Result.REACHED,
    Outcome.WRONG_NUMBER: Result.WRONG_NUMBER,
    Outcome.EXPIRED: Result.DROPPED,
    Outcome.WITHDRAWN: Result.DROPPED,
    Outcome.REFUSED: Result.DROPPED,
    # No phone rang: a trunk that is out of order does not use up a patient's tries of the day.
    Outcome.FAILED: Result.DROPPED,
}
"""What the governor of outreach is told; all else is FAILED."""


@frozen(kw_only=True)
class Retries:
    """How often and when: figures of ``[outbound]``.

    ``tries`` are for one number, ``most`` for the whole task, failures of our own included.
    """

    busy: timedelta = timedelta(minutes=10)
    no_answer: timedelta = timedelta(hours=2)
    failed: timedelta = timedelta(minutes=10)
    tries: int = 3
    most: int = 20


def after(
    kept: Kept, outcome: Outcome, now: datetime, retries: Retries, zone: tzinfo
) -> dict[str, Any]:
    """What changes of ``kept`` after a try (or instead of one) with this outcome.

    Busy, unanswered and machines are tried again, then the next number of the ladder; a wrong
    number leads there at once. Failures of our own cost the number no try.
    """
    if outcome in (Outcome.ANSWERED, Outcome.EXPIRED, Outcome.WITHDRAWN):
        return _done(outcome, now)
    if kept.tries >= _most(kept, outcome, retries):
        return _done(outcome, now)
    if outcome in (Outcome.WRONG_NUMBER, Outcome.REFUSED):
        return _next_rung(kept, outcome, now, now)
    at = _again(kept, outcome, now, retries, zone)
    if outcome is Outcome.FAILED:
        changes = _waiting(outcome, now, at) | {"rung_tries": max(kept.rung_tries - 1, 0)}
    elif kept.rung_tries < retries.tries:
        changes = _waiting(outcome, now, at)
    else:
        changes = _next_rung(kept, outcome, now, now + retries.busy)
    last = kept.task.not_after
    if last is not None and changes["stage"] is Stage.WAITING and changes["next_at"] >= last:
        return _done(outcome, now)
    return changes


def _most(kept: Kept, outcome: Outcome, retries: Retries) -> int:
    if outcome is Outcome.FAILED:
        return retries.most
    return min(kept.task.most_tries or retries.most, retries.most)


def _again(kept: Kept, outcome: Outcome, now: datetime, retries: Retries, zone: tzinfo) -> datetime:
    if outcome is Outcome.BUSY:
        return now + retries.busy
    if outcome is Outcome.MACHINE:
        return next_half(now, zone)
    if outcome is Outcome.FAILED:
        return now + retries.failed * min(kept.tries + 1, 6)
    return now + retries.no_answer


def next_half(now: datetime, zone: tzinfo) -> datetime:
    """The beginning of the next half of a working day, by the clock of ``zone``."""
    here = now.astimezone(zone)
    for day in (here.date(), here.date() + timedelta(days=1)):
        for begin in HALVES:
            # datetime.combine keeps the wall clock; the zone says what moment that is
            moment = datetime.combine(day, begin, zone)
            if moment.timestamp() > now.timestamp():
                return moment.astimezone(now.tzinfo)
    raise AssertionError("tomorrow has a morning")


def _next_rung(kept: Kept, outcome: Outcome, now: datetime, at: datetime) -> dict[str, Any]:
    if kept.rung + 1 >= len(kept.task.rungs):
        return _done(outcome, now)
    return _waiting(outcome, now, at) | {"rung": kept.rung + 1, "rung_tries": 0}


def _waiting(outcome: Outcome, now: datetime, at: datetime) -> dict[str, Any]:
    free = {"stage": Stage.WAITING, "agent": "", "call": "", "node": ""}
    return free | {"next_at": at, "since": now, "outcome": outcome}


def _done(outcome: Outcome, now: datetime) -> dict[str, Any]:
    return {"stage": Stage.DONE, "outcome": outcome, "since": now, "node": ""}
