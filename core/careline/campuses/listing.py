"""Blocklist and VIP list as people keep them: one number, or many pasted at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import field, frozen

from careline.campuses import store
from careline.campuses.model import Listed, NumberList
from careline.campuses.service import Campuses
from careline.clock import Clock
from careline.errors import Invalid
from careline.numbers import parse_phone
from careline.numbers.pasting import Rejected, check_reason, read_pasted
from careline.storage import Tx


@frozen(kw_only=True)
class Pasted:
    """What became of a pasted list: how many are new, changed; the lines that were not taken."""

    added: int = 0
    changed: int = 0
    rejected: Sequence[Rejected] = field(factory=tuple)


class NumberLists:
    """Both lists; every verb takes effect for the next call."""

    def __init__(self, campuses: Campuses, clock: Clock) -> None:
        self._campuses = campuses
        self._clock = clock

    def entries(self, kind: NumberList, search: str = "", *, over: bool = False) -> list[Listed]:
        """The entries of a list, newest first; ``search`` is the end of a number or in the reason.

        Those that are over are left out unless ``over``.
        """
        now = self._clock.now()
        found = [one for one in self._campuses.directory.listed.values() if one.list is kind]
        fits = [one for one in found if (over or one.holds(now)) and _fits(one, search.strip())]
        return sorted(fits, key=lambda one: (one.since, one.number), reverse=True)

    def entry(self, kind: NumberList, number: str) -> Listed | None:
        """The entry of a number."""
        return self._campuses.directory.listed.get((kind, number))

    async def put(
        self,
        kind: NumberList,
        number: str,
        reason: str,
        until: datetime | None,
        who: str,
    ) -> Listed:
        """Put a number on a list, or change its entry. Invalid for what is no number."""
        entry = self._made(kind, number, reason, until, who)
        await self._campuses.change(store.put_listed, entry)
        return entry

    async def remove(self, kind: NumberList, number: str) -> None:
        """Take a number off a list; NotFound when it is not on it."""
        await self._campuses.change(store.remove_listed, kind, number)

    async def paste(
        self, kind: NumberList, text: str, reason: str, until: datetime | None, who: str
    ) -> Pasted:
        """Put many numbers on a list, one in a line; lines that are wrong keep nothing back.

        ``reason`` is of lines that give none. Invalid when there are too many.
        """
        taken, rejected = read_pasted(
            text, lambda number, own: self._made(kind, number, own or reason, until, who)
        )
        good = {entry.number: entry for entry in taken}
        known = {number for number in good if self.entry(kind, number)}
        if good:
            await self._campuses.change(_put_all, list(good.values()))
        return Pasted(added=len(good) - len(known), changed=len(known), rejected=rejected)

    def _made(
        self, kind: NumberList, number: str, reason: str, until: datetime | None, who: str
    ) -> Listed:
        now = self._clock.now()
        if until is not None and until <= now:
            raise Invalid("listed.until", "This is over already.")
        check_reason(reason)
        phone = parse_phone(number, self._campuses.area_code())
        return Listed(
            list=kind, number=phone.e164, reason=reason, who=who[:64], since=now, until=until
        )


def _put_all(tx: Tx, entries: list[Listed]) -> None:
    for entry in entries:
        store.put_listed(tx, entry)


def _fits(entry: Listed, search: str) -> bool:
    digits = "".join(char for char in search if char.isdigit())
    ends = len(digits) >= 2 and entry.number.endswith(digits)
    return not search or ends or search.lower() in entry.reason.lower()
