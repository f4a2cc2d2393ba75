"""What is to be called and what came of it, as values; the rules after a try are in ``rules``.

Numbers are masked where a value is shown: values end up in tracebacks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum

from attrs import field, frozen

from careline.errors import Invalid
from careline.hooks import Urgency
from careline.numbers.phone import masked

__all__ = ["Attempt", "Kept", "Mode", "Outcome", "Rung", "Stage", "Task", "Urgency"]


LONGEST = {
    "key": 112,
    "plugin": 32,
    "purpose": 64,
    "campus": 32,
    "queue": 32,
    "flow": 48,
    "whose": 8,
}
"""Characters that the texts of a task may have."""


class Mode(Enum):
    """How a task is called (外呼方式).

    PREVIEW: an agent sees the task and presses a key. PROGRESSIVE: a free agent of the queue is
    rung and, once there, the patient is dialled. AUTOMATIC: the patient is dialled, a flow speaks.
    """

    PREVIEW = "preview"
    PROGRESSIVE = "progressive"
    AUTOMATIC = "automatic"


class Outcome(Enum):
    """What came of a try, and in the end of a task.

    REFUSED: the patient is not to be called (do-not-call, the allow-list, a plugin's guard).
    EXPIRED: its time was over. WITHDRAWN: whoever asked does not need it any more.
    """

    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    MACHINE = "machine"
    WRONG_NUMBER = "wrong_number"
    REFUSED = "refused"
    FAILED = "failed"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Stage(Enum):
    """Where a task is in its life; TAKEN: an agent has it on the screen and has not dialled yet."""

    WAITING = "waiting"
    TAKEN = "taken"
    CALLING = "calling"
    DONE = "done"


@frozen
class Rung:
    """One number of the ladder, E.164, and whose it is in people's words (``本人``, ``女儿``)."""

    number: str = field(repr=masked)
    who: str = ""


_NEEDS = {Mode.PREVIEW: "queue", Mode.PROGRESSIVE: "queue", Mode.AUTOMATIC: "flow"}


@frozen(kw_only=True)
class Task:
    """A call to be made by ``plugin``'s wish, not before ``due`` and not after ``not_after``.

    ``key`` is the asker's own and unique (``followup:<task>``): the same key twice is one task.
    ``rungs`` are tried from the first on. ``queue`` lends the agents (PREVIEW, PROGRESSIVE),
    ``flow`` speaks (AUTOMATIC), with ``args`` as its variables and ``task`` = key; an answering
    machine gets it only with ``args["machine"] = "flow"`` (then ``answered_by`` is ``machine``),
    and ``args["language"]`` is the flow's. A higher ``priority`` goes first. ``title`` says what it
    is about, for agents; no diagnosis belongs there. A PREVIEW task that is ``whose`` is taken by
    that agent alone. After ``most_tries``, whatever the number, it is over (0: as configured);
    failures of our own do not end it.
    """

    key: str
    plugin: str
    mode: Mode
    rungs: tuple[Rung, ...]
    patient: int = 0
    campus: str = ""
    queue: str = ""
    flow: str = ""
    purpose: str = ""
    urgency: Urgency = Urgency.ROUTINE
    due: datetime
    not_after: datetime | None = None
    priority: int = 0
    title: str = ""
    title_en: str = ""
    args: Mapping[str, str] = field(factory=dict)
    whose: str = ""
    most_tries: int = 0

    def __attrs_post_init__(self) -> None:
        """Invalid for what can never be called, or not be stored."""
        for name, most in LONGEST.items():
            if len(getattr(self, name)) > most:
                raise Invalid(
                    "outbound.long", "{field}: at most {most} characters", field=name, most=most
                )
        missing = [name for name in ("key", "rungs", _NEEDS[self.mode]) if not getattr(self, name)]
        if missing:
            raise Invalid("outbound.missing", "a task needs {field}", field=", ".join(missing))


@frozen(kw_only=True)
class Kept:
    """A task as it stands: what was asked, and how far it is.

    ``rung`` counts from 0, ``tries`` over all rungs and ``rung_tries`` on this one. ``next_at`` is
    when it is looked at again. ``agent`` has taken it or makes it, ``call`` is the latest try's,
    begun by the core named ``node``. ``reason`` is the stable code of why it waits or ended, with
    an :class:`Outcome` in ``outcome`` after the first try.
    """

    task: Task
    stage: Stage = Stage.WAITING
    rung: int = 0
    tries: int = 0
    rung_tries: int = 0
    next_at: datetime
    agent: str = ""
    call: str = ""
    node: str = ""
    since: datetime
    outcome: Outcome | None = None
    reason: str = ""

    @property
    def number(self) -> str:
        """The number that is tried next, or was tried last."""
        return self.task.rungs[min(self.rung, len(self.task.rungs) - 1)].number

    @property
    def contact(self) -> str:
        """The key under which the governor of outreach knows the next try."""
        return f"{self.task.key}#{self.tries + 1}"


@frozen(kw_only=True)
class Attempt:
    """One try: the ``nth`` of its task, to whom, by which call and agent, and what came of it."""

    key: str
    nth: int
    rung: int
    number: str = field(repr=masked)
    call: str
    agent: str
    begun: datetime
    ended: datetime | None = None
    outcome: Outcome | None = None
    reason: str = ""
