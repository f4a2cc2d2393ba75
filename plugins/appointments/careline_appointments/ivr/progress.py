"""How far a caller came by keys: shown to the agent who takes the call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from attrs import evolve, frozen
from sqlalchemy import Column, String, Table, delete, insert, select

from careline.clock import Clock
from careline.i18n import Text
from careline.storage import Database, Json, Tx, UTCDateTime, metadata
from careline.storage.behind import WriteBehind
from careline.tasks import Tasks

KEPT = 500

progress_table = Table(
    "appointments_progress",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("at", UTCDateTime, nullable=False, index=True),
    Column("came", Json, nullable=False),
)


@frozen(kw_only=True)
class Progress:
    """What a caller chose so far; ``stage`` is where the dialogue stood at ``at`` (UTC).

    ``proved``: by an id card's digits or an outpatient number, not the telephone alone. Names are
    in the hospital's language; ``booking`` is what came of it, or 0.
    """

    call: str
    at: datetime
    stage: str = ""
    proved: bool = False
    campus: str = ""
    department: str = ""
    doctor: str = ""
    day: date | None = None
    start: time | None = None
    booking: int = 0

    @property
    def where(self) -> tuple[Text, ...]:
        """The same in words, one thing each."""
        return tuple(_words(self))


STAGES: Mapping[str, Text] = {
    "which": Text("Was asked which patient it is"),
    "offer": Text("Was asked what the call is about"),
    "departments": Text("Was choosing a department"),
    "doctors": Text("Was choosing a doctor"),
    "times": Text("Was choosing a time"),
    "confirm": Text("Was asked to confirm"),
    "booking": Text("The booking was on its way"),
    "booked": Text("It is booked"),
    "unsure": Text("The booking is not confirmed yet"),
    "refused": Text("It could not be booked"),
    "unavailable": Text("The schedule was not available"),
    "query": Text("Heard the coming visits"),
    "cancel": Text("Was asked to confirm a cancellation"),
    "cancelled": Text("Cancelled a visit"),
    "doctor": Text("Heard about a doctor"),
}


def _words(one: Progress) -> Sequence[Text]:
    found = [STAGES[one.stage]] if one.stage in STAGES else []
    if one.proved:
        found.append(Text("Identified by id card or outpatient number"))
    if one.department:
        found.append(Text("Department: {name}", {"name": one.department}))
    if one.doctor:
        found.append(Text("Doctor: {name}", {"name": one.doctor}))
    if one.day and one.start:
        time_ = f"{one.day.isoformat()} {one.start:%H:%M}"
        found.append(Text("Time: {time}", {"time": time_}))
    return found


class ProgressBook:
    """Progress of calls, in memory for this core and in the database for the others."""

    def __init__(self, db: Database, clock: Clock, tasks: Tasks) -> None:
        self._db = db
        self._clock = clock
        self._here: dict[str, Progress] = {}
        self._behind: WriteBehind[Progress] = WriteBehind(db, clock, tasks, put)

    def note(self, call: str, **changes: Any) -> None:
        """A caller has come further; without a call (a rehearsal) nothing is noted."""
        if not call:
            return
        now = self._clock.now()
        known = self._here.pop(call, None) or Progress(call=call, at=now)
        self._here[call] = evolve(known, at=now, **changes)
        while len(self._here) > KEPT:
            del self._here[next(iter(self._here))]
        self._behind.put(self._here[call])

    @property
    def latest(self) -> Progress | None:
        """That of the caller who moved last, here."""
        return next(reversed(self._here.values()), None)

    async def of_call(self, call: str) -> Progress | None:
        """How far the caller of ``call`` came, or None when there was no dialogue."""
        here = self._here.get(call)
        return here or await self._db.run(read, call)


def put(tx: Tx, items: Sequence[Progress]) -> None:
    """Store how far callers came, the last of each call."""
    last = {one.call: one for one in items}
    tx.execute(delete(progress_table).where(progress_table.c.call.in_(list(last))))
    rows = [{"call": one.call, "at": one.at, "came": _plain(one)} for one in last.values()]
    tx.execute(insert(progress_table).values(rows))


def read(tx: Tx, call: str) -> Progress | None:
    """What is stored of one call."""
    row = tx.one(select(progress_table).where(progress_table.c.call == call))
    return None if row is None else _progress(row.call, row.at, row.came)


def forget(tx: Tx, before: datetime) -> int:
    """Delete what is older; how many."""
    done = tx.execute(delete(progress_table).where(progress_table.c.at < before))
    return int(done.rowcount)


def _plain(one: Progress) -> dict[str, Any]:
    return {
        "stage": one.stage,
        "proved": one.proved,
        "campus": one.campus,
        "department": one.department,
        "doctor": one.doctor,
        "day": one.day.isoformat() if one.day else "",
        "start": one.start.isoformat("minutes") if one.start else "",
        "booking": one.booking,
    }


def _progress(call: str, at: datetime, came: Mapping[str, Any]) -> Progress:
    day, start = came["day"], came["start"]
    known = {**came, "day": date.fromisoformat(day) if day else None}
    known["start"] = time.fromisoformat(start) if start else None
    return Progress(call=call, at=at, **known)
