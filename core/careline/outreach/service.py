"""What others ask of the governor. Verbs with ``tx`` run in the caller's own transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from careline.campuses.service import Campuses
from careline.hooks import Urgency
from careline.outreach.model import Booked, Contact, Decision, Means, Refusal, Result, Scope
from careline.outreach.rules import Rules
from careline.storage import Tx

Family = Callable[[Tx, int], Sequence[int]]
"""All ids of a patient: the record's and those merged into it (``patients.store.all_ids``)."""


class Outreach:
    """Asked before every contact that the hospital begins by itself; stateless but for the tables.

    Two processes with one database agree, since all that counts is in it.
    """

    def __init__(self, campuses: Campuses, rules: Rules, family: Family) -> None:
        self._campuses = campuses
        self._rules = rules
        self._family = family

    # Asking

    def decide(self, tx: Tx, contact: Contact, now: datetime) -> Decision:
        """Whether a contact may go now; GO books it, and it counts against the patient's room.

        Asking again with the same key is safe: what was booked stays booked, unless meanwhile the
        hour or a refusal stands against it. What is settled as REACHED (a call also as FAILED) is
        never to be done again: each try needs a key of its own.
        """
        raise NotImplementedError

    def look(self, tx: Tx, contact: Contact, now: datetime) -> Decision:
        """What :meth:`decide` would say; nothing is stored (a page warns of it beforehand)."""
        raise NotImplementedError

    def count(self, tx: Tx, contact: Contact, by: str, now: datetime) -> Decision:
        """Count a contact that ``by`` makes by hand, or in answer to the patient.

        Always GO, with the code of what would stand against it, to warn of; but NEVER for a number
        on the do-not-contact list, or one that is wrong.
        """
        raise NotImplementedError

    def settle(self, tx: Tx, key: str, result: Result, now: datetime) -> tuple[str, ...]:
        """Say what came of a contact; a key that nobody asked for is ignored.

        The first result stands, unless it was DROPPED or a FAILED message. What was carried along
        shares REACHED; of any other result, gives the keys carried: they are to be asked for anew.
        WRONG_NUMBER is remembered. What is not wanted any more is DROPPED too.
        """
        raise NotImplementedError

    def carried(self, tx: Tx, key: str) -> tuple[str, ...]:
        """Keys of the contacts that this one carries along, in the order they were asked for."""
        raise NotImplementedError

    def booked(self, tx: Tx, key: str) -> Booked | None:
        """A contact with its last decision and its result."""
        raise NotImplementedError

    # What patients want

    def refuse(
        self,
        tx: Tx,
        number: str,
        means: Means | None = None,
        scope: Scope = Scope.ALL,
        *,
        by: str,
        why: str = "",
        now: datetime,
    ) -> None:
        """Contact a number no more; ``means`` None is both: the do-not-contact list."""
        raise NotImplementedError

    def allow(self, tx: Tx, number: str, means: Means | None = None) -> int:
        """Forget refusals of a number and that it was wrong; gives how many entries are gone.

        ``means`` narrows to one way; None forgets all.
        """
        raise NotImplementedError

    def is_refused(
        self, tx: Tx, number: str, means: Means, urgency: Urgency = Urgency.ROUTINE
    ) -> bool:
        """True when the number refused contacts of that kind."""
        raise NotImplementedError

    def refusals(self, tx: Tx, search: str = "", most: int = 1000) -> list[Refusal]:
        """Refused numbers, newest first; ``search`` is the end of a number or in the reason."""
        raise NotImplementedError

    def wrong(self, tx: Tx, number: str, by: str, now: datetime, patient: int = 0) -> None:
        """Remember that a number is not the patient's; 0 is when nobody knows whose it should be."""
        raise NotImplementedError

    def is_wrong(self, tx: Tx, number: str, patient: int) -> bool:
        """True when the number is known not to be this patient's."""
        raise NotImplementedError

    # What was decided

    def of_patient(self, tx: Tx, patient: int, since: datetime, most: int = 100) -> list[Booked]:
        """A patient's contacts, also those of merged records, the latest first."""
        raise NotImplementedError
