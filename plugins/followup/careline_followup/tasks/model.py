"""A task of follow-up and the ways it can go; pure values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum

from attrs import frozen

from careline.i18n import Text
from careline_followup.plans.model import Way


class State(Enum):
    """Where a task is. ``overdue`` is no state: it is an open task whose deadline is over.

    PLANNED waits for its day; DUE has been given to a way; RUNNING has its first answer or an
    agent on the phone; WITH_WARD: the ward does it now. The others are final: ANSWERED in full,
    DECLINED by the patient, UNREACHABLE by every way (or, with :attr:`Why.NO_NUMBER`, by none,
    since nobody can be called), CANCELLED by somebody or something.
    """

    PLANNED = "planned"
    DUE = "due"
    RUNNING = "running"
    WITH_WARD = "with_ward"
    ANSWERED = "answered"
    DECLINED = "declined"
    UNREACHABLE = "unreachable"
    CANCELLED = "cancelled"


OPEN = (State.PLANNED, State.DUE, State.RUNNING, State.WITH_WARD)
#: Done by us, whatever came of it.
FINAL = (State.ANSWERED, State.DECLINED, State.UNREACHABLE, State.CANCELLED)
#: The patient, or somebody for them, was spoken to.
REACHED = (State.ANSWERED, State.DECLINED)

_GOING_ON = {State.WITH_WARD, *FINAL}
#: What may follow what. What was cancelled may be taken up again, what was answered goes on only
#: when a corrected answer asks for more.
AFTER: Mapping[State, frozenset[State]] = {
    State.PLANNED: frozenset({State.DUE, State.RUNNING, *_GOING_ON}),
    State.DUE: frozenset({State.RUNNING, State.PLANNED, *_GOING_ON}),
    State.RUNNING: frozenset({State.DUE, State.PLANNED, *_GOING_ON}),
    State.WITH_WARD: frozenset({State.DUE, *FINAL}),
    State.ANSWERED: frozenset({State.RUNNING}),
    State.DECLINED: frozenset(),
    State.UNREACHABLE: frozenset(
        {State.PLANNED, State.DUE, State.RUNNING, State.WITH_WARD}
        | {State.ANSWERED, State.DECLINED}
    ),
    State.CANCELLED: frozenset({State.PLANNED}),
}

STATE_TITLES: Mapping[State, Text] = {
    State.PLANNED: Text("planned"),
    State.DUE: Text("due"),
    State.RUNNING: Text("in progress"),
    State.WITH_WARD: Text("handed to the ward"),
    State.ANSWERED: Text("all answered"),
    State.DECLINED: Text("declined"),
    State.UNREACHABLE: Text("not reached"),
    State.CANCELLED: Text("cancelled"),
}
WAY_TITLES: Mapping[Way, Text] = {
    Way.AUTOMATIC: Text("automatic call"),
    Way.MESSAGE: Text("message with a link"),
    Way.AGENT: Text("agent"),
    Way.PROGRESSIVE: Text("agent, dialled for whoever is free"),
    Way.WARD: Text("ward"),
}


class Why(Enum):
    """Why a task was cancelled, or nobody called; people write their own words beside.

    NO_NUMBER is of tasks that nobody was called for: they wait for a number, and are not done.
    """

    ASKED = "asked"
    READMITTED = "readmitted"
    DECEASED = "deceased"
    LATE = "late"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"
    DECLINED = "declined"
    LEFT_OUT = "left_out"
    REPLANNED = "replanned"
    NO_NUMBER = "no_number"
    TOGETHER = "together"


WHY_TITLES: Mapping[Why, Text] = {
    Why.ASKED: Text("cancelled by hand"),
    Why.READMITTED: Text("admitted again"),
    Why.DECEASED: Text("deceased"),
    Why.LATE: Text("told too late, a later contact takes its place"),
    Why.WITHDRAWN: Text("the discharge was withdrawn"),
    Why.ERASED: Text("the patient's data was erased"),
    Why.DECLINED: Text("the patient wants no more follow-ups"),
    Why.LEFT_OUT: Text("a plan leaves such patients out"),
    Why.REPLANNED: Text("another plan fits better"),
    Why.NO_NUMBER: Text("no number that can be called"),
    Why.TOGETHER: Text("asked once, with another discharge of the same patient"),
}


@frozen(kw_only=True)
class Task:
    """One contact with a patient.

    ``due`` is when it may begin, ``deadline`` when it is overdue (UTC), ``day`` the local date of
    ``due``. ``way`` is the one in use, ``place`` its place among the plan's, ``round`` counts the
    ways that were begun. ``version`` of ``questionnaire`` is 0 until somebody is asked and stands
    from then on. ``answers`` counts answered questions. ``why`` and ``note`` say why it is in
    its state; ``by`` who changed it last.
    """

    id: int = 0
    case: int
    plan: str
    step: int
    campus: str
    department: str = ""
    ward: str = ""
    patient: int = 0
    questionnaire: str
    version: int = 0
    due: datetime
    deadline: datetime
    day: date
    state: State = State.PLANNED
    way: Way | None = None
    place: int = 0
    round: int = 0
    agent: str = ""
    answers: int = 0
    warned: bool = False
    why: Why | None = None
    note: str = ""
    by: str = ""
    changed: datetime
    finished: datetime | None = None

    @property
    def call_key(self) -> str:
        """Names the call or message of the way in use, in the core's outbound and elsewhere."""
        return f"followup:{self.id}:{self.round}"

    def overdue(self, now: datetime) -> bool:
        """Whether it should be done by now and is not."""
        return self.state in OPEN and self.deadline < now


def may_follow(before: State, after: State) -> bool:
    """Whether a task may go from one state to another; to stay is always allowed."""
    return before is after or after in AFTER[before]


def task_of_key(key: str) -> int:
    """The task that a message or call is of, 0 when it is not one of ours."""
    name, _, rest = key.partition(":")
    number = rest.partition(":")[0]
    return int(number) if name == "followup" and number.isdecimal() and len(number) < 19 else 0


@frozen(kw_only=True)
class Attempt:
    """One try to reach somebody, one for each ``key``; ``who`` as 女儿, ``outcome`` is a code."""

    id: int = 0
    task: int
    key: str
    at: datetime
    way: Way
    who: str = ""
    agent: str = ""
    call: str = ""
    outcome: str
    note: str = ""


@frozen(kw_only=True)
class Entry:
    """A task with what a list shows of its case; ``name`` is the patient's, in full."""

    task: Task
    name: str
    doctor: str
    diagnosis: str
    left: datetime
    flags: int = 0

    def __repr__(self) -> str:
        """Without the name."""
        return f"Entry({self.task.id})"


@frozen(kw_only=True)
class Wanted:
    """What a list of tasks shows; what is empty does not count. Days are of ``due``."""

    first: date | None = None
    last: date | None = None
    states: tuple[State, ...] = ()
    campuses: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    wards: tuple[str, ...] = ()
    plan: str = ""
    agent: str = ""
    patient: int = 0
    case: int = 0
    overdue: bool = False
    why: Why | None = None
    text: str = ""
    """Part of a name, or of an outpatient number."""
