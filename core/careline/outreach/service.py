"""What others ask of the governor. Verbs with ``tx`` run in the caller's own transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from attrs import evolve

from careline.campuses.model import Campus
from careline.campuses.service import Campuses
from careline.errors import Invalid
from careline.hooks import Urgency
from careline.outreach import rules as judging
from careline.outreach import store
from careline.outreach.hours import Hours
from careline.outreach.model import (
    Booked,
    Contact,
    Decision,
    Means,
    Refusal,
    Result,
    Scope,
    Verdict,
)
from careline.outreach.rules import Known, Rules
from careline.patients.store import all_ids, current_id
from careline.storage import Tx

Family = Callable[[Tx, int], Sequence[int]]
"""All ids of a patient: the record's and those of all that were merged into it."""


def family_of(tx: Tx, patient: int) -> Sequence[int]:
    """The ids of one person's records; nobody's for 0, the id itself for a record that is gone."""
    if not patient:
        return ()
    return all_ids(tx, current_id(tx, patient) or patient)


class Outreach:
    """Asked before every contact that the hospital begins by itself; stateless but for the tables.

    Two processes with one database agree, since all that counts is in it.
    """

    def __init__(self, campuses: Campuses, rules: Rules, family: Family = family_of) -> None:
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
        known = self._known(tx, contact, now)
        decision = judging.decide(contact, known, self._rules, now)
        if known.own is None or not judging.is_done(known.own):
            self._put(tx, contact, known.own, decision, now)
        if decision.goes and known.carries:
            self._leave_behind(tx, contact.key, now)
        return decision

    def _leave_behind(self, tx: Tx, key: str, now: datetime) -> None:
        """What joined a contact travels along only in its own time."""
        for one in store.carried_by(tx, key):
            if not judging.in_time(one.contact, now):
                self._put(tx, one.contact, one, judging.left_behind(one.contact, now), now)

    def look(self, tx: Tx, contact: Contact, now: datetime) -> Decision:
        """What :meth:`decide` would say; nothing is stored (a page warns of it beforehand)."""
        return judging.decide(contact, self._known(tx, contact, now), self._rules, now)

    def count(
        self, tx: Tx, contact: Contact, by: str, now: datetime, *, awaited: bool = False
    ) -> Decision:
        """Count a contact that ``by`` makes by hand, or in answer to the patient.

        Always GO, with the code of what would stand against it, to warn of; but NEVER for a number
        on the do-not-contact list, or one that is wrong. What is ``awaited`` takes no room of the
        day: the reminder of a visit comes though its booking was confirmed.
        """
        known = self._known(tx, contact, now)
        decision = judging.warning(contact, known, self._rules, now)
        if awaited and decision.verdict is Verdict.GO:
            decision = Decision(Verdict.GO, judging.AWAITED)
        if known.own is None or not judging.is_done(known.own):
            self._put(tx, contact, known.own, decision, now, by)
        return decision

    def settle(self, tx: Tx, key: str, result: Result, now: datetime) -> tuple[str, ...]:
        """Say what came of a contact; a key that nobody asked for is ignored.

        The first result stands, unless it was DROPPED or a FAILED message. What was carried along
        shares REACHED; of any other result, gives the keys carried: they are to be asked for anew.
        WRONG_NUMBER is remembered: that of a call for all contacts, since somebody else was there;
        that of a message for messages. What is not wanted any more is DROPPED too.
        """
        booked = store.get_contact(tx, key)
        if booked is None or judging.is_done(booked):
            return ()
        store.settle_contact(tx, key, result, now)
        if result is Result.WRONG_NUMBER:
            contact = booked.contact
            means = Means.MESSAGE if contact.means is Means.MESSAGE else None
            self.wrong(tx, contact.number, contact.plugin, now, contact.patient, means)
        carried = self.carried(tx, key)
        if result is not Result.REACHED:
            return carried
        for one in carried:
            store.settle_contact(tx, one, result, now)
        return ()

    def carried(self, tx: Tx, key: str) -> tuple[str, ...]:
        """Keys of the contacts that this one carries along, in the order they were asked for."""
        return tuple(one.contact.key for one in store.carried_by(tx, key))

    def booked(self, tx: Tx, key: str) -> Booked | None:
        """A contact with its last decision and its result."""
        return store.get_contact(tx, key)

    def _known(self, tx: Tx, contact: Contact, now: datetime) -> Known:
        ids = self._family(tx, contact.patient)
        store.lock_person(tx, ids, contact.number)
        own = store.get_contact(tx, contact.key)
        joined = own.decision.joined if own else ""
        return Known(
            hours=self.hours(contact.campus),
            refusals=store.refusals_of(tx, contact.number),
            wrong=store.is_wrong(tx, contact.number, ids or [0], contact.means),
            others=store.others(tx, contact, ids, now),
            own=own,
            carrier=store.get_contact(tx, joined) if joined else None,
            carries=own is not None and bool(store.carried_by(tx, contact.key)),
        )

    def _put(
        self,
        tx: Tx,
        contact: Contact,
        own: Booked | None,
        decision: Decision,
        now: datetime,
        by: str = "",
    ) -> None:
        """Store the latest decision; what was dropped before is asked for anew."""
        fresh = Booked(contact=contact, decision=decision, asked=now, decided=now, by=by)
        if own is not None:
            fresh = evolve(fresh, asked=own.asked, asks=own.asks + 1)
        store.put_contact(tx, fresh, known=own is not None)

    def hours(self, campus_id: str) -> Hours:
        """Quiet hours of a campus; of the first one where it is not known."""
        directory = self._campuses.directory
        known = directory.campuses
        campus = known.get(campus_id) or next(iter(known.values()), Campus(id="", title=""))
        return Hours(
            campus=campus,
            calendar=directory.calendar,
            begin=self._rules.quiet_from,
            end=self._rules.quiet_to,
            holiday_end=self._rules.holiday_quiet_to,
        )

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
    ) -> bool:
        """Contact a number no more; ``means`` None is both: the do-not-contact list.

        True when that is new. Invalid without a number.
        """
        if not number:
            raise Invalid("phone.empty", "a telephone number is needed")
        refusal = Refusal(number=number, means=means, scope=scope, by=by, why=why, since=now)
        return store.put_refusal(tx, refusal)

    def allow(self, tx: Tx, number: str, means: Means | None = None) -> int:
        """Forget refusals of a number and that it was wrong; gives how many entries are gone.

        ``means`` narrows to refusals of that one way; None forgets all.
        """
        gone = store.remove_refusals(tx, number, means)
        return gone + (store.remove_wrong(tx, number) if means is None else 0)

    def is_refused(
        self, tx: Tx, number: str, means: Means, urgency: Urgency = Urgency.ROUTINE
    ) -> bool:
        """True when the number refused contacts of that kind."""
        asked = Contact(key="?", number=number, means=means, purpose="", urgency=urgency)
        known = Known(hours=self.hours(""), refusals=store.refusals_of(tx, number))
        return bool(judging.forbidden(asked, known))

    def refusals(self, tx: Tx, search: str = "", most: int = 1000) -> list[Refusal]:
        """Refused numbers, newest first; ``search`` is the end of a number or in the reason."""
        return store.list_refusals(tx, search, most)

    def wrong(
        self,
        tx: Tx,
        number: str,
        by: str,
        now: datetime,
        patient: int = 0,
        means: Means | None = None,
    ) -> None:
        """Remember that a number is not the patient's; 0: nobody knows whose it should be.

        ``means`` narrows to one way: that no message arrives says little of the telephone.
        """
        if number:
            store.put_wrong(tx, number, patient, means, by, now)

    def is_wrong(self, tx: Tx, number: str, patient: int, means: Means = Means.CALL) -> bool:
        """True when the number is known not to be this patient's, for that way."""
        return store.is_wrong(tx, number, self._family(tx, patient) or [0], means)

    # What was decided

    def of_patient(self, tx: Tx, patient: int, since: datetime, most: int = 100) -> list[Booked]:
        """A patient's contacts, also those of merged records, the latest first."""
        return store.contacts_of(tx, self._family(tx, patient), since, most)
