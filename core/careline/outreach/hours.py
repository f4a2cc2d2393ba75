"""Quiet hours of a campus (免打扰时段): whether a moment lies in them, and when they are over."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from attrs import frozen

from careline.campuses.calendar import Calendar, DayKind
from careline.campuses.model import Campus

DAY = timedelta(days=1)


@frozen(kw_only=True)
class Hours:
    """Nights of one campus, in its own zone; they end later on holidays.

    ``begin`` equal to ``end`` is no quiet hours at all. Moments are aware; days are local.
    """

    campus: Campus
    calendar: Calendar
    begin: time
    end: time
    holiday_end: time

    def day(self, moment: datetime) -> date:
        """The campus' own day."""
        return self.campus.local(moment).date()

    def is_quiet(self, moment: datetime) -> bool:
        """True when nobody is to be disturbed."""
        if self.begin == self.end:
            return False
        local = self.campus.local(moment)
        clock, end = local.time(), self._end(local.date())
        if self.begin < self.end:  # they lie within one day: from midnight, say
            return self.begin <= clock < end
        return clock >= self.begin or clock < end

    def opening(self, moment: datetime) -> datetime:
        """When the quiet hours around ``moment`` are over (UTC); the moment itself outside them."""
        if not self.is_quiet(moment):
            return moment
        local = self.campus.local(moment)
        day = local.date()
        if local.time() >= self._end(day):
            day += DAY
        return self._at(day, self._end(day))

    def next_day(self, moment: datetime) -> datetime:
        """When the day after that of ``moment`` begins for patients (UTC)."""
        midnight = self._at(self.day(moment) + DAY, time())
        return self.opening(midnight)

    def spread(self, opening: datetime, lag: timedelta) -> datetime:
        """``opening`` and a lag, so that a night's work does not come in one second.

        Without the lag where that would be quiet again.
        """
        later = opening + lag
        same_day = self.day(later) == self.day(opening)
        return later if same_day and not self.is_quiet(later) else opening

    def _end(self, day: date) -> time:
        entry = self.calendar.entry(self.campus, day)
        holiday = entry is not None and entry.kind is DayKind.HOLIDAY
        return max(self.end, self.holiday_end) if holiday else self.end

    def _at(self, day: date, clock: time) -> datetime:
        """A local time in UTC; one that summer time leaves out is as much later as the clocks."""
        zone = ZoneInfo(self.campus.timezone)
        return datetime.combine(day, clock, zone).astimezone(UTC)
