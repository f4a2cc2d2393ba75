"""The answer to a survey after one call; pure values."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum

from attrs import field, frozen


class State(Enum):
    """ASKED: on the way; WANTED: hung up first, may still be asked; SILENT: was asked in vain."""

    ASKED = "asked"
    WANTED = "wanted"
    SILENT = "silent"
    ANSWERED = "answered"


class Way(Enum):
    """How somebody was asked."""

    NONE = ""
    KEYS = "keys"
    AGENT = "agent"
    MESSAGE = "message"


@frozen(kw_only=True)
class Reply:
    """The answer to one question; ``text`` is what was said of it in words."""

    question: str
    value: int
    text: str = ""


@frozen(kw_only=True)
class Answer:
    """What came of one call's survey; ``agent`` is whom it is about, ``by`` who wrote it down.

    ``department`` is the name of the one that was talked of. ``points`` (100 to 500) and ``level``
    (1 to 5) are None until the score is there. ``at`` is when the talk ended, ``day`` its local
    day. ``seen``: a shift leader has looked after a low score.
    """

    id: int = 0
    call: str
    survey: str
    version: int
    state: State = State.ASKED
    way: Way = Way.NONE
    agent: str = ""
    queue: str = ""
    campus: str = ""
    department: str = ""
    patient: int = 0
    day: date
    at: datetime
    answered: datetime | None = None
    points: int | None = None
    level: int | None = None
    low: bool = False
    by: str = ""
    seen: datetime | None = None
    seen_by: str = ""
    replies: tuple[Reply, ...] = field(default=())

    @property
    def values(self) -> dict[str, int]:
        """Question -> value of all replies."""
        return {one.question: one.value for one in self.replies}

    @property
    def comment(self) -> str:
        """All that was said in words."""
        return " · ".join(one.text for one in self.replies if one.text)

    @property
    def over(self) -> bool:
        """True when nobody is to be asked any more."""
        return self.state in (State.ANSWERED, State.SILENT)
