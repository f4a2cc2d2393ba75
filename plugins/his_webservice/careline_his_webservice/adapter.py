"""What every adapter to a hospital's system offers; hooks.py calls it through calling.py alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from enum import Enum
from typing import Protocol

from attrs import frozen

from careline.clinic import (
    Directory,
    Order,
    Person,
    Reply,
    Schedule,
    Table,
    VisitFound,
)
from careline.errors import Unavailable


class Ability(Enum):
    """What a hospital's system can be asked; an adapter names those that are mapped."""

    DIRECTORY = "directory"
    SCHEDULE = "schedule"
    BOOK = "book"
    CANCEL = "cancel"
    STATE = "state"
    STOP = "stop"
    PERSON = "person"
    INFO = "info"


class Info(Enum):
    """Kinds of hospital information (HIS-2)."""

    INPATIENTS = "inpatients"
    DISCHARGES = "discharges"
    SURGERIES = "surgeries"
    COSTS = "costs"
    DRUGS = "drugs"
    CARD = "card"
    CHECK_UPS = "check_ups"
    ROUTES = "routes"


@frozen(kw_only=True)
class Finding:
    """One line of ``careline his check``; ``ok`` false says in ``detail`` what is missing."""

    what: str
    ok: bool
    detail: str = ""


class NoAnswer(Unavailable):
    """An order was sent and no answer came: it may have been carried out."""


def no_answer(reason: object = "") -> NoAnswer:
    """The error for it, ``his.no_answer``; ``reason`` is what is known of why."""
    said = Unavailable("his.no_answer", "the order was sent, and no answer came ({reason})")
    return NoAnswer(said.code, said.message, reason=str(reason) or "-")


class His(Protocol):
    """One campus's system. No method waits longer than the campus's time-out, or it is cancelled.

    Raises Unavailable when it cannot be reached or speaks nonsense (``his.bad_answer``, with what
    is wrong), Refused when it says no to a read. ``book``, ``cancel`` and ``stop`` raise nothing
    but those two: an outage *before* anything was sent is Unavailable; once it may have been
    received it is :class:`NoAnswer` when nobody answered, which counts as an outage, and
    ``Reply(verdict=UNKNOWN)`` when somebody did, and the answer does not say what was done.
    """

    @property
    def can(self) -> frozenset[Ability]:
        """What is mapped."""

    @property
    def info_kinds(self) -> frozenset[Info]:
        """Which information is mapped."""

    async def start(self) -> None:
        """Begin listening or connecting, where it does; returns at once."""

    async def stop(self) -> None:
        """Close what is open."""

    async def directory(self) -> Directory:
        """All departments and doctors."""

    async def schedule(self, first: date, last: date, department: str) -> Schedule:
        """Clinics and slots; ``department`` empty: all."""

    async def book(self, order: Order) -> Reply:
        """Book once for this key."""

    async def cancel(self, order: Order, reference: str, reason: str) -> Reply:
        """Cancel; CANCELLED too when there was nothing to cancel."""

    async def state(self, order: Order, reference: str) -> VisitFound:
        """How it stands, for sure."""

    async def stop_clinic(self, clinic: str, reason: str) -> Reply:
        """Take no more patients for a clinic."""

    async def people(self, text: str) -> Sequence[Person]:
        """Patients by outpatient number, id card or telephone number; exact matches alone."""

    async def info(self, kind: Info, query: Mapping[str, str]) -> Table:
        """Hospital information; ``query`` holds ``text``, ``day``, ``number`` as the kind needs."""

    async def check(self) -> Sequence[Finding]:
        """Walk the mapping against the live system; writes nothing there."""
