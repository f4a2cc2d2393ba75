"""A red flag (红旗): an answer that somebody must look at soon; pure values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum

from attrs import frozen

#: A level of its own, below all: of follow-ups that are overdue, not of flags.
LEADERS = -1


class FlagState(Enum):
    """OPEN until a person has taken notice; SEEN until it is looked after; then CLOSED."""

    OPEN = "open"
    SEEN = "seen"
    CLOSED = "closed"


@frozen(kw_only=True)
class Flag:
    """One alert, committed with its answer.

    ``level`` counts how often it was passed on: 0 the ward, then those above. ``deadline`` is when
    it is passed on next (UTC); who has seen it and not looked after it by then is as nobody.
    ``turn`` counts the alerts of one answer: a correction that is bad in another way is a new one.
    ``lost`` are the posts whose message of this level has failed.
    """

    id: int = 0
    task: int
    case: int
    question: str
    turn: int = 0
    value: int
    words: str
    words_en: str = ""
    campus: str
    department: str = ""
    ward: str = ""
    patient: int = 0
    day: date
    raised: datetime
    state: FlagState = FlagState.OPEN
    level: int = 0
    deadline: datetime | None = None
    lost: Sequence[int] = ()
    seen: datetime | None = None
    seen_by: str = ""
    closed: datetime | None = None
    closed_by: str = ""
    note: str = ""

    def words_in(self, language: str) -> str:
        """What it warns of, for a reader of ``language``."""
        return self.words_en if language == "en" and self.words_en else self.words


@frozen(kw_only=True, repr=False)
class Post:
    """Who is told of red flags of a ward, by message; empty ``ward`` is every ward of a campus.

    With ``doctor`` it is who treated the patient (主管医生), named as the hospital's system does:
    told beside the ward, whatever the ward. ``level`` 0 is told at once, 1 when the first deadline
    is over, and so on; ``LEADERS`` hear each morning how many follow-ups of the campus are overdue.
    ``number`` is E.164.
    """

    id: int = 0
    campus: str
    ward: str = ""
    doctor: str = ""
    level: int = 0
    who: str
    number: str

    def __repr__(self) -> str:
        """Masked: values end up in tracebacks."""
        return f"Post({self.campus}, {self.ward}, {self.level})"
