"""A year of contacts of all plugins, played against the governor, with all that really went."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import evolve, frozen

from careline.hooks import Urgency
from careline.outreach.model import Contact, Decision, Means, Result, Verdict
from careline.outreach.service import Outreach
from careline.storage import Database

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NUMBERS = ("+8613811112222", "+8613911112222")

Times = Callable[[datetime], dict[str, Any]]


@frozen
class Kind:
    """A kind of contact that a plugin begins; ``times`` makes its span from when it is wanted."""

    plugin: str
    purpose: str
    means: Means
    urgency: Urgency = Urgency.ROUTINE
    times: Times = lambda at: {}
    shares: bool = False


KINDS = (
    Kind("sms", "confirmation", Means.MESSAGE, times=lambda at: {"not_after": at + DAY}),
    Kind(
        "sms",
        "reminder",
        Means.MESSAGE,
        times=lambda at: {"not_before": at + 2 * DAY, "not_after": at + 3 * DAY},
        shares=True,
    ),
    Kind("sms", "clinic stopped", Means.MESSAGE, Urgency.URGENT),
    Kind("sms", "slot offered", Means.MESSAGE, times=lambda at: {"not_after": at + 2 * HOUR}),
    Kind("sms", "group", Means.MESSAGE, shares=True),
    Kind(
        "sms",
        "birthday",
        Means.MESSAGE,
        Urgency.GREETING,
        times=lambda at: {"not_after": at + 14 * HOUR},
    ),
    Kind("satisfaction", "survey", Means.MESSAGE, times=lambda at: {"not_after": at + DAY}),
    Kind(
        "sms",
        "follow-up link",
        Means.MESSAGE,
        times=lambda at: {"not_after": at + 3 * DAY},
        shares=True,
    ),
    Kind("followup", "automatic call", Means.CALL, shares=True),
    Kind("followup", "agent's call", Means.CALL, times=lambda at: {"not_after": at + 3 * DAY}),
    Kind("followup", "red flag", Means.CALL, Urgency.URGENT),
)


@frozen
class Wish:
    """Something that a plugin wants of a patient at a minute of the year, and what comes of it."""

    minute: int
    kind: int
    patient: int
    number: int
    result: Result
    late_min: int
    alone: bool = False
    """Its asker finds that it cannot be carried by what the governor says."""

    def contact(self, key: str) -> Contact:
        """As the plugin asks for it."""
        kind = KINDS[self.kind]
        return Contact(
            key=key,
            number=NUMBERS[self.number],
            means=kind.means,
            purpose=kind.purpose,
            patient=self.patient,
            urgency=kind.urgency,
            campus="abroad" if self.patient == 2 else "east",
            plugin=kind.plugin,
            shares=kind.shares,
            **kind.times(BEGIN + timedelta(minutes=self.minute)),
        )


@frozen
class Deed:
    """A patient's word at a minute of the year: contact me no more, or do so again."""

    minute: int
    number: int
    means: Means | None
    allow: bool


@frozen
class Went:
    """A contact that went, when, and what came of it; ``with_`` was carried along."""

    contact: Contact
    at: datetime
    result: Result
    with_: tuple[str, ...] = ()


class Year:
    """Plays wishes and deeds in the order of time; what happens is written down."""

    def __init__(self, db: Database, door: Outreach) -> None:
        self.db = db
        self.door = door
        self.wishes: dict[str, Wish] = {}
        self.went: list[Went] = []
        self.given_up: dict[str, Decision] = {}
        self.refused: set[tuple[int, Means | None]] = set()
        self.broken: list[str] = []

    def play(self, wishes: list[Wish], deeds: list[Deed]) -> None:
        """All of it."""
        self.wishes = {f"{at}": wish for at, wish in enumerate(wishes)}
        events: list[tuple[datetime, int, str, Any]] = []
        for key, wish in self.wishes.items():
            events.append((BEGIN + timedelta(minutes=wish.minute), 1, key, None))
        for at, deed in enumerate(deeds):
            events.append((BEGIN + timedelta(minutes=deed.minute), 0, f"d{at}", deed))
        heapq.heapify(events)
        while events:
            now, _, key, deed = heapq.heappop(events)
            if deed is not None:
                self._said(deed, now)
            else:
                for again, other in self._asked(key, now):
                    heapq.heappush(events, (again, 1, other, None))

    def _said(self, deed: Deed, now: datetime) -> None:
        number = NUMBERS[deed.number]
        if deed.allow:
            self.db.run_sync(self.door.allow, number)
            self.refused = {one for one in self.refused if one[0] != deed.number}
            return
        self.db.run_sync(self.door.refuse, number, deed.means, by="patient", now=now)
        self.refused.add((deed.number, deed.means))

    def _asked(self, key: str, now: datetime) -> list[tuple[datetime, str]]:
        """Ask for one contact; gives when and for what to ask next."""
        wish = self.wishes[key]
        contact = wish.contact(key)
        decision = self.db.run_sync(self.door.decide, contact, now)
        if wish.alone and decision.verdict is Verdict.JOIN:
            contact = evolve(contact, shares=False)
            decision = self.db.run_sync(self.door.decide, contact, now)
            if key in self.db.run_sync(self.door.carried, decision.joined):
                self.broken.append(f"{key} is carried all the same")
        again = self.db.run_sync(self.door.decide, contact, now)
        if again.verdict is not decision.verdict:
            self.broken.append(f"{key}: {decision} and then {again}")
        if decision.verdict is Verdict.GO:
            return self._goes(wish, contact, now)
        carried = self.db.run_sync(self.door.carried, key)
        if decision.verdict is Verdict.NEVER:
            self.given_up[key] = decision
            return [(now, one) for one in carried]
        until = decision.until
        if until is None or until < now:
            self.broken.append(f"{key}: {decision} at {now}")
            return []
        late = timedelta(minutes=wish.late_min + (decision.verdict is Verdict.JOIN))
        return [(until + late, key)]

    def _goes(self, wish: Wish, contact: Contact, now: datetime) -> list[tuple[datetime, str]]:
        carried = self.db.run_sync(self.door.carried, contact.key)
        alone = self.db.run_sync(self.door.settle, contact.key, wish.result, now)
        with_ = carried if wish.result is Result.REACHED else ()
        self.went.append(Went(contact, now, wish.result, with_))
        self._refusals(wish, contact)
        return [(now, one) for one in alone]

    def _refusals(self, wish: Wish, contact: Contact) -> None:
        for means in (None, contact.means):
            if (wish.number, means) in self.refused:
                self.broken.append(f"{contact.key} went to who refused it")
