"""What a flow's exit means on the channel: the variables that the dialplan reads.

Names are those of careline's dialplan (asterisk/data/extensions.conf).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from attrs import field, frozen

from careline.queues.plan import Stop, encode

HANGUP_NORMAL = 16
HANGUP_REJECTED = 21


@frozen
class Step:
    """A label of context careline-do and the variables that it needs."""

    name: str
    variables: dict[str, str] = field(factory=dict)


def queue(stops: Sequence[Stop], priority: int) -> Step:
    """Wait in the first stop; the others are kept for when its time is up."""
    first, *rest = stops
    return Step(
        "queue",
        {
            "CARELINE_QUEUE": first.queue,
            "CARELINE_LIMIT": str(first.limit_s or ""),
            "CARELINE_PRIORITY": str(priority),
            "CARELINE_STOPS": encode(rest),
        },
    )


def dial(target: str, ring_s: int) -> Step:
    """Be connected to a dial string."""
    return Step("dial", {"CARELINE_DIAL": target, "CARELINE_LIMIT": str(ring_s)})


def voicemail(path: Path, box: str, limit_s: int) -> Step:
    """Leave a message for ``box`` in a wav file."""
    variables = {"CARELINE_FILE": str(path), "CARELINE_BOX": box, "CARELINE_LIMIT": str(limit_s)}
    return Step("voicemail", variables)


def retake(phone: str, contact: str, queue: str) -> Step:
    """Wait some seconds for an agent's lost phone to register elsewhere than at ``contact``."""
    variables = {"CARELINE_PHONE": phone, "CARELINE_CONTACT": contact, "CARELINE_BACK": queue}
    return Step("retake", variables)


def hang_up(cause: int = HANGUP_NORMAL) -> Step:
    """End the call with a Q.850 cause."""
    return Step("hangup", {"CARELINE_CAUSE": str(cause)})


def again() -> Step:
    """Nothing can be said to somebody whom we called: a friendly word, and the end."""
    return Step("again")


def fallback() -> Step:
    """Nothing better is known: the fallback queue."""
    return Step("fallback")
