"""What others ask of patients."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import evolve, field, frozen

from careline.clock import Clock
from careline.errors import CarelineError, Invalid, NotFound
from careline.hooks.hub import Gathered, Hub
from careline.numbers import Phone
from careline.patients import duplicates, erasing, history, merging, store
from careline.patients.criteria import Criteria
from careline.patients.fields import CustomField, checked_values, field_problems
from careline.patients.finding import Found, search
from careline.patients.held import Held
from careline.patients.history import PatientCall, Timeline
from careline.patients.model import Patient, patient_problems, tidy
from careline.patients.plain import to_plain
from careline.storage import Database, Tx

OUTSIDE = 20


@frozen
class Outside:
    """Patients whom plugins know and we do not, and for each silent plugin why."""

    patients: tuple[Patient, ...] = ()
    missing: Mapping[str, str] = field(factory=dict)


class Patients:
    """Patients in the database, with what plugins know of them."""

    def __init__(self, db: Database, hub: Hub, clock: Clock) -> None:
        self._db = db
        self._hub = hub
        self._clock = clock
        self._listeners: list[Callable[[int], None]] = []
        self._held: list[Held] = []

    def hold(self, held: Held) -> None:
        """Another part of the core holds something of patients too."""
        self._held.append(held)

    def listen(self, listener: Callable[[int], None]) -> None:
        """Have ``listener(patient_id)`` called when a record has changed."""
        self._listeners.append(listener)

    def _tell(self, *ids: int) -> None:
        for one in ids:
            for listener in tuple(self._listeners):
                listener(one)

    # Records

    async def add(self, patient: Patient) -> Patient:
        """Store a new record; Invalid with all that is wrong, Conflict for a taken number."""
        stored = await self._db.run(self._put, patient)
        self._tell(stored.id)
        return stored

    async def change(self, patient: Patient) -> Patient:
        """Store a changed record; Conflict too when somebody else changed it meanwhile."""
        stored = await self._db.run(self._put, patient)
        self._tell(stored.id)
        return stored

    def _put(self, tx: Tx, patient: Patient) -> Patient:
        """Checked against the custom fields as they are in this transaction."""
        now = self._clock.now()
        values, problems = checked_values(store.list_fields(tx), patient.fields)
        patient = tidy(evolve(patient, fields=values))
        refuse([*patient_problems(patient, now.date()), *problems])
        put = store.change_patient if patient.id else store.add_patient
        return put(tx, patient, now)

    async def get(self, patient_id: int) -> Patient:
        """The patient with that id, else NotFound."""
        return await self._db.run(store.get_patient, patient_id)

    async def several(self, ids: Sequence[int]) -> list[Patient]:
        """The patients with these ids as they are now: a merged one is the one it went into."""
        return await self._db.run(_several, ids)

    async def by_phone(self, phone: Phone) -> list[Patient]:
        """Everybody with this number; withheld numbers are nobody's."""
        return await self._db.run(store.find_by_phone, phone.e164)

    async def number_of(self, shown: str) -> str:
        """The number that a masked one stands for (``patient:7:0``: the first of patient 7).

        Any other text is given back as it is. NotFound when there is no such number.
        """
        kind, _, rest = shown.partition(":")
        one, _, place = rest.partition(":")
        if kind != "patient":
            return shown
        if not (one.isdecimal() and place.isdecimal() and len(rest) < 20):
            raise NotFound("patient.number", "this patient has no such telephone number")
        phones = (await self.get(int(one))).phones
        if int(place) >= len(phones):
            raise NotFound("patient.number", "this patient has no such telephone number")
        return phones[int(place)].number

    async def like(self, patient: Patient) -> list[Patient]:
        """Records that may be of the same person."""
        return await self._db.run(duplicates.like, patient)

    # Search

    async def find(self, text: str) -> list[Patient]:
        """Patients by what was typed into one box; at most 20."""
        return list((await self._db.run(search, Criteria(text=text), 20)).patients)

    async def search(self, criteria: Criteria, most: int = 50) -> Found:
        """Patients who meet all criteria, the best first."""
        return await self._db.run(search, criteria, most)

    async def outside(self, text: str, campus: str = "") -> Outside:
        """Patients whom plugins know by ``text`` and whom no record of ours fits."""
        gathered: Gathered = await self._hub.find_patients(text=text, campus=campus)
        found = [one for one in gathered.flat() if not patient_problems(one)][:OUTSIDE]
        strangers = await self._db.run(_strangers, found)
        return Outside(tuple(strangers), gathered.missing)

    async def newest(self, most: int = 20) -> list[Patient]:
        """The records that were changed last."""
        return await self._db.run(_newest, most)

    # Custom fields

    async def fields(self) -> list[CustomField]:
        """All custom fields in their order."""
        return await self._db.run(store.list_fields)

    async def put_field(self, one: CustomField) -> None:
        """Add a custom field or change it; Invalid or Conflict says why not."""
        refuse(field_problems(one), "this field cannot be stored")
        await self._db.run(store.put_field, one)

    async def remove_field(self, name: str) -> None:
        """Remove a custom field that nobody has a value of."""
        await self._db.run(store.remove_field, name)

    # Duplicates

    async def merge(self, kept: int, gone: int, by: str, theirs: Collection[str] = ()) -> Patient:
        """Merge ``gone`` into ``kept``; plugins are told durably. See :func:`merging.merge`."""

        def work(tx: Tx) -> Patient:
            stored = merging.merge(tx, kept, gone, theirs, by, self._clock.now())
            self._hub.patients_merged(tx, kept=kept, gone=gone)
            return stored

        stored = await self._db.run(work)
        self._tell(kept, gone)
        return stored

    async def unmerge(self, merge_id: int) -> tuple[Patient, Patient]:
        """Take a merge back; the kept record and the one that is there again."""

        def work(tx: Tx) -> tuple[Patient, Patient]:
            kept, back = merging.unmerge(tx, merge_id, self._clock.now())
            self._hub.patients_unmerged(tx, kept=kept.id, gone=back.id)
            return kept, back

        kept, back = await self._db.run(work)
        self._tell(kept.id, back.id)
        return kept, back

    async def look_for_duplicates(self) -> int:
        """Look through all records, a step at a time; gives how many proposals wait."""
        last = 0
        while last := await self._db.run(duplicates.look_for, last):
            await self._clock.sleep(0)
        return await self._db.run(duplicates.count_proposals)

    # History

    async def timeline(self, patient_id: int) -> Timeline:
        """Own calls and what plugins know of the patient; a silent plugin is named."""
        calls = await self._db.run(history.calls_of, patient_id)
        told: Gathered = await self._hub.patient_timeline(patient_id=patient_id)
        return Timeline(lines=history.in_order(calls, told.flat()), missing=told.missing)

    async def calls(self, patient_id: int, most: int = 5) -> list[PatientCall]:
        """The last calls with a patient."""
        return await self._db.run(history.calls_of, patient_id, most)

    # Leaving

    async def export(self, patient_id: int) -> dict[str, Any]:
        """All that is kept of one patient as JSON, for the patient's own request.

        ``complete`` is false when a plugin did not answer; ``missing`` says which and why.
        """
        patient, calls, held = await self._db.run(_whole, patient_id, tuple(self._held))
        told: Gathered = await self._hub.export_patient(patient_id=patient_id)
        return {
            "patient": to_plain(patient),
            "calls": [_plain_call(call) for call in calls],
            **held,
            "plugins": {
                plugin: {part.name: [dict(row) for row in part.rows] for part in parts}
                for plugin, parts in told.answers.items()
            },
            "complete": not told.missing,
            "missing": dict(told.missing),
        }

    async def erase(self, patient_id: int) -> list[int]:
        """Erase a patient here, and durably in every plugin; gives the ids that are gone."""
        ids = await self._db.run(self._erase, patient_id)
        self._tell(*ids)
        return ids

    def _erase(self, tx: Tx, patient_id: int) -> list[int]:
        ids = erasing.erase(tx, patient_id, self._hub.erase_patient)
        for held in self._held:
            held.forget(tx, ids)
        return ids

    async def erase_outdated(self, keep: timedelta) -> int:
        """Erase records that were neither changed nor on the phone for so long; gives how many."""
        before, count = self._clock.now() - keep, 0
        while ids := await self._db.run(erasing.outdated, before):
            for one in ids:
                count += len(await self.erase(one))
        return count


def refuse(problems: Sequence[CarelineError], text: str = "this record cannot be stored") -> None:
    """Invalid with all that is wrong, if anything is."""
    if problems:
        raise Invalid("patient.invalid", text, problems=problems)


def _several(tx: Tx, ids: Sequence[int]) -> list[Patient]:
    return store.read_patients(tx, [store.current_id(tx, one) for one in ids])


def _newest(tx: Tx, most: int) -> list[Patient]:
    return store.read_patients(tx, store.newest_ids(tx, most))


def _strangers(tx: Tx, found: Sequence[Patient]) -> list[Patient]:
    """Those of whom no record has the id card, nor the name with one of the telephones."""
    return [one for one in found if not _is_known(tx, one)]


def _is_known(tx: Tx, one: Patient) -> bool:
    if one.id_card and store.find_by_id_card(tx, one.id_card):
        return True
    if any(store.owner_of_number(tx, number) for number in one.numbers):
        return True
    return any(
        same.name == one.name
        for phone in one.phones
        for same in store.find_by_phone(tx, phone.number)
    )


def _whole(
    tx: Tx, patient_id: int, held: Sequence[Held]
) -> tuple[Patient, list[PatientCall], dict[str, list[dict[str, Any]]]]:
    patient = store.get_patient(tx, patient_id)
    ids = store.all_ids(tx, patient.id)
    rows = {one.name: [dict(row) for row in one.rows(tx, ids)] for one in held if one.rows}
    return patient, history.calls_of(tx, patient_id, most=100_000), rows


def _plain_call(call: PatientCall) -> dict[str, Any]:
    names = ("id", "agent", "queue", "disposition", "note", "talk_s", "sure")
    plain = {name: getattr(call, name) for name in names}
    words = {"direction": call.direction.value, "outcome": call.outcome.value}
    return {**plain, **words, "at": _iso(call.at)}


def _iso(moment: datetime) -> str:
    return moment.isoformat()
