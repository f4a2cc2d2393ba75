"""One batch of an import in one transaction: who is known already, what becomes of each row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import Enum

from attrs import define, field, frozen
from sqlalchemy import select, tuple_

from careline.errors import CarelineError, Conflict
from careline.patients import store
from careline.patients.merge import EMPTY, SINGLE, merged
from careline.patients.model import Patient, patient_problems
from careline.patients.sheets import Row
from careline.patients.tables import number_table, patient_table, phone_table
from careline.patients.transfers import Reject, plain_error
from careline.storage import Tx


class OnMatch(Enum):
    """What is done with a row whose patient is known (by id card, number, or name and phone)."""

    SKIP = "skip"
    FILL = "fill"
    OVERWRITE = "overwrite"


@frozen
class Entry:
    """A row that was read: its patient and what is wrong with it."""

    row: Row
    patient: Patient
    problems: tuple[CarelineError, ...] = ()


@define
class Taken:
    """What became of some rows."""

    added: int = 0
    changed: int = 0
    left_out: int = 0
    rejects: list[Reject] = field(factory=list)


def keys_of(patient: Patient) -> set[object]:
    """By what a patient is known to be the same: each of these is one person's."""
    found: set[object] = {(one.campus, one.number) for one in patient.numbers}
    if patient.id_card:
        found.add(patient.id_card)
    found.update((patient.name, phone.number, "phone") for phone in patient.phones)
    return found


@define
class Batch:
    """Takes rows in one after the other; new records are stored together, which is faster."""

    tx: Tx
    on_match: OnMatch
    now: datetime
    dry: bool = False
    seen: set[object] = field(factory=set)
    """In a dry run: keys of rows that would have been stored before."""
    taken: Taken = field(factory=Taken)
    _new: dict[int, Patient] = field(factory=dict)
    _pending: set[object] = field(factory=set)
    _known: dict[object, set[int]] = field(factory=dict)
    _patients: dict[int, Patient] = field(factory=dict)

    def take(self, entries: Sequence[Entry]) -> Taken:
        """All of them."""
        self._look_up(entry.patient for entry in entries if not entry.problems)
        for entry in entries:
            if entry.problems:
                self._reject(entry, entry.problems)
            else:
                self._take(entry)
        self._flush()
        return self.taken

    def _take(self, entry: Entry) -> None:
        keys = keys_of(entry.patient)
        if keys & self._pending:
            self._flush()
            self._look_up([entry.patient])
        hard = {one for key in keys if not _is_soft(key) for one in self._known.get(key, ())}
        if not hard:
            soft = {one for key in keys if _is_soft(key) for one in self._known.get(key, ())}
            hard = {one for one in soft if _may_be(self._patients[one], entry.patient)}
        if len(hard) > 1:
            text = "this row fits several records: {patients}"
            error = Conflict("import.several", text, patients=sorted(hard))
            self._reject(entry, [error])
        elif hard:
            self._match(entry, self._patients[hard.pop()])
        elif self.dry and keys & self.seen:
            self.taken.changed += self.on_match is not OnMatch.SKIP
            self.taken.left_out += self.on_match is OnMatch.SKIP
        else:
            self._new[entry.row.number] = entry.patient
            self._pending |= keys

    def _match(self, entry: Entry, known: Patient) -> None:
        if self.on_match is OnMatch.SKIP:
            self.taken.left_out += 1
            return
        theirs = _given(entry.patient) if self.on_match is OnMatch.OVERWRITE else ()
        whole = merged(known, entry.patient, theirs)
        if whole == known:
            self.taken.left_out += 1
            return
        problems: list[CarelineError] = [*patient_problems(whole, self.now.date())]
        try:
            store.refuse_twins(self.tx, whole)
        except Conflict as error:
            problems += error.problems or [error]
        if problems:
            self._reject(entry, problems)
            return
        if not self.dry:
            self._patients[known.id] = store.change_patient(self.tx, whole, self.now)
            for key in keys_of(whole):
                self._known.setdefault(key, set()).add(known.id)
        self.taken.changed += 1

    def _flush(self) -> None:
        new, self._new = list(self._new.values()), {}
        self.taken.added += len(new)
        if new and not self.dry:
            store.add_patients(self.tx, new, self.now, checked=True)
        if self.dry:
            self.seen |= self._pending
        self._pending = set()

    def _reject(self, entry: Entry, problems: Iterable[CarelineError]) -> None:
        reasons = tuple(plain_error(problem) for problem in problems)
        self.taken.rejects.append(Reject(entry.row.number, entry.row.cells, reasons))

    # Who is known already: three questions for a whole batch

    def _look_up(self, patients: Iterable[Patient]) -> None:
        rows = list(patients)
        found = [*self._by_card(rows), *self._by_number(rows), *self._by_phone(rows)]
        missing = {one for _, one in found} - set(self._patients)
        self._patients |= {one.id: one for one in store.read_patients(self.tx, sorted(missing))}
        for key, one in found:
            self._known.setdefault(key, set()).add(one)

    def _by_card(self, rows: Sequence[Patient]) -> list[tuple[object, int]]:
        cards = {one.id_card for one in rows if one.id_card}
        columns = patient_table.c
        query = select(columns.id, columns.id_card).where(columns.id_card.in_(cards))
        return [(row.id_card, row.id) for row in self.tx.all(query)]

    def _by_number(self, rows: Sequence[Patient]) -> list[tuple[object, int]]:
        wanted = {(one.campus, one.number) for row in rows for one in row.numbers}
        columns = number_table.c
        query = select(number_table).where(
            tuple_(columns.campus, columns.number).in_(sorted(wanted))
        )
        return [((row.campus, row.number), row.patient) for row in self.tx.all(query)]

    def _by_phone(self, rows: Sequence[Patient]) -> list[tuple[object, int]]:
        wanted = {phone.number for row in rows for phone in row.phones}
        phones, columns = phone_table.c, patient_table.c
        query = select(columns.id, columns.name, phones.number).join(
            phone_table, phones.patient == columns.id
        )
        rows_found = self.tx.all(query.where(phones.number.in_(wanted)))
        return [((row.name, row.number, "phone"), row.id) for row in rows_found]


def _is_soft(key: object) -> bool:
    """Name and telephone: gives way to an id card or outpatient number."""
    return isinstance(key, tuple) and len(key) == 3


def _may_be(known: Patient, other: Patient) -> bool:
    """Same name and telephone, but is it the same person? Not with another id card or birthday."""
    cards = {known.id_card, other.id_card} - {""}
    days = {known.birth_date, other.birth_date} - {None}
    return len(cards) < 2 and len(days) < 2


def _given(patient: Patient) -> set[str]:
    """The names of fields that a row has a value for."""
    names = {name for name in SINGLE if getattr(patient, name) not in EMPTY}
    names |= {f"fields.{name}" for name in patient.fields}
    return names | {f"numbers.{one.campus}" for one in patient.numbers}
