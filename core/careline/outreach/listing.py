"""Refused numbers as people keep them: one, many pasted at once, all of them as a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from attrs import field, frozen

from careline.campuses.service import Campuses
from careline.clock import Clock
from careline.errors import NotFound
from careline.i18n import Text
from careline.numbers import parse_phone
from careline.numbers.pasting import Rejected, check_reason, read_pasted
from careline.outreach import store
from careline.outreach.model import Booked, Means, Refusal, Scope, Verdict
from careline.outreach.service import Outreach
from careline.storage import Database, Tx

MEANS = {
    None: Text("messages and calls"),
    Means.MESSAGE: Text("messages"),
    Means.CALL: Text("calls"),
}
SCOPES = {Scope.ALL: Text("all"), Scope.GREETINGS: Text("greetings only")}


@frozen(kw_only=True)
class Pasted:
    """What became of a pasted list."""

    added: int = 0
    known: int = 0
    rejected: Sequence[Rejected] = field(factory=tuple)


@frozen(kw_only=True)
class Today:
    """The decisions of one day: those asked for, and how many there are of each reason."""

    found: Sequence[Booked]
    count: int
    reasons: Sequence[tuple[Verdict, str, int]]


class Refusals:
    """The list of refused numbers and the decisions, for pages and the command line."""

    def __init__(self, outreach: Outreach, db: Database, campuses: Campuses, clock: Clock) -> None:
        self._outreach = outreach
        self._db = db
        self._campuses = campuses
        self._clock = clock

    async def entries(self, search: str, most: int, offset: int) -> tuple[int, list[Refusal]]:
        """How many fit, and so many of them, newest first."""
        return await self._db.run(_entries, search.strip(), most, offset)

    async def put(
        self, number: str, means: Means | None, scope: Scope, why: str, by: str
    ) -> tuple[str, bool]:
        """Refuse a number as it was typed; gives it in E.164, and whether that is new."""
        e164 = self._parsed(number, why)
        return e164, await self._db.run(self._refuse, e164, means, scope, why, by)

    async def allow(self, number: str) -> None:
        """Contact a number in E.164 again; NotFound when nothing stood against it."""
        if not await self._db.run(self._outreach.allow, number):
            raise NotFound("outreach.unlisted", "nothing stands against contacting this number")

    async def paste(
        self, text: str, means: Means | None, scope: Scope, why: str, by: str
    ) -> Pasted:
        """Refuse many numbers, one in a line; lines that are wrong keep nothing back.

        ``why`` is of lines that give no reason. Invalid when there are too many.
        """
        taken, rejected = read_pasted(
            text, lambda number, own: (self._parsed(number, own or why), own or why)
        )
        good = dict(taken)
        added = await self._db.run(self._refuse_all, good, means, scope, by)
        return Pasted(added=added, known=len(good) - added, rejected=rejected)

    def _parsed(self, number: str, why: str) -> str:
        check_reason(why)
        return parse_phone(number, self._campuses.area_code()).e164

    def _refuse(
        self, tx: Tx, number: str, means: Means | None, scope: Scope, why: str, by: str
    ) -> bool:
        now = self._clock.now()
        return self._outreach.refuse(tx, number, means, scope, by=by, why=why, now=now)

    def _refuse_all(
        self, tx: Tx, numbers: dict[str, str], means: Means | None, scope: Scope, by: str
    ) -> int:
        return sum(self._refuse(tx, one, means, scope, why, by) for one, why in numbers.items())

    # Decisions

    async def decided(
        self, first: datetime, last: datetime, code: str, most: int, offset: int
    ) -> Today:
        """The latest decisions from ``first`` to before ``last``, of one reason or all."""
        return await self._db.run(_decided, first, last, code, most, offset)

    async def of_patient(self, patient: int, since: datetime, most: int) -> list[Booked]:
        """A patient's contacts, the latest first."""
        return await self._db.run(self._outreach.of_patient, patient, since, most)

    async def of_numbers(self, numbers: Sequence[str], patient: int) -> list[tuple[str, Text]]:
        """What stands against contacting each of these numbers of a patient for good."""
        return await self._db.run(self._against, numbers, patient)

    def _against(self, tx: Tx, numbers: Sequence[str], patient: int) -> list[tuple[str, Text]]:
        found = []
        for number in numbers:
            if self._outreach.is_wrong(tx, number, patient):
                found.append((number, Text("belongs to somebody else")))
            elif self._outreach.is_wrong(tx, number, patient, Means.MESSAGE):
                found.append((number, Text("no message arrives there")))
            found += [(number, told(one)) for one in store.refusals_of(tx, number)]
        return found


def told(refusal: Refusal) -> Text:
    """A refusal in words: what it is about."""
    params: dict[str, object] = {"means": MEANS[refusal.means], "scope": SCOPES[refusal.scope]}
    return Text("wants no {means} ({scope})", params)


def rows_of(refusals: Sequence[Refusal], language: str, zone: tzinfo) -> list[list[str]]:
    """A table of refused numbers with its head, numbers in full."""
    head = (
        Text("Number"),
        Text("Wants no"),
        Text("Which"),
        Text("Reason"),
        Text("who"),
        Text("Since"),
    )
    lines = [
        [
            one.number,
            MEANS[one.means].to(language),
            SCOPES[one.scope].to(language),
            one.why,
            one.by,
            f"{one.since.astimezone(zone):%Y-%m-%d %H:%M}",
        ]
        for one in refusals
    ]
    return [[text.to(language) for text in head], *lines]


def _entries(tx: Tx, search: str, most: int, offset: int) -> tuple[int, list[Refusal]]:
    return store.count_refusals(tx, search), store.list_refusals(tx, search, most, offset)


def _decided(tx: Tx, first: datetime, last: datetime, code: str, most: int, offset: int) -> Today:
    reasons = store.count_reasons(tx, first, last)
    count = sum(number for _, one, number in reasons if code in ("", one))
    found = store.decided_between(tx, first, last, code, most, offset)
    return Today(found=found, count=count, reasons=reasons)
