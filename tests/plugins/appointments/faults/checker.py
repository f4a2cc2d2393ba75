"""Reads what clients were told and what both sides hold, and finds what must never be: pure.

A key names one wish of one client, in the history, in careline and in the hospital's system.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum

from attrs import field, frozen


class Told(Enum):
    """What a client was told of a key, or asked for."""

    BOOKED = "booked"
    UNSURE = "unsure"
    REFUSED = "refused"
    CANCEL = "cancel"
    """The client asked to cancel, or to move it to another key; nobody knows yet."""
    CANCELLED = "cancelled"


@frozen
class Line:
    """One line of the history; ``slot`` and ``patient`` are what the client asked for."""

    told: Told
    key: str
    slot: str = ""
    patient: int = 0


@frozen
class Held:
    """What one side holds of a key: careline's state, or the hospital's."""

    key: str
    slot: str
    patient: int
    state: str


@frozen
class Problem:
    """What must never be: ``double``, ``lost``, ``undone``, ``ghost``, ``open`` or ``event``."""

    kind: str
    key: str
    detail: str


@frozen
class Evidence:
    """All that is known at the end, when nothing is under way any more.

    ``booked`` and ``cancelled`` count the durable events of each key.
    """

    lines: tuple[Line, ...]
    careline: tuple[Held, ...]
    hospital: tuple[Held, ...]
    capacity: Mapping[str, int]
    booked: Mapping[str, int] = field(factory=dict)
    cancelled: Mapping[str, int] = field(factory=dict)


def check(evidence: Evidence) -> list[Problem]:
    """Everything that is wrong."""
    return [
        *_double(evidence),
        *_lost(evidence),
        *_undone(evidence),
        *_ghosts(evidence),
        *_open(evidence),
        *_events(evidence),
    ]


def _double(evidence: Evidence) -> Iterator[Problem]:
    """More visits than numbers, or two of one patient, on either side."""
    for side, rows in (("careline", evidence.careline), ("hospital", evidence.hospital)):
        booked = [row for row in rows if row.state == "booked"]
        for slot, count in Counter(row.slot for row in booked).items():
            if count > evidence.capacity[slot]:
                yield Problem("double", slot, f"{count} of {evidence.capacity[slot]} at {side}")
        pairs = Counter((row.slot, row.patient) for row in booked)
        for (slot, patient), count in pairs.items():
            if count > 1:
                yield Problem("double", slot, f"patient {patient} has {count} at {side}")
        for key, count in Counter(row.key for row in rows).items():
            if count > 1:
                yield Problem("double", key, f"{count} visits of one wish at {side}")


def _lost(evidence: Evidence) -> Iterator[Problem]:
    """Told as booked, never asked to be cancelled, and yet not held by both as it was told."""
    asked = _keys(evidence.lines, Told.CANCEL)
    ours, theirs = _by_key(evidence.careline), _by_key(evidence.hospital)
    for line in evidence.lines:
        if line.told is Told.BOOKED and line.key not in asked:
            for side, rows in (("careline", ours), ("hospital", theirs)):
                row = rows.get(line.key)
                held = (row.state, row.slot, row.patient) if row else ("nothing",)
                if held != ("booked", line.slot, line.patient):
                    yield Problem("lost", line.key, f"{side} has {held}")


def _undone(evidence: Evidence) -> Iterator[Problem]:
    """Told as cancelled, and held by somebody."""
    cancelled = _keys(evidence.lines, Told.CANCELLED)
    for side, rows in (("careline", evidence.careline), ("hospital", evidence.hospital)):
        for row in rows:
            if row.key in cancelled and row.state != "cancelled":
                yield Problem("undone", row.key, f"{side} has {row.state}")


def _ghosts(evidence: Evidence) -> Iterator[Problem]:
    """Held by one side alone, or told "no" and held all the same."""
    ours = {row.key for row in evidence.careline if row.state == "booked"}
    theirs = {row.key for row in evidence.hospital if row.state == "booked"}
    for key in sorted(ours ^ theirs):
        yield Problem("ghost", key, f"only {'careline' if key in ours else 'the hospital'} has it")
    for key in sorted(_keys(evidence.lines, Told.REFUSED) & (ours | theirs)):
        yield Problem("ghost", key, "the client was told no")


def _open(evidence: Evidence) -> Iterator[Problem]:
    """Nothing may stay undecided."""
    for row in evidence.careline:
        if row.state in ("holding", "unsure", "cancelling"):
            yield Problem("open", row.key, row.state)


def _events(evidence: Evidence) -> Iterator[Problem]:
    """Other plugins are told once of each visit, and once of its end."""
    for row in evidence.careline:
        booked, cancelled = evidence.booked.get(row.key, 0), evidence.cancelled.get(row.key, 0)
        told = {"booked": (1, 0), "cancelled": (booked, booked), "failed": (0, 0)}
        expected = told.get(row.state)
        if booked > 1 or (expected and (booked, cancelled) != expected):
            yield Problem("event", row.key, f"{row.state}: told {booked} and {cancelled} times")


def _keys(lines: Iterable[Line], told: Told) -> set[str]:
    return {line.key for line in lines if line.told is told}


def _by_key(rows: Iterable[Held]) -> dict[str, Held]:
    return {row.key: row for row in rows}
