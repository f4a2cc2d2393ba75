"""What the switch did not write of the other side, found in what it wrote of that one's channel.

Asterisk (22.10) writes a channel's own voice always, but in about half of the talks with a phone
that another agent called (a consultation that is completed, a conference that becomes smaller)
nothing of what is said to that phone. So the dialplan has the party's channel written too, from
when it is put through; those files serve for this alone and are never kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from attrs import frozen

from careline.calls import facts as f
from careline.calls.model import Span
from careline_recording.intake.stretches import MS
from careline_recording.model import BYTES_A_SECOND, FRAME, Stretch

#: Audio is looked at and filled in parts of this many bytes, 128 ms.
BLOCK = 1024 * FRAME
#: Less than so many parts in a row are the other side's own silence.
LEAST = 4
SILENT = bytes(2 * (BLOCK // FRAME))

#: By the number of the part: files, and where in them its sound begins.
Fill = Mapping[int, Sequence[tuple[Path, int]]]


@frozen
class Source:
    """A file of another channel: its own voice comes first in each moment of it.

    ``shared`` is when that channel was put through to the one that is filled.
    """

    path: Path
    stretches: tuple[Stretch, ...]
    shared: tuple[Span, ...]

    def place(self, at: datetime) -> int | None:
        """Where in the file that time is, in bytes; None when it is not in there."""
        if not any(one.start <= at and (one.end is None or at < one.end) for one in self.shared):
            return None
        for stretch in self.stretches:
            within = (at - stretch.start) / MS
            if 0 <= within < stretch.length_ms:
                return _bytes(stretch.offset_ms + within)
        return None


def together(facts: Sequence[f.Fact], one: str, other: str) -> tuple[Span, ...]:
    """When two channels were in the same bridge."""
    where = {one: "", other: ""}
    found: list[Span] = []
    since: datetime | None = None
    for fact in facts:
        if fact.channel not in where:
            continue
        if isinstance(fact, f.Bridged):
            where[fact.channel] = fact.bridge
        elif isinstance(fact, f.ChannelGone) or (
            isinstance(fact, f.Unbridged) and fact.bridge == where[fact.channel]
        ):
            where[fact.channel] = ""
        same = bool(where[one]) and where[one] == where[other]
        if same and since is None:
            since = fact.at
        elif not same and since is not None:
            found.append(Span(start=since, end=fact.at))
            since = None
    if since is not None:
        found.append(Span(start=since))
    return tuple(found)


def from_the_end(talks: Sequence[Span], until: datetime, file_ms: int) -> tuple[Stretch, ...]:
    """Where ``talks`` are in a file that was begun in the middle of them and lasts to their end."""
    found: list[Stretch] = []
    left = file_ms
    for talk in reversed(talks):
        whole = int(talk.length(until) / MS)
        length = min(whole, left)
        left -= length
        if length > 0:
            start = talk.start + timedelta(milliseconds=whole - length)
            found.append(Stretch(start, left, length))
    return tuple(reversed(found))


def fill(file: Path, size: int, stretches: Sequence[Stretch], sources: Sequence[Source]) -> Fill:
    """What is to be put where the other side is not in ``file``; blocks."""
    found: dict[int, Sequence[tuple[Path, int]]] = {}
    for number in _missing(file, size) if sources else ():
        at = _time(stretches, number * BLOCK)
        places = [(one.path, one.place(at)) for one in sources] if at else []
        known = [(path, place) for path, place in places if place is not None]
        if known:
            found[number] = known
    return found


def _missing(file: Path, size: int) -> list[int]:
    """The parts in which nothing was written of the other side, some in a row."""
    found: list[int] = []
    run: list[int] = []
    with file.open("rb") as raw:
        for number in range(size // BLOCK + 1):
            part = memoryview(raw.read(BLOCK)).cast("h")
            silent = len(part) > 0 and part[1::2].tobytes() == SILENT[: len(part[1::2]) * 2]
            if silent:
                run.append(number)
            if not silent or (number + 1) * BLOCK >= size:
                found += run if len(run) >= LEAST else []
                run = []
    return found


def _time(stretches: Sequence[Stretch], place: int) -> datetime | None:
    ms = place * 1000 / BYTES_A_SECOND
    for stretch in stretches:
        if stretch.offset_ms <= ms < stretch.offset_ms + stretch.length_ms:
            return stretch.start + timedelta(milliseconds=ms - stretch.offset_ms)
    return None


def _bytes(ms: float) -> int:
    return int(ms * BYTES_A_SECOND / 1000) // FRAME * FRAME
