"""What calls ask of campuses, answered from memory: no call waits for the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from attrs import frozen

from careline.campuses import store
from careline.campuses.calendar import Calendar, CalendarState, statutory
from careline.campuses.model import Campus, Listed, NumberList, Trunk, campus_problems
from careline.clock import Clock
from careline.errors import Invalid, NotFound
from careline.numbers import NumberRules, Phone
from careline.storage import Database, Tx

T = TypeVar("T")


@frozen
class Directory:
    """All that the database knows of campuses, at one moment."""

    campuses: Mapping[str, Campus]
    calendar: Calendar
    trunks: Mapping[str, Trunk]
    listed: Mapping[tuple[NumberList, str], Listed]


def read_directory(tx: Tx) -> Directory:
    """Read the whole directory."""
    return Directory(
        {campus.id: campus for campus in store.list_campuses(tx)},
        Calendar.of(store.list_days(tx)),
        {trunk.id: trunk for trunk in store.list_trunks(tx)},
        {(entry.list, entry.number): entry for entry in store.list_listed(tx)},
    )


class Campuses:
    """The directory in memory; :meth:`load` at start and after changes made elsewhere."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self.directory = Directory({}, Calendar(), {}, {})

    async def load(self) -> None:
        """Read the directory, and the statutory calendar of this and the next year in a thread."""
        self.directory = await self._db.run(_prepared, self._clock.now())

    async def change(self, verb: Callable[..., T], *args: Any) -> T:
        """Run a verb of the store (``put_campus``, ``remove_trunk`` ...) and read all again."""
        _refuse_invalid(args)
        result = await self._db.run(verb, *args)
        await self.load()
        return result

    def campus(self, campus_id: str) -> Campus:
        """The campus with that id, else NotFound."""
        try:
            return self.directory.campuses[campus_id]
        except KeyError:
            raise NotFound(
                "campus.unknown", "there is no campus {campus}", campus=campus_id
            ) from None

    def trunk(self, trunk_id: str) -> Trunk:
        """The trunk with that id, else NotFound."""
        try:
            return self.directory.trunks[trunk_id]
        except KeyError:
            raise NotFound("trunk.unknown", "there is no trunk {trunk}", trunk=trunk_id) from None

    def zone(self) -> tzinfo:
        """The first campus's; all of China has one zone, so a house without campuses too."""
        campuses = self.directory.campuses.values()
        return ZoneInfo(next((one.timezone for one in campuses), "Asia/Shanghai"))

    def area_code(self) -> str:
        """The area code that a number without one is read with, as one types it here."""
        campuses = self.directory.campuses.values()
        return next((one.area_code for one in campuses if one.area_code), "")

    def today(self) -> date:
        """The day that it is where the house stands."""
        return self._clock.now().astimezone(self.zone()).date()

    def state_at(self, campus_id: str, instant: datetime | None = None) -> CalendarState:
        """Open, after hours or a holiday, now or at an aware instant."""
        at = instant or self._clock.now()
        return self.directory.calendar.state_at(self.campus(campus_id), at)

    def listed(self, kind: NumberList, phone: Phone) -> Listed | None:
        """The entry of a number on a list, if it counts now; withheld numbers are on none."""
        entry = self.directory.listed.get((kind, phone.e164)) if phone.e164 else None
        return entry if entry and entry.holds(self._clock.now()) else None


def _prepared(tx: Tx, now: datetime) -> Directory:
    """Read the directory, and the slow tables of days and numbers: this runs in a thread."""
    NumberRules().inbound("13800000000")
    for days in (-1, 0, 366):
        statutory((now + timedelta(days)).year)
    return read_directory(tx)


def _refuse_invalid(values: tuple[Any, ...]) -> None:
    """Invalid with all problems when a campus or trunk among the values is wrong."""
    problems: list[Invalid] = []
    for value in values:
        if isinstance(value, Campus):
            problems += campus_problems(value)
        if isinstance(value, Trunk):
            problems += value.rules.problems()
    if problems:
        raise Invalid("campus.invalid", "this cannot be stored", problems=problems)
