"""Slows guessing down: five tries, then a growing delay, per account and per address.

An account that strangers try to open stays open for its owner: where the owner has signed in
before, only tries of this account from there count, neither those from elsewhere nor those of
other accounts behind the same address.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from ipaddress import IPv6Address, ip_address
from math import ceil

from attrs import define

from careline.clock import Clock
from careline.errors import Refused

FREE = 5
FIRST_S = 5.0
LONGEST_S = 15 * 60.0
FORGET_S = 60 * 60.0
#: Accounts, addresses and pairs that are remembered; the oldest goes first.
KEPT = 10_000


@define
class _Count:
    tries: int = 0
    last: float = 0.0


class Throttle:
    """Counts the tries of each account and address; a try counts until it proves right."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._counts: OrderedDict[Hashable, _Count] = OrderedDict()

    def admit(self, login: str, address: str, *, known: bool = False) -> None:
        """Count a try; Refused("auth.wait", seconds=...) while it must wait.

        ``known``: the account's owner has signed in from this address before.
        """
        keys = _keys(login, address, known=known)
        wait = max(self._wait(key) for key in keys)
        if wait > 0:
            raise Refused(
                "auth.wait",
                "too many tries; wait {seconds} seconds and try again",
                seconds=ceil(wait),
            )
        for key in (*keys, (login, near(address))):
            count = self._count(key)
            count.tries += 1
            count.last = self._clock.seconds()

    def right(self, login: str, address: str, *, known: bool = False) -> None:
        """The try was right: this person's own wrong ones from here are forgiven, no others."""
        pair = self._counts.pop((login, near(address)), _Count())
        for key in _keys(login, address, known=known):
            count = self._count(key)
            count.tries = max(0, count.tries - pair.tries)

    def _wait(self, key: Hashable) -> float:
        """Seconds that this one must still wait."""
        count = self._count(key)
        if count.tries < FREE:
            return 0.0
        delay: float = min(LONGEST_S, FIRST_S * 2.0 ** min(count.tries - FREE, 20))
        return count.last + delay - self._clock.seconds()

    def _count(self, key: Hashable) -> _Count:
        count = self._counts.get(key)
        now = self._clock.seconds()
        if count is None or (count.tries and now - count.last > FORGET_S):
            count = self._counts[key] = _Count(last=now)
        self._counts.move_to_end(key)
        while len(self._counts) > KEPT:
            self._counts.popitem(last=False)
        return count


def _keys(login: str, address: str, *, known: bool) -> tuple[Hashable, ...]:
    place = ("address", near(address))
    return ((login, place[1], "known"),) if known else (place, ("login", login))


def near(address: str) -> str:
    """An address as one place: of IPv6 the /64 that one customer has to themselves."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(IPv6Address(int(parsed) >> 64 << 64)) + "/64"
    return str(parsed)
