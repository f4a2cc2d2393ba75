"""The rules, without a database: what is known of a patient in, a decision out."""

from __future__ import annotations

from datetime import time, timedelta

from attrs import frozen


@frozen(kw_only=True)
class Rules:
    """The figures of ``[outreach]``: see :class:`careline.config.model.OutreachSettings`."""

    quiet_from: time = time(21)
    quiet_to: time = time(8)
    holiday_quiet_to: time = time(9)
    most_a_day: int = 2
    gap: timedelta = timedelta(hours=1)
    join: timedelta = timedelta(hours=12)
    spread: timedelta = timedelta(minutes=30)
