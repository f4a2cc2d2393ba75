"""How news of a stay change what is known."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from attrs import evolve

from careline.clinic import Stay
from careline.clinic.his import News

WORDS = ("name", "number", "id_card", "phone", "department", "ward", "bed", "doctor", "diagnosis")


class Change(Enum):
    """What is told to plugins."""

    ADMITTED = "admitted"
    DISCHARGED = "discharged"


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
