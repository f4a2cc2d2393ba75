"""Asterisk's own journal (CEL as CSV) as facts: it fills the gap while the core was away.

Columns and their order are those that the generated cel_custom.conf asks for.
Source: https://docs.asterisk.org/Configuration/Reporting/Channel-Event-Logging-CEL/
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from attrs import frozen

from careline.asterisk.plain import JOURNAL_COLUMNS
from careline.calls import facts as f
from careline.calls.model import PHONES_CONTEXT
from careline.calls.rung import ADDED
from careline.telephony.switch import BEGIN

TAIL_BYTES = 16 * 1024 * 1024
ROTATE_BYTES = 64 * 1024 * 1024
#: How a ring ended that nobody answered, by the Q.850 cause of the phone's channel.
RING_ENDS = {17: "busy", 18: "no_answer", 19: "no_answer", 20: "failed", 21: "busy", 27: "failed"}


@frozen
class Line:
    """One line of the journal."""

    kind: str
    at: datetime
    channel: str
    call: str
    name: str
    number: str
    extension: str
    context: str
    application: str
    data: str
    extra: str


def parse(rows: Iterable[str]) -> Iterator[Line]:
    """The journal's lines; a torn one (Asterisk was killed while writing) is passed over.

    Each is read by itself, so that an open quote takes nothing of the next one.
    """
    for text in rows:
        row = next(csv.reader([text]), [])
        if len(row) != len(JOURNAL_COLUMNS):
            continue
        line = _line(dict(zip(JOURNAL_COLUMNS, row, strict=True)))
        if line is not None:
            yield line


def _line(row: Mapping[str, str]) -> Line | None:
    try:
        at = datetime.fromtimestamp(float(row["eventtime"]), UTC)
    except ValueError:
        return None
    return Line(
        kind=row["eventtype"],
        at=at,
        channel=row["uniqueid"],
        call=row["linkedid"],
        name=row["channame"],
        number=row["cid_num"],
        extension=row["exten"],
        context=row["context"],
        application=row["appname"],
        data=row["appdata"],
        extra=row["eventextra"],
    )


def read_since(path: Path, since: datetime) -> list[Line]:
    """Lines at or after ``since``, from at most the last 16 MiB; empty when there is no journal.

    Blocking file access: call it in a thread.
    """
    lines = parse([*_tail(_rotated(path), since), *_tail(path, since)])
    return [line for line in lines if line.at >= since]


def rotate(path: Path, limit: int = ROTATE_BYTES) -> bool:
    """Begin a new journal when this one is longer than ``limit`` bytes; one old one is kept.

    Asterisk opens the file for each line, so it may be renamed under it. Blocking.
    """
    if not path.exists() or path.stat().st_size <= limit:
        return False
    path.replace(_rotated(path))
    return True


def _rotated(path: Path) -> Path:
    return path.with_suffix(".old.csv")


def _tail(path: Path, since: datetime) -> list[str]:
    """The last lines of a file that was written to after ``since``."""
    if not path.exists() or path.stat().st_mtime < since.timestamp():
        return []
    with path.open("rb") as file:
        start = max(0, file.seek(0, 2) - TAIL_BYTES)
        file.seek(start)
        text = file.read().decode("utf-8", errors="replace")
    # Not splitlines: a caller's name may hold what Unicode takes for the end of a line.
    return text.split("\n")[1 if start else 0 :]


def facts_of(line: Line, agent_of: Callable[[str], str]) -> Iterator[f.Fact]:
    """The facts of one line; ``agent_of`` names the agent of an endpoint (``PJSIP/1001``) or ""."""
    rule = _RULES.get(line.kind)
    return iter(()) if rule is None else rule(line, agent_of)


AgentOf = Callable[[str], str]


def _agent(line: Line, agent_of: AgentOf) -> str:
    """Who sits at the phone that was called: an agent, else the phone's own name; else ""."""
    if line.context != PHONES_CONTEXT or line.channel == line.call or ADDED in line.call:
        return ""
    endpoint = line.name.rpartition("-")[0]
    return agent_of(endpoint) or endpoint.partition("/")[2]


def _up(line: Line, agent_of: AgentOf) -> Iterator[f.Fact]:
    if line.context == BEGIN:  # it only dials whom we ring
        return
    extension = "" if line.extension == "s" else line.extension
    yield f.ChannelUp(
        at=line.at,
        channel=line.channel,
        name=line.name,
        context=line.context,
        extension=extension,
        number=line.number,
    )
    agent = _agent(line, agent_of)
    if agent:
        yield f.Rang(at=line.at, channel=line.channel, agent=agent)


def _answered(line: Line, agent_of: AgentOf) -> Iterator[f.Fact]:
    yield f.ChannelAnswered(at=line.at, channel=line.channel)
    yield f.RingEnded(at=line.at, channel=line.channel, result="answered")


def _gone(line: Line, agent_of: AgentOf) -> Iterator[f.Fact]:
    cause = 0
    if line.extra:
        try:
            cause = int(json.loads(line.extra).get("hangupcause", 0))
        except (ValueError, AttributeError):
            cause = 0
    result = RING_ENDS.get(cause, "caller_gone")
    yield f.RingEnded(at=line.at, channel=line.channel, result=result)
    yield f.ChannelGone(at=line.at, channel=line.channel, cause=cause)


def _bridge_of(line: Line) -> str:
    try:
        return str(json.loads(line.extra)["bridge_id"])
    except (ValueError, KeyError, TypeError):
        return "unknown"


def _enter(line: Line, agent_of: AgentOf) -> Iterator[f.Fact]:
    yield f.Bridged(at=line.at, channel=line.channel, bridge=_bridge_of(line))
    agent = _agent(line, agent_of)
    if agent:
        yield f.Connected(at=line.at, channel=line.channel, agent=agent)


def _leave(line: Line, agent_of: AgentOf) -> Iterator[f.Fact]:
    yield f.Unbridged(at=line.at, channel=line.channel, bridge=_bridge_of(line))


def _application(line: Line, agent_of: AgentOf) -> Iterator[f.Fact]:
    if line.application == "Queue":
        yield f.Queued(at=line.at, channel=line.channel, queue=line.data.partition(",")[0])


def _application_end(line: Line, agent_of: AgentOf) -> Iterator[f.Fact]:
    if line.application == "Queue":
        queue = line.data.partition(",")[0]
        yield f.Dequeued(at=line.at, channel=line.channel, queue=queue, reason="left")


_RULES: dict[str, Callable[[Line, AgentOf], Iterator[f.Fact]]] = {
    "CHAN_START": _up,
    "ANSWER": _answered,
    "HANGUP": _gone,
    "CHAN_END": _gone,
    "BRIDGE_ENTER": _enter,
    "BRIDGE_EXIT": _leave,
    "APP_START": _application,
    "APP_END": _application_end,
}
