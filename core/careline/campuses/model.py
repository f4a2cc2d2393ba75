"""Campuses, trunks and number lists as values."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import field, frozen

from careline.campuses.hours import WeekHours
from careline.errors import Invalid
from careline.numbers import NumberRules


@frozen(kw_only=True)
class Campus:
    """One campus: ``hours`` in its own ``timezone``; ``area_code`` with its 0.

    ``keeps_holidays`` is False where work goes on on public holidays as on any weekday.
    """

    id: str
    title: str
    title_en: str = ""
    timezone: str = "Asia/Shanghai"
    area_code: str = ""
    hours: WeekHours = field(factory=WeekHours)
    keeps_holidays: bool = True

    def local(self, instant: datetime) -> datetime:
        """The campus' own date and time at an aware ``instant``."""
        if instant.tzinfo is None:
            raise ValueError(f"a naive datetime says no moment: {instant!r}")
        return instant.astimezone(ZoneInfo(self.timezone))


def campus_problems(campus: Campus) -> list[Invalid]:
    """What is wrong with a campus' data."""
    problems: list[Invalid] = []
    if not campus.id or not campus.id.isascii() or not campus.id.replace("-", "").isalnum():
        problems.append(Invalid("campus.id", "{id} is not an id of a campus", id=campus.id))
    if not campus.title.strip():
        problems.append(Invalid("campus.title", "a campus needs a name"))
    try:
        ZoneInfo(campus.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        problems.append(
            Invalid(
                "campus.timezone",
                "{timezone} is not a time zone such as Asia/Shanghai",
                timezone=campus.timezone,
            )
        )
    return problems


@frozen(kw_only=True)
class Trunk:
    """A provider's line: ``host`` with optional port, at most ``channels`` calls at a time."""

    id: str
    title: str
    host: str
    campus: str
    channels: int = 30
    rules: NumberRules = field(factory=NumberRules)
    enabled: bool = True


class NumberList(Enum):
    """What a listed number is listed for."""

    BLOCK = "block"
    VIP = "vip"


@frozen(kw_only=True)
class Listed:
    """A number on the blocklist or the VIP list, by whom and why; ``until`` None is for good."""

    list: NumberList
    number: str
    reason: str
    who: str
    since: datetime
    until: datetime | None = None

    def holds(self, instant: datetime) -> bool:
        """True while the entry counts."""
        return self.until is None or instant < self.until
