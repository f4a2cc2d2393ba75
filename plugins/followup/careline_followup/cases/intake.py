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
from careline_followup.cases import inside, store
from careline_followup.cases.erased import Erased
from careline_followup.cases.model import ERASED, Case, CaseState, Relative, Source
from careline_followup.cases.numbers import Numbers
from careline_followup.cases.planning import Calendar, tasks_for
from careline_followup.cases.together import left_alone, together
from careline_followup.config import FollowupConfig
from careline_followup.plans import store as plans
from careline_followup.plans.matching import plans_for
from careline_followup.plans.model import Plan
from careline_followup.storable import storable
from careline_followup.tasks import store as tasks
from careline_followup.tasks.ladder import ladder
from careline_followup.tasks.model import OPEN, State, Why
from careline_followup.tasks.moves import Moves

#: What plans look at: when it is told later, they are looked at again.
DECIDING = ("department", "ward", "diagnosis", "operation", "died")
#: Nobody has been asked anything.
UNTOUCHED = (State.PLANNED, State.CANCELLED)


class What(Enum):
    """What taking a case in has done; ERASED: nothing, it is of somebody who was erased."""

    ADDED = "added"
    CHANGED = "changed"
    KNOWN = "known"
    ERASED = "erased"


@frozen
class Taken:
    """A case as it is stored now, and whether that is new."""

    case: Case
    what: What


@frozen
class Looked:
    """What taking a case in would do; ``callable``: there is a number."""

    what: What
    callable: bool


class Intake:
    """Takes cases in; ``core`` is a ``careline.plugins.Core``."""

    def __init__(self, core: Any, config: FollowupConfig, moves: Moves, erased: Erased) -> None:
        self._core = core
        self._config = config
        self._moves = moves
        self._erased = erased
        self.numbers = Numbers(core, moves)

    def take(self, tx: Tx, case: Case) -> Taken:
        """Store a case with its tasks, or what is new of one that is known."""
        case = _clean(case)
        back = case.source is Source.HIS and inside.leave(tx, case.campus, case.reference)
        known = store.known(tx, case)
        if known is None and self._erased.knows(tx, case):
            return Taken(case, What.ERASED)
        if known is None and (same := store.twin(tx, case)) is not None:
            return self._joined(tx, same, evolve(case, at=same.at, day=same.day))
        if known is None or _again(known, case, back):
            turn = 0 if known is None else known.turn + 1
            return Taken(self._add(tx, evolve(case, turn=turn)), What.ADDED)
        return self._joined(tx, known, case)

    def look(self, tx: Tx, case: Case) -> Looked:
        """What taking a case in would do, without doing it, and whether anybody can be called."""
        case = _clean(case)
        known = store.known(tx, case) or store.twin(tx, case)
        patient = whose(tx, case.campus, case.number, case.id_card, case.name)
        callable = bool(ladder(tx, evolve(case, patient=patient))) or (
            known is not None and bool(ladder(tx, known))
        )
        if known is not None:
            return Looked(What.KNOWN, callable)
        return Looked(What.ERASED if self._erased.knows(tx, case) else What.ADDED, callable)

    def replan(self, tx: Tx, case: Case) -> Case:
        """Look for plans again: for a case that fitted none, or lacks what its plans ask for."""
        planned, chosen = _planned(tx, case)
        if planned != case:
            store.change(tx, planned)
        self._put(tx, planned, chosen)
        return planned

    def withdraw(self, tx: Tx, case_id: int, why: Why, note: str, by: str) -> Case:
        """Follow a case up no more: its open tasks are cancelled and say why."""
        case = store.get(tx, case_id)
        for task in tasks.of_case(tx, case_id):
            if task.state in OPEN:
                self._moves.to(tx, task, State.CANCELLED, by, why=why, note=note)
        withdrawn = evolve(case, state=CaseState.WITHDRAWN)
        store.change(tx, withdrawn)
        if why is Why.WITHDRAWN:
            for task in left_alone(tx, case):
                self._moves.to(tx, task, State.PLANNED)
        return withdrawn

    def admitted(self, tx: Tx, stay: Stay) -> int:
        """Whoever lies in the hospital (again) is not called at home; gives how many cases end.

        A discharge of this very stay was taken back.
        """
        came = stay.came or self._core.clock.now()
        patient = whose(tx, stay.campus, stay.number, stay.id_card, stay.name)
        inside.enter(tx, stay, patient, came)
        over = dict.fromkeys(
            store.before(tx, stay.campus, patient, stay.number, stay.id_card, came), Why.READMITTED
        )
        same = store.of_reference(tx, Source.HIS, stay.campus, stay.id)
        if same is not None and same.state is not CaseState.WITHDRAWN:
            over.setdefault(same.id, Why.WITHDRAWN)
        for case_id, why in over.items():
            self.withdraw(tx, case_id, why, "", "")
        return len(over)

    def stayed_at_home(self, tx: Tx, reference: str) -> int:
        """An admission was a mistake: what ended because of it goes on; gives how many cases."""
        stay = inside.one(tx, reference)
        if stay is None:
            return 0
        inside.leave(tx, stay.campus, reference)
        count = 0
        who = (stay.campus, stay.patient, stay.number, stay.id_card)
        for case in store.ended(tx, *who, stay.came):
            theirs = [one for one in tasks.of_case(tx, case.id) if one.why is Why.READMITTED]
            for task in theirs:
                self._moves.to(tx, task, State.PLANNED, why=None)
            if theirs:
                store.change(tx, evolve(case, state=CaseState.PLANNED))
                count += 1
        return count

    def no_more(self, tx: Tx, case_id: int, why: Why, note: str, by: str) -> int:
        """Ask this person nothing more, after no discharge; gives how many cases end.

        For whoever has died, nothing is planned after what is told later either.
        """
        count = 0
        for case in store.of_person(tx, store.get(tx, case_id)):
            if why is Why.DECEASED and not case.died:
                store.change(tx, evolve(case, died=True))
            if case.state is not CaseState.WITHDRAWN:
                self.withdraw(tx, case.id, why, note, by)
                count += 1
        return count

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
            died=stay.died,
            told=self._core.clock.now(),
        )

    def day(self, campus: str, at: datetime) -> date:
        """The local date of a moment at a campus."""
        return at.astimezone(self._zone(campus)).date()

    # Parts

    def _add(self, tx: Tx, case: Case) -> Case:
        patient = case.patient or whose(tx, case.campus, case.number, case.id_card, case.name)
        known = evolve(case, patient=patient)
        died = case.died or any(one.died for one in store.of_person(tx, known))
        planned, chosen = _planned(tx, evolve(known, died=died))
        stored = store.add(tx, planned)
        self._put(tx, stored, chosen)
        if inside.lies(tx, stored):
            return self.withdraw(tx, stored.id, Why.READMITTED, "", "")
        return stored

    def _put(self, tx: Tx, case: Case, chosen: Sequence[Plan]) -> None:
        for task in together(tx, case, tasks_for(case, chosen, self._calendar(case.campus))):
            tasks.add(tx, task)

    def _joined(self, tx: Tx, known: Case, told: Case) -> Taken:
        """What is known with what was told now; what was not told stays, what is erased too."""
        if known.name == ERASED:
            return Taken(known, What.KNOWN)
        words = {name: getattr(told, name) or getattr(known, name) for name in store.WORDS}
        if told.source is not known.source:  # the first to tell is believed, others fill gaps
            words = {name: getattr(known, name) or getattr(told, name) for name in store.WORDS}
        came = told.came or known.came
        now = evolve(known, came=came, at=told.at, day=told.day, **words)
        relatives, died = known.relatives or told.relatives, known.died or told.died
        now = evolve(now, relatives=relatives, died=died)
        if now == known:
            return Taken(known, What.KNOWN)
        store.change(tx, now)
        self._moved(tx, known, now)
        if any(getattr(now, name) != getattr(known, name) for name in DECIDING):
            now = self._planned_anew(tx, now)
        self.numbers.again(tx, now)
        return Taken(now, What.CHANGED)

    def _planned_anew(self, tx: Tx, case: Case) -> Case:
        """A case by the plans that fit what is known of it now.

        Whom a plan leaves out is asked nothing more; another plan takes over where nothing has
        begun.
        """
        planned, chosen = _planned(tx, case)
        there = tasks.of_case(tx, case.id)
        out = planned.state is CaseState.LEFT_OUT
        begun = any(one.answers or one.state not in UNTOUCHED for one in there)
        if case.state is CaseState.WITHDRAWN or (not out and (begun or not chosen)):
            return case
        names = {one.name for one in chosen if one.steps}
        why = Why.DECEASED if case.died else Why.LEFT_OUT if out else Why.REPLANNED
        for task in there:
            if task.state in OPEN and task.plan not in names:
                self._moves.to(tx, task, State.CANCELLED, why=why)
        if planned != case:
            store.change(tx, planned)
        self._put_back(tx, planned, chosen)
        return planned

    def _put_back(self, tx: Tx, case: Case, chosen: Sequence[Plan]) -> None:
        """What the plans ask for: new contacts, and those that another plan had taken out."""
        there = {(one.plan, one.step): one for one in tasks.of_case(tx, case.id)}
        for task in tasks_for(case, chosen, self._calendar(case.campus)):
            known = there.get((task.plan, task.step))
            if known is None:
                tasks.add(tx, task)
            elif known.why in (Why.LEFT_OUT, Why.REPLANNED) and task.state is State.PLANNED:
                times: dict[str, Any] = {"due": task.due, "deadline": task.deadline}
                self._moves.to(tx, known, State.PLANNED, why=None, day=task.day, **times)

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


def _planned(tx: Tx, case: Case) -> tuple[Case, tuple[Plan, ...]]:
    """A case as its plans make it, and those; whoever has died has none."""
    if case.died:
        return evolve(case, state=CaseState.LEFT_OUT, plan=""), ()
    chosen = plans_for(plans.plans(tx), case)
    return evolve(case, state=_state(chosen), plan=chosen[0].name if chosen else ""), chosen


def _again(known: Case, told: Case, back: bool) -> bool:
    """Whether it is another discharge under the same id: the patient came back in between.

    ``back``: the patient was known to lie in the hospital, a discharge had been taken back.
    """
    if back and known.state is CaseState.WITHDRAWN:
        return True
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
