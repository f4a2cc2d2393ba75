"""Exchanges with a hospital's system as values."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from attrs import frozen


class Outcome(Enum):
    """How an exchange ended.

    REFUSED: the system said no. LATE: no answer in time, or the asker gave up. UNREACHABLE: nothing
    was received. WRONG: an answer that cannot be understood.
    """

    DONE = "done"
    REFUSED = "refused"
    LATE = "late"
    UNREACHABLE = "unreachable"
    WRONG = "wrong"


@frozen(kw_only=True)
class Kept:
    """One exchange; texts are masked and cut to 4,096 characters."""

    id: int = 0
    at: datetime
    campus: str
    what: str
    outcome: Outcome
    took_ms: int
    request: str
    response: str


@frozen(kw_only=True)
class Wanted:
    """What to look for among exchanges; what is empty does not count."""

    campus: str = ""
    what: str = ""
    outcome: Outcome | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int = 0
    """Only those older than the one with this id: the next page."""
