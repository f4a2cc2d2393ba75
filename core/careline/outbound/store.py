"""Tasks, tries and pauses in the database: what several cores agree on is a row here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import asdict, evolve, frozen
from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    and_,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from careline.outbound.model import Attempt, Kept, Mode, Outcome, Rung, Stage, Task, Urgency
from careline.storage import BigId, EnumValue, Json, Tx, UTCDateTime, metadata

task_table = Table(
    "outbound_task",
    metadata,
    Column("key", String(160), primary_key=True),
    Column("plugin", String(32), nullable=False),
    Column("mode", EnumValue(Mode), nullable=False),
    Column("rungs", Json, nullable=False),
    Column("patient", BigId, nullable=False, index=True),
    Column("campus", String(32), nullable=False),
    Column("queue", String(32), nullable=False),
    Column("flow", String(64), nullable=False),
    Column("purpose", String(64), nullable=False, index=True),
    Column("urgency", EnumValue(Urgency), nullable=False),
    Column("due", UTCDateTime, nullable=False),
    Column("not_after", UTCDateTime),
    Column("priority", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("args", Json, nullable=False),
    Column("whose", String(8), nullable=False, server_default=""),
    Column("most_tries", Integer, nullable=False, server_default="0"),
    Column("stage", EnumValue(Stage), nullable=False),
    Column("rung", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("rung_tries", Integer, nullable=False),
    Column("next_at", UTCDateTime, nullable=False),
    Column("agent", String(8), nullable=False),
    # Asked for while a patient who has answered waits.
    Column("call", String(64), nullable=False, index=True),
    Column("node", String(16), nullable=False),
    Column("since", UTCDateTime, nullable=False),
    Column("outcome", EnumValue(Outcome)),
    Column("reason", String(64), nullable=False),
    Index("ix_outbound_task_stage_next_at", "stage", "next_at"),
)

attempt_table = Table(
    "outbound_attempt",
    metadata,
    Column(
        "key",
        String(160),
        ForeignKey("outbound_task.key", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("nth", Integer, primary_key=True),
    Column("rung", Integer, nullable=False),
    Column("number", String(64), nullable=False),
    Column("call", String(64), nullable=False, index=True),
    Column("agent", String(8), nullable=False),
    Column("begun", UTCDateTime, nullable=False),
    Column("ended", UTCDateTime),
    Column("outcome", EnumValue(Outcome)),
    Column("reason", String(64), nullable=False),
)

#: The emergency stop: nothing is dialled for this purpose; "" stands for all.
pause_table = Table(
    "outbound_pause",
    metadata,
    Column("purpose", String(64), primary_key=True),
    Column("by", String(64), nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("why", Text, nullable=False),
)

#: A name of the task's own that the table has too.
_TASK = tuple(one for one in task_table.c.keys() if one in Task.__annotations__)  # noqa: SIM118
_STANDING = tuple(one for one in task_table.c.keys() if one not in _TASK)  # noqa: SIM118


@frozen
class Pause:
    """Somebody has stopped all calls for ``purpose``, or with "" all there are."""

    purpose: str
    by: str
    at: datetime
    why: str


@frozen(kw_only=True)
class Wanted:
    """Which tasks to list; what is empty does not matter."""

    stages: Collection[Stage] = ()
    outcomes: Collection[Outcome] = ()
    modes: Collection[Mode] = ()
    purpose: str = ""
    purposes_not: Collection[str] = ()
    plugin: str = ""
    campuses: Collection[str] | None = None
    queues: Collection[str] | None = None
    patient: int = 0
    agent: str = ""
    free_for: str = ""
    """Those that this agent may take: nobody else's."""
    due_by: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same in SQL."""
        t = task_table.c
        found: list[ColumnElement[bool]] = []
        for column, values in (
            (t.stage, self.stages or None),
            (t.outcome, self.outcomes or None),
            (t.mode, self.modes or None),
            (t.campus, self.campuses),
            (t.queue, self.queues),
        ):
            if values is not None:
                found.append(column.in_(list(values)))
        for column, value in (
            (t.purpose, self.purpose),
            (t.plugin, self.plugin),
            (t.patient, self.patient),
            (t.agent, self.agent),
        ):
            if value:
                found.append(column == value)
        if self.free_for:
            found.append(t.whose.in_(["", self.free_for]))
        if self.purposes_not:
            found.append(t.purpose.not_in(list(self.purposes_not)))
        if self.due_by is not None:
            found.append(t.next_at <= self.due_by)
        return found


def _row(kept: Kept) -> dict[str, Any]:
    task = asdict(kept.task, recurse=False)
    task["rungs"] = [[rung.number, rung.who] for rung in kept.task.rungs]
    task["args"] = dict(kept.task.args)
    return task | {name: getattr(kept, name) for name in _STANDING}


def _kept(row: Row[Any]) -> Kept:
    task = {name: row._mapping[name] for name in _TASK}
    task["rungs"] = tuple(Rung(number, who) for number, who in row.rungs)
    return Kept(task=Task(**task), **{name: row._mapping[name] for name in _STANDING})


def add(tx: Tx, kept: Kept) -> bool:
    """Store a new task; False when its key is there already."""
    if get(tx, kept.task.key) is not None:
        return False
    tx.execute(insert(task_table).values(_row(kept)))
    return True


def get(tx: Tx, key: str) -> Kept | None:
    """The task with that key."""
    row = tx.one(select(task_table).where(task_table.c.key == key))
    return None if row is None else _kept(row)


def of_call(tx: Tx, call: str) -> Kept | None:
    """The task whose latest try is that call."""
    row = tx.one(select(task_table).where(task_table.c.call == call))
    return None if row is None else _kept(row)


def change(tx: Tx, before: Kept, **changes: Any) -> Kept | None:
    """``before`` changed, unless somebody else has changed its stage or tries meanwhile: None."""
    after = evolve(before, **changes)
    t = task_table.c
    changed = tx.execute(
        update(task_table)
        .where(
            t.key == before.task.key,
            t.stage == before.stage,
            t.tries == before.tries,
            t.call == before.call,
            t.agent == before.agent,
        )
        .values({name: getattr(after, name) for name in _STANDING})
    )
    return after if changed.rowcount else None


def assign(tx: Tx, key: str, agent: str, now: datetime) -> bool:
    """Say whose a task is that is not over; an empty ``agent``: everybody's."""
    t = task_table.c
    mine = (t.key == key, t.stage != Stage.DONE, t.whose != agent)
    # One that waits has waited for this agent since now; what runs keeps its time.
    since = case((t.stage == Stage.WAITING, now), else_=t.since)
    changed = update(task_table).where(*mine).values(whose=agent, since=since)
    return tx.execute(changed).rowcount == 1


def _given(now: datetime) -> tuple[ColumnElement[bool], ...]:
    t = task_table.c
    due = (t.stage == Stage.WAITING, t.next_at <= now)
    return (*due, t.mode == Mode.PREVIEW, t.whose != "")


def given(tx: Tx, now: datetime) -> list[tuple[str, str]]:
    """Agents for whom alone tasks are due, each with the queue of such a task."""
    t = task_table.c
    rows = tx.all(select(t.whose, t.queue).where(*_given(now)).distinct())
    return [(row[0], row[1]) for row in rows]


def left_lying(
    tx: Tx, now: datetime, before: datetime, gone: Collection[tuple[str, str]], most: int = 200
) -> Sequence[str]:
    """Keys of agents' own tasks that are due since ``before``, or are of one of the ``gone``."""
    t = task_table.c
    lost = [and_(t.whose == agent, t.queue == queue) for agent, queue in gone]
    long = and_(t.next_at <= before, t.since <= before)
    return tx.scalars(select(t.key).where(*_given(now), or_(long, *lost)).limit(most))


def listed(tx: Tx, wanted: Wanted, offset: int = 0, most: int = 200) -> list[Kept]:
    """Tasks in the order in which they are called: priority, then what is due longest."""
    t = task_table.c
    rows = tx.all(
        select(task_table)
        .where(*wanted.conditions())
        .order_by(t.priority.desc(), t.next_at, t.key)
        .offset(offset)
        .limit(most)
    )
    return [_kept(row) for row in rows]


def counted(tx: Tx, wanted: Wanted) -> Mapping[tuple[Stage, Outcome | None], int]:
    """How many there are by stage and outcome."""
    t = task_table.c
    rows = tx.all(
        select(t.stage, t.outcome, func.count())
        .where(*wanted.conditions())
        .group_by(t.stage, t.outcome)
    )
    return {(row[0], row[1]): row[2] for row in rows}


def purposes(tx: Tx) -> list[str]:
    """All purposes that tasks have; a step in the index for each, however many tasks there are."""
    purpose, found = task_table.c.purpose, list[str]()
    last = tx.scalar(select(func.min(purpose)))
    while last is not None:
        found.append(last)
        last = tx.scalar(select(func.min(purpose)).where(purpose > last))
    return found


def expired(tx: Tx, now: datetime, most: int = 200) -> list[Kept]:
    """Tasks that wait and whose time is over."""
    t = task_table.c
    waits = t.stage.in_((Stage.WAITING, Stage.TAKEN))
    rows = tx.all(select(task_table).where(waits, t.not_after <= now).limit(most))
    return [_kept(row) for row in rows]


def running(tx: Tx, node: str) -> list[Kept]:
    """Tasks that the core named ``node`` is calling, as far as anybody has written down."""
    t = task_table.c
    rows = tx.all(select(task_table).where(t.stage == Stage.CALLING, t.node == node))
    return [_kept(row) for row in rows]


def calling_since(tx: Tx, before: datetime, most: int = 200) -> list[Kept]:
    """Tasks of whichever core that are being called since before that moment."""
    t = task_table.c
    old = select(task_table).where(t.stage == Stage.CALLING, t.since < before).limit(most)
    return [_kept(row) for row in tx.all(old)]


def remove_before(tx: Tx, before: datetime, most: int = 500) -> int:
    """Remove tasks that were over before that moment, with their tries, at most so many."""
    t = task_table.c
    over = select(t.key).where(t.stage == Stage.DONE, t.since < before).limit(most)
    keys = tx.scalars(over)
    tx.execute(delete(attempt_table).where(attempt_table.c.key.in_(keys)))
    tx.execute(delete(task_table).where(t.key.in_(keys)))
    return len(keys)


def put_attempt(tx: Tx, attempt: Attempt) -> None:
    """Store a try as it is now."""
    a, row = attempt_table.c, asdict(attempt, recurse=False)
    here = update(attempt_table).where(a.key == attempt.key, a.nth == attempt.nth)
    if tx.execute(here.values(row)).rowcount == 0:
        tx.execute(insert(attempt_table).values(row))


def attempts(tx: Tx, key: str) -> list[Attempt]:
    """The tries of a task, the first first."""
    a = attempt_table.c
    rows = tx.all(select(attempt_table).where(a.key == key).order_by(a.nth))
    return [Attempt(**row._mapping) for row in rows]


def pauses(tx: Tx) -> list[Pause]:
    """What is stopped now."""
    rows = tx.all(select(pause_table).order_by(pause_table.c.purpose))
    return [Pause(row.purpose, row.by, row.at, row.why) for row in rows]


def put_pause(tx: Tx, pause: Pause) -> None:
    """Stop a purpose; who stopped it first stays."""
    here = select(pause_table).where(pause_table.c.purpose == pause.purpose)
    if tx.one(here) is None:
        tx.execute(insert(pause_table).values(asdict(pause)))


def drop_pause(tx: Tx, purpose: str) -> bool:
    """Let a purpose go on; False when it was not stopped."""
    gone = tx.execute(delete(pause_table).where(pause_table.c.purpose == purpose))
    return bool(gone.rowcount)


def forget_patients(tx: Tx, ids: Sequence[int]) -> None:
    """Remove all tasks of these patients with their tries."""
    t = task_table.c
    keys = tx.scalars(select(t.key).where(t.patient.in_(ids)))
    tx.execute(delete(attempt_table).where(attempt_table.c.key.in_(keys)))
    tx.execute(delete(task_table).where(t.patient.in_(ids)))


def rows_of(tx: Tx, ids: Sequence[int]) -> Sequence[Mapping[str, Any]]:
    """The tasks of these patients with their tries as JSON, for the patient's own request."""
    t = task_table.c
    kept = [_kept(row) for row in tx.all(select(task_table).where(t.patient.in_(ids)))]
    return [_exported(one, attempts(tx, one.task.key)) for one in kept]


def _exported(kept: Kept, tries: Sequence[Attempt]) -> Mapping[str, Any]:
    return {
        "key": kept.task.key,
        "title": kept.task.title,
        "purpose": kept.task.purpose,
        "due": kept.task.due.isoformat(),
        "stage": kept.stage.value,
        "outcome": kept.outcome.value if kept.outcome else "",
        "tries": [
            {
                "number": one.number,
                "call": one.call,
                "begun": one.begun.isoformat(),
                "outcome": one.outcome.value if one.outcome else "",
            }
            for one in tries
        ],
    }
