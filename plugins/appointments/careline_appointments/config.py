"""The table ``[plugin.appointments]`` of careline.toml."""

from __future__ import annotations

from pathlib import Path

from attrs import field, frozen
from attrs.validators import ge, le


def _count(default: int, least: int = 0, most: int = 10_000) -> int:
    return field(default=default, validator=[ge(least), le(most)])


@frozen(kw_only=True)
class AppointmentsConfig:
    """Rules of booking; 0 switches a limit off.

    ``horizon_days``: how far ahead visits are booked. ``most_open``, ``most_per_day``,
    ``most_per_department``: active visits of one patient, in all, on one day, in one department on
    one day. ``cancel_hours``: a patient cancels or moves no later than so long before the visit.
    ``missed``: after so many missed visits (爽约) within ``missed_days`` nothing is booked for
    ``barred_days``. ``id_card``: only patients whose id card is known book. ``offer_minutes``: how
    long a freed slot is kept in mind for the next of the waiting list. ``prove_to_cancel``: callers
    cancel by keys only what they have shown to be theirs by the end of the id card.
    ``triage_file``: the hospital's own rules of triage (导诊), over the shipped ones.
    """

    horizon_days: int = _count(28, 1, 366)
    most_open: int = _count(6)
    most_per_day: int = _count(3)
    most_per_department: int = _count(1)
    cancel_hours: int = _count(2, 0, 240)
    missed: int = _count(3)
    missed_days: int = _count(180, 1)
    barred_days: int = _count(90, 1)
    id_card: bool = False
    offer_minutes: int = _count(30, 1)
    prove_to_cancel: bool = True
    triage_file: Path | None = None
