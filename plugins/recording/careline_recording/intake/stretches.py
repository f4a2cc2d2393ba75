"""Where in the audio which stretch of talk is, and what of it is not kept; pure, no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from careline.calls import facts as f
from careline.calls.model import Leg, Span
from careline_recording.model import Stretch

MS = timedelta(milliseconds=1)
#: The switch begins and ends a moment beside what it tells of a bridge.
SLACK_MS = 1000


def stretches_of(talks: Sequence[Span], until: datetime, file_ms: int) -> tuple[Stretch, ...]:
    """The stretches of a file that holds ``talks`` one after the other.

    What the file is shorter is missing at its end; what it is longer belongs to the last one.
    """
    found: list[Stretch] = []
    offset = 0
    for number, talk in enumerate(talks):
        length = talk_ms([talk], until)
        if number == len(talks) - 1:
            length = file_ms
        length = min(length, file_ms - offset)
        if length > 0:
            found.append(Stretch(talk.start, offset, length))
            offset += length
    return tuple(found)


def bridged(facts: Sequence[f.Fact], channel: str, until: datetime) -> tuple[Span, ...]:
    """When a phone was put through to anybody: what the switch writes; hold is not among it."""
    found: list[Span] = []
    bridge, since = "", until
    for fact in facts:
        if fact.channel != channel:
            continue
        if isinstance(fact, f.Bridged):
            since = since if bridge else fact.at
            bridge = fact.bridge
        elif bridge and _leaves(fact, bridge):
            found.append(Span(start=since, end=fact.at))
            bridge = ""
    if bridge:
        found.append(Span(start=since, end=until))
    return tuple(found)


def _leaves(fact: f.Fact, bridge: str) -> bool:
    return isinstance(fact, f.ChannelGone) or (
        isinstance(fact, f.Unbridged) and fact.bridge == bridge
    )


def talk_ms(talks: Sequence[Span], until: datetime) -> int:
    """How long all of them are."""
    return sum(round(talk.length(until) / MS) for talk in talks)


def before(talks: Sequence[Span], end: datetime) -> tuple[Span, ...]:
    """What of the talks is before a moment."""
    return tuple(
        Span(start=one.start, end=min(one.end or end, end)) for one in talks if one.start < end
    )


def is_short(talks: Sequence[Span], until: datetime, file_ms: int) -> bool:
    """True when more is missing than the switch's own moments at begin and end."""
    wanted = talk_ms(talks, until)
    return wanted - file_ms > SLACK_MS * len(talks) + wanted // 50


def pauses_of(
    leg: Leg, facts: Sequence[f.Fact], on_demand: bool, until: datetime
) -> tuple[Span, ...]:
    """The times in which nothing of an agent's talk is kept.

    A talk that is kept on demand begins with one, which ends when somebody asks for it.
    """
    since = leg.started if on_demand else None
    found: list[Span] = []
    for fact in facts:
        if not isinstance(fact, f.Noted) or fact.what != "recording" or fact.channel != leg.channel:
            continue
        paused = fact.detail.get("paused") == "yes"
        if paused and since is None:
            since = fact.at
        elif not paused and since is not None:
            found.append(Span(start=since, end=fact.at))
            since = None
    if since is not None:
        found.append(Span(start=since, end=until))
    return tuple(found)


def silences(
    stretches: Sequence[Stretch], pauses: Sequence[Span], until: datetime
) -> tuple[tuple[int, int], ...]:
    """From where to where, in ms of the audio, there must be silence."""
    found = []
    for stretch in stretches:
        for pause in pauses:
            first = max((pause.start - stretch.start) / MS, 0)
            last = min(((pause.end or until) - stretch.start) / MS, stretch.length_ms)
            if first < last:
                found.append((stretch.offset_ms + int(first), stretch.offset_ms + int(last)))
    return tuple(found)
