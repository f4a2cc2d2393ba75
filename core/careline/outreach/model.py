"""Contacts that the hospital begins, and what the governor says of them, as values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum

from attrs import field, frozen

from careline.errors import Invalid
from careline.hooks import Urgency
from careline.i18n import Text
from careline.numbers.phone import masked
from careline.outreach.reasons import reason_of

__all__ = [
    "Booked",
    "Contact",
    "Decision",
    "Means",
    "Refusal",
    "Result",
    "Scope",
    "Urgency",
    "Verdict",
]

LONGEST = {"key": 128, "number": 32, "purpose": 64, "campus": 32, "plugin": 32}
"""Characters that the texts of a contact may have."""


class Means(Enum):
    """How a patient is disturbed."""

    MESSAGE = "message"
    CALL = "call"


class Verdict(Enum):
    """What is to be done about a contact.

    GO: do it now. LATER: ask again at ``until``. NEVER: give it up. JOIN: another contact, which
    waits, is to carry this one too.
    """

    GO = "go"
    LATER = "later"
    NEVER = "never"
    JOIN = "join"


class Result(Enum):
    """What came of a contact that might go.

    REACHED: the patient has it. FAILED: it was tried in vain (nobody answered, a gateway could not
    deliver). WRONG_NUMBER: somebody else has that number. DROPPED: nothing was tried at all.
    """

    REACHED = "reached"
    FAILED = "failed"
    WRONG_NUMBER = "wrong_number"
    DROPPED = "dropped"


class Scope(Enum):
    """What a refusal is about: all contacts, or greetings only."""

    ALL = "all"
    GREETINGS = "greetings"


@frozen(kw_only=True)
class Contact:
    """One contact that somebody wants to begin; ``key`` is the asker's own and unique.

    ``patient`` is 0 when not known; ``number`` is E.164. ``purpose`` is a stable word for reports
    (``followup``), ``title`` the same for people. It is of no use before ``not_before`` and after
    ``not_after``. ``shares`` says that its asker can carry it with another of the same kind (two
    tasks in one call, two texts in one message); without it the verdict is never JOIN.
    """

    key: str
    number: str
    means: Means
    purpose: str
    patient: int = 0
    urgency: Urgency = Urgency.ROUTINE
    campus: str = ""
    plugin: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None
    title: str = ""
    shares: bool = False

    def __attrs_post_init__(self) -> None:
        """Invalid for what could not be stored."""
        for name, most in LONGEST.items():
            if len(getattr(self, name)) > most:
                raise Invalid("outreach.long", "{field}: at most {most} characters",
                              field=name, most=most)  # fmt: skip
        if not self.key:
            raise Invalid("outreach.key", "a contact needs a key")

    def __repr__(self) -> str:
        """Masked: values end up in tracebacks."""
        return f"Contact({self.key!r}, {masked(self.number)}, {self.means.value})"


@frozen
class Decision:
    """What is to be done, and why; ``code`` is stable (``outreach.quiet``).

    ``until`` is when to ask again (LATER), or when the contact that carries this one is due (JOIN);
    ``joined`` is the key of that one. ``params`` are the fields of the text; ``reason`` among
    them is the code of what stands behind this one.
    """

    verdict: Verdict
    code: str
    until: datetime | None = None
    joined: str = ""
    params: Mapping[str, str | int] = field(factory=dict, hash=False)

    @property
    def goes(self) -> bool:
        """True when it may be done now."""
        return self.verdict is Verdict.GO

    @property
    def text(self) -> Text:
        """The reason for people, in their language where it is shown."""
        params: dict[str, object] = dict(self.params)
        reason = params.pop("reason", "")
        if reason:
            params["against"] = Text(reason_of(str(reason)), dict(params))
        return Text(reason_of(self.code), params)


@frozen(kw_only=True)
class Booked:
    """A contact as it is stored, with the last decision and what came of it.

    ``asked`` is when it was asked for first, ``decided`` when last, ``asks`` how often. ``by`` is
    who did it by hand, or empty.
    """

    contact: Contact
    decision: Decision
    asked: datetime
    decided: datetime
    asks: int = 1
    result: Result | None = None
    settled: datetime | None = None
    by: str = ""


@frozen(kw_only=True)
class Refusal:
    """A number that is not to be contacted; ``means`` None is both, the do-not-call list.

    ``by`` is a login, or the plugin that was told so by the patient.
    """

    number: str
    means: Means | None = None
    scope: Scope = Scope.ALL
    by: str
    why: str = ""
    since: datetime

    def __repr__(self) -> str:
        """Masked."""
        return f"Refusal({masked(self.number)}, {self.means}, {self.scope})"
