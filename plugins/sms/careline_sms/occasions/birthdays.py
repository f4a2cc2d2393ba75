"""Birthday greetings: one a year for each patient with a mobile number, where the hospital wants.

They are of urgency GREETING, so they give way to all else and are the first that a patient is
spared of.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from attrs import frozen
from sqlalchemy import extract, or_, select

from careline.hooks import JobHandler, Schedule, Urgency
from careline.patients.tables import patient_table, phone_table, value_table
from careline.storage import Tx
from careline_sms.model import New
from careline_sms.occasions.words import LANGUAGE_FIELD, hospital, language_named
from careline_sms.services import Services

KIND = "sms.birthdays"
AT_ONCE = 200
MOBILE = tuple(f"+861{digit}%" for digit in range(3, 10))
"""How mobile numbers of China begin; +8610 is Beijing's fixed network."""
p, n, v = patient_table.c, phone_table.c, value_table.c


@frozen(repr=False)
class Celebrant:
    """Who has a birthday; ``number`` is the patient's own mobile, ``reads`` as the record says."""

    patient: int
    name: str
    number: str
    reads: str = ""


def celebrants(tx: Tx, day: date, after: int = 0, most: int = AT_ONCE) -> list[Celebrant]:
    """Who was born on such a day, by id; on 28 February of a common year those of the 29th too.

    Numbers of relatives and fixed lines are left out.
    """
    days = [day]
    if (day.month, day.day) == (2, 28) and not _leap(day.year):
        days = [day, date(2000, 2, 29)]
    born = [
        (extract("month", p.birth_date) == one.month) & (extract("day", p.birth_date) == one.day)
        for one in days
    ]
    query = (
        select(p.id, p.name, n.number, v.value)
        .join(phone_table, n.patient == p.id)
        .outerjoin(value_table, (v.patient == p.id) & (v.field == LANGUAGE_FIELD))
        .where(or_(*born), p.merged_into.is_(None), p.id > after)
        .where(n.owner == "", or_(*(n.number.like(start) for start in MOBILE)))
        .order_by(p.id, n.preferred.desc(), n.place)
    )
    found: dict[int, Celebrant] = {}
    for row in tx.all(query.limit(most * 3)):
        found.setdefault(row.id, Celebrant(row.id, row.name, row.number, row.value or ""))
    return list(found.values())[:most]


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


class Birthdays:
    """Puts the day's greetings."""

    def __init__(self, services: Services) -> None:
        self._core = services.core
        self._messages = services.messages
        self._all = services.config
        self._config = services.config.occasions

    def job_handlers(self) -> list[JobHandler]:
        """What does the day's job."""
        return [JobHandler(kind=KIND, do=self._greet, timeout=300)]

    def schedules(self) -> list[Schedule]:
        """Daily, where greetings are wanted."""
        if not self._config.birthdays:
            return []
        at = time.fromisoformat(self._config.birthdays_at)
        return [Schedule(name="birthdays", kind=KIND, at=at)]

    async def _greet(self, args: Mapping[str, Any], job: Any) -> None:
        """Safe to repeat: a patient has one greeting a year."""
        if not self._config.birthdays:
            return
        local = self._core.clock.now().astimezone(self._core.campuses.zone())
        end = datetime.combine(local.date() + timedelta(days=1), time(), local.tzinfo)
        last = 0
        while True:
            found = await self._core.db.run(celebrants, local.date(), last)
            if not found:
                return
            await self._core.db.run(self._put, found, local.date(), end.astimezone(UTC))
            last = found[-1].patient

    def _put(self, tx: Tx, found: list[Celebrant], day: date, end: datetime) -> None:
        campus = next(iter(self._core.campuses.directory.campuses), "")
        for one in found:
            language = language_named(one.reads, self._config.language)
            house = hospital(self._core, self._all, campus, language)
            self._messages.put(
                tx,
                New(
                    key=f"birthday:{one.patient}:{day.year}",
                    to=one.number,
                    patient=one.patient,
                    campus=campus,
                    template="birthday",
                    values={"name": one.name, "hospital": house},
                    language=language,
                    purpose="greeting",
                    urgency=Urgency.GREETING,
                    not_after=end,
                ),
            )
