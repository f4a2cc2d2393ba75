"""The table ``[plugin.sms.occasions]`` of careline.toml."""

from __future__ import annotations

from datetime import time

from attrs import field, frozen
from attrs.validators import ge, in_, le, matches_re

from careline.i18n import DEFAULT, LANGUAGES

CLOCK = r"([01]\d|2[0-3]):[0-5]\d"


@frozen(kw_only=True)
class OccasionsConfig:
    """Which messages are sent by themselves, and when; times are the campus's.

    ``bookings``: booked, moved, cancelled. ``remind_days`` before the visit, at ``remind_at``, 0
    for no reminders. ``stops``: clinics that are stopped, and those that take place after all.
    ``offers``: freed numbers for the waiting list. ``birthdays``: greetings at ``birthdays_at``.
    ``urgent_hours``: a stop so shortly before the visit is told at night too. ``language`` is
    that of patients of whom no other is known.
    """

    bookings: bool = True
    remind_days: int = field(default=1, validator=[ge(0), le(14)])
    remind_at: str = field(default="17:30", validator=matches_re(CLOCK))
    stops: bool = True
    urgent_hours: int = field(default=24, validator=[ge(0), le(240)])
    offers: bool = True
    birthdays: bool = False
    birthdays_at: str = field(default="09:30", validator=matches_re(CLOCK))
    language: str = field(default=DEFAULT, validator=in_(LANGUAGES))

    @property
    def remind_time(self) -> time:
        """``remind_at`` as a time."""
        return time.fromisoformat(self.remind_at)
