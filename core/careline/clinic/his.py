"""What an adapter to a hospital's system offers to the plugin his_webservice, and what it is given.

The adapters of that plugin keep to it, and those that other plugins bring (``his_adapters``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from enum import Enum
from typing import Any, Protocol, runtime_checkable

from attrs import frozen
from twisted.internet.defer import Deferred

from careline.clinic.model import (
    Directory,
    Order,
    Person,
    Reply,
    Schedule,
    Stay,
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


@frozen(kw_only=True)
class News:
    """What was told of the stay with number ``visit``; ``told`` is when it happened, UTC.

    What is empty or None in ``stay`` was not told; its ``id`` does not count. ``inside``: the
    patient lies in the hospital, and a discharge that was told before is taken back. ``void``:
    there is no such stay, the admission was a mistake.
    """

    visit: str
    told: datetime
    stay: Stay
    inside: bool = False
    void: bool = False


@runtime_checkable
class TellsStays(Protocol):
    """An adapter whose system is asked for stays (FHIR); others send messages (HL7 v2)."""

    async def stays(self, since: datetime, until: datetime | None) -> Sequence[News]:
        """Stays that changed from ``since`` on (UTC), and before ``until`` where it is given."""


class Exchange(Protocol):
    """One question that is under way."""

    response: str | bytes
    """Set as soon as the answer has come."""


class Exchanges(Protocol):
    """What is said with a campus's system, kept masked for administrators."""

    def begin(self, what: str, request: str | bytes) -> AbstractContextManager[Exchange]:
        """Write down what happens inside ``with``: what was asked, the time, how it ended."""


class Ground(Protocol):
    """What an adapter of another plugin is handed for a campus, beside that plugin's own core."""

    @property
    def campus(self) -> str:
        """The name of the campus."""

    @property
    def timeout_s(self) -> float:
        """Seconds that a read may take; orders have their own, longer one."""

    @property
    def exchanges(self) -> Exchanges:
        """Where to write down what is said."""

    @property
    def in_thread(self) -> Callable[..., Deferred[Any]]:
        """What blocks is done by it, in threads of this campus alone.

        ``await in_thread(call, *args)``; it must end by itself: a thread cannot be cancelled.
        """


@frozen(kw_only=True)
class HisKind:
    """A kind of system that a plugin brings: ``kind = "plugin:<name>"`` of a campus.

    ``name`` begins with the plugin's. ``build`` is called for each campus of this kind; what is set
    for it stands in the table of the plugin that brings it.
    """

    name: str
    build: Callable[[Ground], His]
