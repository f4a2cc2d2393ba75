"""A case: a discharge, or an operation that is planned; pure values."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum

from attrs import frozen

#: The name of a patient who was erased: the case stays for the count of it, of nobody.
ERASED = "—"


class CaseKind(Enum):
    """What the days of plans are counted from."""

    DISCHARGE = "discharge"
    OPERATION = "operation"


class Source(Enum):
    """Who told of the case."""

    HIS = "his"
    LIST = "list"
    HAND = "hand"


class CaseState(Enum):
    """PLANNED has tasks; LEFT_OUT by a plan without steps; BARE fits no plan; WITHDRAWN: over."""

    PLANNED = "planned"
    LEFT_OUT = "left_out"
    BARE = "bare"
    WITHDRAWN = "withdrawn"


@frozen(kw_only=True, repr=False)
class Relative:
    """Somebody of the family who may be called; ``number`` is E.164, ``who`` as 女儿."""

    number: str
    who: str = ""

    def __repr__(self) -> str:
        """Masked: values end up in tracebacks."""
        return f"Relative({self.who})"


@frozen(kw_only=True, repr=False)
class Case:
    """What a patient is followed up for; ``id`` 0 is not stored yet.

    ``at`` is when the patient left (or will be operated on), UTC; ``day`` is its local date.
    ``reference`` is the source's own id (a stay's), unique there with ``turn``, which counts
    discharges under one id. ``patient`` is 0 while no record is known; ``phone`` is E.164.
    ``plan`` is the one that fits best. ``died``: nobody calls any more.
    """

    id: int = 0
    kind: CaseKind = CaseKind.DISCHARGE
    source: Source
    reference: str
    turn: int = 0
    campus: str
    patient: int = 0
    name: str = ""
    number: str = ""
    id_card: str = ""
    phone: str = ""
    relatives: tuple[Relative, ...] = ()
    department: str = ""
    ward: str = ""
    bed: str = ""
    doctor: str = ""
    diagnosis: str = ""
    operation: str = ""
    came: datetime | None = None
    at: datetime
    day: date
    state: CaseState = CaseState.PLANNED
    plan: str = ""
    died: bool = False
    told: datetime

    def __repr__(self) -> str:
        """Masked: values end up in tracebacks."""
        return f"Case({self.id}, {self.kind.value}, {self.name[:1]}*)"
