"""Taking cases in: once each, however often and late they are told of, each with its tasks.

All in the caller's transaction: a case without its tasks is never stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from careline.clinic import Stay
from careline.errors import Invalid, NotFound
from careline.numbers.phone import parse_phone
from careline.patients import store as patients
from careline.patients.model import OutpatientNumber
from careline.storage import Tx
from careline_followup.cases import store
from careline_followup.cases.model import ERASED, Case, CaseState, Relative, Source
from careline_followup.cases.planning import Calendar, tasks_for
from careline_followup.config import FollowupConfig
from careline_followup.plans import store as plans
from careline_followup.plans.matching import plans_for
from careline_followup.plans.model import Plan
from careline_followup.storable import storable
from careline_followup.tasks import store as tasks
from careline_followup.tasks.model import OPEN, State, Why
from careline_followup.tasks.moves import Moves


class What(Enum):
    """What taking a case in has done."""

    ADDED = "added"
    CHANGED = "changed"
    KNOWN = "known"


@frozen
class Taken:
    """A case as it is stored now, and whether that is new."""

    case: Case
    what: What


class Intake:
    """Takes cases in; ``core`` is a ``careline.plugins.Core``."""

    def __init__(self, core: Any, config: FollowupConfig, moves: Moves) -> None:
        self._core = core
        self._config = config
        self._moves = moves

    def take(self, tx: Tx, case: Case) -> Taken:
        """Store a case with its tasks, or what is new of one that is known."""
        case = _clean(case)
        known = store.known(tx, case)
        if known is None and (same := store.twin(tx, case)) is not None:
            return self._joined(tx, same, evolve(case, at=same.at, day=same.day))
        if known is None or _again(known, case):
            turn = 0 if known is None else known.turn + 1
            return Taken(self._add(tx, evolve(case, turn=turn)), What.ADDED)
        return self._joined(tx, known, case)

    def replan(self, tx: Tx, case: Case) -> Case:
        """Look for plans again: for a case that fitted none, or lacks what its plans ask for."""
        chosen = plans_for(plans.plans(tx), case)
        planned = evolve(case, state=_state(chosen), plan=chosen[0].name if chosen else "")
        if planned != case:
            store.change(tx, planned)
        for task in tasks_for(planned, chosen, self._calendar(case.campus)):
            tasks.add(tx, task)
        return planned

    def withdraw(self, tx: Tx, case_id: int, why: Why, note: str, by: str) -> Case:
        """Follow a case up no more: its open tasks are cancelled and say why."""
        case = store.get(tx, case_id)
        for task in tasks.of_case(tx, case_id):
            if task.state in OPEN:
                self._moves.to(tx, task, State.CANCELLED, by, why=why, note=note)
        withdrawn = evolve(case, state=CaseState.WITHDRAWN)
        store.change(tx, withdrawn)
        return withdrawn

    def admitted(self, tx: Tx, stay: Stay) -> int:
        """Whoever lies in the hospital again is not called at home; gives how many cases end."""
        came = stay.came or self._core.clock.now()
        patient = whose(tx, stay.campus, stay.number, stay.id_card, stay.name)
        over = store.before(tx, stay.campus, patient, stay.number, stay.id_card, came)
        for case_id in over:
            self.withdraw(tx, case_id, Why.READMITTED, "", "")
        return len(over)

    def case_of(self, stay: Stay) -> Case | None:
        """A discharge as a case; None for a patient who has not left."""
        if stay.left is None:
            return None
        return Case(
            source=Source.HIS,
            reference=stay.id,
            campus=stay.campus,
            name=stay.name,
            number=stay.number,
            id_card=stay.id_card,
            phone=stay.phone,
            department=stay.department,
            ward=stay.ward,
            bed=stay.bed,
            doctor=stay.doctor,
            diagnosis=stay.diagnosis,
            came=stay.came,
            at=stay.left,
            day=self.day(stay.campus, stay.left),
            told=self._core.clock.now(),
        )

    def day(self, campus: str, at: datetime) -> date:
        """The local date of a moment at a campus."""
        return at.astimezone(self._zone(campus)).date()

    # Parts

    def _add(self, tx: Tx, case: Case) -> Case:
        patient = case.patient or whose(tx, case.campus, case.number, case.id_card, case.name)
        chosen = plans_for(plans.plans(tx), case)
        name = chosen[0].name if chosen else ""
        new = evolve(case, patient=patient, state=_state(chosen), plan=name)
        stored = store.add(tx, new)
        for task in tasks_for(stored, chosen, self._calendar(case.campus)):
            tasks.add(tx, task)
        return stored

    def _joined(self, tx: Tx, known: Case, told: Case) -> Taken:
        """What is known with what was told now; what was not told stays, what is erased too."""
        if known.name == ERASED:
            return Taken(known, What.KNOWN)
        words = {name: getattr(told, name) or getattr(known, name) for name in store.WORDS}
        if told.source is not known.source:  # the first to tell is believed, others fill gaps
            words = {name: getattr(known, name) or getattr(told, name) for name in store.WORDS}
        came = told.came or known.came
        now = evolve(known, came=came, at=told.at, day=told.day, **words)
        now = evolve(now, relatives=known.relatives or told.relatives)
        if now == known:
            return Taken(known, What.KNOWN)
        store.change(tx, now)
        self._moved(tx, known, now)
        return Taken(now, What.CHANGED)

    def _moved(self, tx: Tx, before: Case, now: Case) -> None:
        """Tasks that have not begun go with their case: to its day, to its ward."""
        by = now.day - before.day
        for task in tasks.of_case(tx, now.id):
            values: dict[str, Any] = {"ward": now.ward, "department": now.department}
            if task.state is State.PLANNED and by:
                values |= {"due": task.due + by, "deadline": task.deadline + by}
                values["day"] = task.day + by
            if any(getattr(task, name) != value for name, value in values.items()):
                tasks.put(tx, evolve(task, **values))

    def _calendar(self, campus: str) -> Calendar:
        now = self._core.clock.now()
        return Calendar(now=now, zone=self._zone(campus), begins=self._config.time)

    def _zone(self, campus: str) -> Any:
        try:
            return ZoneInfo(self._core.campuses.campus(campus).timezone)
        except NotFound:
            return self._core.campuses.zone()


def whose(tx: Tx, campus: str, number: str, id_card: str, name: str) -> int:
    """Whose case it surely is: the record with the id card, else with number and name; 0: none."""
    if id_card and (found := patients.find_by_id_card(tx, id_card)):
        return found.id
    if not number:
        return 0
    owner = patients.owner_of_number(tx, OutpatientNumber(campus, number))
    return owner if owner and patients.get_patient(tx, owner).name == name else 0


def _again(known: Case, told: Case) -> bool:
    """Whether it is another discharge under the same id: the patient came back in between."""
    if told.came is not None and told.came > known.at:
        return True
    later = told.at > known.at + timedelta(hours=1)
    return known.state is CaseState.WITHDRAWN and later


def _state(chosen: Sequence[Plan]) -> CaseState:
    if not chosen:
        return CaseState.BARE
    return CaseState.PLANNED if any(one.steps for one in chosen) else CaseState.LEFT_OUT


def _clean(case: Case) -> Case:
    """As it is stored: nothing longer than its column, telephones in E.164 where they are ones."""
    words: dict[str, Any] = {}
    for name, length in store.LENGTHS.items():
        value = getattr(case, name)
        if isinstance(value, str):
            words[name] = storable(value, length)
    family = [
        Relative(number=storable(one.number, 32), who=storable(one.who, 32))
        for one in case.relatives
    ]
    return evolve(case, **(words | {"phone": _phone(words["phone"]), "relatives": tuple(family)}))


def _phone(text: str) -> str:
    try:
        return parse_phone(text).e164[:32]
    except Invalid:
        return text.strip()[:32]
