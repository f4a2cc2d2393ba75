"""Where a caller waits, in what order and how long: agent of last time, the queue, its overflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from careline.queues.model import PERSONAL, Queue


@frozen
class Stop:
    """Waiting in one queue of the switch for at most ``limit_s`` seconds, 0 without limit."""

    queue: str
    limit_s: int = 0


def plan(
    queue: Queue, queues: Mapping[str, Queue], limit_s: int = 0, last_agent: str = ""
) -> tuple[Stop, ...]:
    """The stops of a caller of ``queue`` who waits ``limit_s`` seconds in all (0: without limit).

    The agent of last time is tried before; the queue's overflow takes over when its time is up, and
    the overflow of that one after it, no queue twice.
    """
    stops = [Stop(PERSONAL + last_agent, queue.last_agent_s)] if last_agent else []
    left = limit_s
    seen: set[str] = set()
    here: Queue | None = queue
    while here is not None:
        seen.add(here.id)
        onward = queues.get(here.overflow)
        flows_over = onward is not None and onward.id not in seen and here.overflow_s > 0
        if not flows_over or (limit_s and left <= here.overflow_s):
            stops.append(Stop(here.id, left))
            break
        stops.append(Stop(here.id, here.overflow_s))
        left = max(1, left - here.overflow_s) if limit_s else 0
        here = onward
    return tuple(stops)


def encode(stops: Sequence[Stop]) -> str:
    """Stops for a channel variable: ``booking:30-city:0``."""
    return "-".join(f"{stop.queue.replace('-', '_')}:{stop.limit_s}" for stop in stops)


def decode(text: str) -> tuple[Stop, ...]:
    """Read what :func:`encode` wrote; what is not of that form is no stop."""
    stops = []
    for part in text.split("-"):
        queue, _, limit = part.partition(":")
        if queue and limit.isdigit():
            stops.append(Stop(queue.replace("_", "-"), int(limit)))
    return tuple(stops)
