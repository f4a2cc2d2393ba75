"""What is being booked: for whom, in which call, which department or doctor, from which day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from urllib.parse import urlencode

from attrs import asdict, frozen

from careline.web import Visit
from careline_appointments.desk.grid import DAYS

LONGEST_CODE = 120
"""Of a clinic or slot, as the tables have room for it."""


@frozen(kw_only=True)
class Asked:
    """The query that all steps of booking hand on; ``moving`` is a booking to be moved, or 0."""

    call: str = ""
    patient: int = 0
    campus: str = ""
    department: str = ""
    doctor: str = ""
    moving: int = 0

    def query(self, **more: object) -> str:
        """As a query string, what is empty left out; ``more`` goes over it."""
        values = {**asdict(self), **more}
        return urlencode({name: value for name, value in values.items() if value})

    @property
    def chosen(self) -> bool:
        """True when a department or doctor was chosen."""
        return bool(self.campus and (self.department or self.doctor))


def asked_of(args: Mapping[str, str]) -> Asked:
    """What a query or form says; nonsense counts as nothing."""
    return Asked(
        call=args.get("call", "")[:64],
        patient=number(args.get("patient", "")),
        campus=args.get("campus", "")[:64],
        department=args.get("department", "")[:64],
        doctor=args.get("doctor", "")[:64],
        moving=number(args.get("moving", "")),
    )


def number(text: str) -> int:
    """A positive id, or 0."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def day_of(text: str) -> date | None:
    """A day as addresses write it, or None."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def today(visit: Visit) -> date:
    """The day where the visitor is."""
    return visit.now.astimezone(visit.zone).date()


def first_day(visit: Visit, horizon_days: int, wanted: date | None) -> date:
    """The first day of the week that holds ``wanted``, counted from today, within what is open."""
    now = today(visit)
    if wanted is None or wanted <= now:
        return now
    steps = min((wanted - now).days, max(horizon_days, 1) - 1) // DAYS
    return now + timedelta(days=steps * DAYS)
