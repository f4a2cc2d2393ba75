"""Leaders who speak into talks of others: in no bridge, and so in a file of their own; pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from careline.callcontrol.model import Listening
from careline.calls import facts as f
from careline.calls.model import Leg, Span

WAYS = frozenset(way.value for way in Listening)


def joined(facts: Sequence[f.Fact], leg: Leg, until: datetime) -> tuple[Span, ...]:
    """When a leader on ``leg`` spoke with both sides, up to ``until`` at most."""
    found: list[Span] = []
    since: datetime | None = None
    for note in _notes(facts, leg):
        at = max(note.at, leg.answered or note.at)
        if since is not None:
            found.append(Span(start=since, end=at))
        since = at if note.what == Listening.BARGE.value else None
    if since is not None and since < until:
        found.append(Span(start=since, end=until))
    return tuple(found)


def talk_joined(facts: Sequence[f.Fact], leg: Leg) -> str:
    """The channel of the agent whose talk a leader joined on ``leg``, empty for other legs."""
    return next((note.channel for note in reversed(_notes(facts, leg))), "")


def _notes(facts: Sequence[f.Fact], leg: Leg) -> list[f.Noted]:
    """How the leader took part, in order: what was asked for before the phone rang comes first."""
    mine = [
        fact
        for fact in facts
        if isinstance(fact, f.Noted)
        and fact.what in WAYS
        and leg.agent
        and fact.detail.get("leader") == leg.agent
        and (leg.ended is None or fact.at <= leg.ended)
    ]
    before = [note for note in mine if note.at < leg.started]
    return [*before[-1:], *mine[len(before) :]]
