"""News of a stay, and how it changes what is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Protocol, runtime_checkable

from attrs import evolve, frozen

from careline.clinic import Stay

WORDS = ("name", "number", "id_card", "phone", "department", "ward", "bed", "doctor", "diagnosis")


@frozen(kw_only=True)
class News:
    """What was told of the stay with number ``visit``; ``told`` is when it happened, UTC.

    What is empty or None in ``stay`` was not told; its ``id`` does not count. ``inside``: the
    patient lies in the hospital, and a discharge that was told before is taken back. ``void``:
    there is no such stay, the admission was a mistake.
    """

    visit: str
    told: datetime
    stay: Stay
    inside: bool = False
    void: bool = False


class Change(Enum):
    """What is told to plugins."""

    ADMITTED = "admitted"
    DISCHARGED = "discharged"


@runtime_checkable
class TellsStays(Protocol):
    """An adapter whose system is asked for stays (FHIR); others send messages (HL7 v2)."""

    async def stays(self, since: datetime, until: datetime | None) -> Sequence[News]:
        """Stays that changed from ``since`` on (UTC), and before ``until`` where it is given."""


def joined(known: Stay | None, told_before: datetime | None, news: News) -> Stay:
    """The stay with ``news``; messages come late and twice, so older ones only fill gaps.

    A discharge stands until it is taken back, or the patient is admitted again under the same
    number, later; and then an older one that comes late ends nothing.
    """
    stay = news.stay
    if known is None:
        return stay
    late = told_before is not None and news.told < told_before
    words = {}
    for word in WORDS:
        before, now = getattr(known, word), getattr(stay, word)
        words[word] = (before or now) if late else (now or before)
    again = bool(known.left and stay.came and not stay.left and stay.came > known.left)
    came = stay.came if again else (known.came or stay.came if late else stay.came or known.came)
    if again or (news.inside and not late):
        return evolve(known, came=came, left=None, died=False, **words)
    if late and stay.left and known.came and stay.left <= known.came:
        return evolve(known, came=came, **words)
    left, died = stay.left or known.left, stay.died or known.died
    return evolve(known, came=came, left=left, died=died, **words)


def change(known: Stay | None, now: Stay) -> Change | None:
    """What is new for those who follow stays; a discharge that is corrected is none."""
    if now.left is not None:
        return Change.DISCHARGED if known is None or known.left is None else None
    return Change.ADMITTED if known is None or known.left is not None else None
