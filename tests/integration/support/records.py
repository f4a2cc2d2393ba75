"""The records in the database against what the phones lived through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from attrs import frozen
from tests.integration.support.crowd import Visit
from tests.support.strict import bound

from careline.calls import store as calls_store
from careline.calls.model import CallRecord, Outcome, Span, durations
from careline.demo.phone import Call
from careline.storage import Database, Tx
from careline.testing.hospital import LOUD

STORIES = {
    "gave up": Outcome.ABANDONED,
    "talked, caller hung up": Outcome.ANSWERED,
    "talked, agent hung up": Outcome.ANSWERED,
}
Gap = tuple[float, float]
CROSSED_MS = bound(500)


@frozen
class Deviation:
    """How far a duration is from the phones' own, in seconds, and if the core was away then."""

    number: str
    what: str
    seconds: float
    across_a_gap: bool


def all_records(db: Database) -> dict[str, list[CallRecord]]:
    """All inbound records by the caller's number."""

    def read(tx: Tx) -> dict[str, list[CallRecord]]:
        found: dict[str, list[CallRecord]] = {}
        for call_id in calls_store.recent(tx, 10_000):
            stored = calls_store.load(tx, call_id)
            if stored is not None and stored.record.caller:
                found.setdefault(stored.record.caller, []).append(stored.record)
        return found

    return db.run_sync(read)


def faults(visit: Visit, records: Sequence[CallRecord]) -> Iterator[str]:
    """What is wrong with the records of one visit, leaving aside how long things took."""
    if len(records) != 1:
        yield f"{visit.number}: {len(records)} records"
        return
    [call] = records
    open_parts = [part for part in _parts(call) if part.end is None]
    if call.ended is None or call.live_channels or open_parts:
        yield f"{visit.number}: not closed: {call}"
    if call.outcome is not STORIES.get(visit.story) and not _crossed(call, visit):
        yield f"{visit.number}: {visit.story}, but the record says {call.outcome}"
    if visit.agent and call.agents != (visit.agent,):
        yield f"{visit.number}: {call.agents} instead of {visit.agent}"
    for earlier, later in pairwise(call.stays):
        if earlier.span.end is None or later.span.start < earlier.span.end:
            yield f"{visit.number}: in two queues at a time: {call.stays}"


def _crossed(call: CallRecord, visit: Visit) -> bool:
    """Gave up while an agent had answered: put through for a moment, both are true."""
    talked = durations(call, call.ended).talk_ms if call.ended else CROSSED_MS
    return visit.story == "gave up" and bool(call.agents) and talked < CROSSED_MS


def _parts(call: CallRecord) -> Iterator[Span]:
    yield from (talk for leg in call.legs for talk in leg.talks)
    yield from (part.span for part in (*call.stays, *call.rings, *call.wrap_ups))


def deviations(visit: Visit, call: CallRecord, gaps: Sequence[Gap]) -> Iterator[Deviation]:
    """Trunk, ring and talk time of a finished call, record against phones."""
    assert call.ended is not None
    figures = durations(call, call.ended)
    spans = {"trunk": (visit.call.began_at, _end(visit.call))}
    other = visit.agent_call
    if other is not None and other.ringing_at and other.answered_at:
        heard = other.rtp.ear.loud(other.answered_at, LOUD)
        spans["ring"] = (other.ringing_at, other.answered_at)
        spans["talk"] = (
            heard[0] if heard else other.answered_at,
            min(_end(other), _end(visit.call)),
        )
    told = {"trunk": figures.trunk_ms, "ring": figures.ring_ms, "talk": figures.talk_ms}
    for what, (start, end) in spans.items():
        seconds = told[what] / 1000 - (end - start)
        away = any(since <= moment <= until for moment in (start, end) for since, until in gaps)
        yield Deviation(visit.number, what, seconds, away)


def _end(call: Call) -> float:
    assert call.ended_at is not None
    return call.ended_at


def worst(found: Iterable[Deviation], *, across_a_gap: bool) -> list[Deviation]:
    """Those with or without a gap, the largest first."""
    chosen = [one for one in found if one.across_a_gap == across_a_gap]
    return sorted(chosen, key=lambda one: -abs(one.seconds))


__all__ = ["Deviation", "all_records", "deviations", "faults", "worst"]
