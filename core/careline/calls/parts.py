"""One part of a call's record changed: a leg, a stay, a ring, a piece of wrap-up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from attrs import evolve

from careline.calls.model import CallRecord, Leg, Ring, Stay, WrapUp

T = TypeVar("T", Stay, Ring, WrapUp)

#: Manager events and the journal give the same moment some milliseconds apart.
SAME = timedelta(milliseconds=100)


def change_leg(call: CallRecord, channel: str, change: Callable[[Leg], Leg]) -> CallRecord:
    """``call`` with one leg changed; the same object when there is no such leg or no change."""
    old = call.leg(channel)
    if old is None:
        return call
    new = change(old)
    if new is old:
        return call
    return evolve(call, legs=tuple(new if leg is old else leg for leg in call.legs))


def ended(part: T, at: datetime, **outcome: str) -> T:
    """``part`` with its span closed, unless it is closed already."""
    if part.span.end:
        return part
    changes: dict[str, Any] = {"span": evolve(part.span, end=at), **outcome}
    return evolve(part, **changes)
