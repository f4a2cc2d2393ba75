"""The one list by which every number outside is judged before it reaches the switch.

Toll fraud is how call centers lose money: premium services and numbers abroad are refused unless
somebody has opened them, for agents, transfers, callbacks, flows and tasks alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, tzinfo

from attrs import field, frozen

from careline.config.outbound import AllowSettings
from careline.hooks import Refusal
from careline.numbers import Phone
from careline.numbers.phone import phone_library

HOME = "CN"
#: Police, fire, ambulance, traffic accidents: nothing ever stands against them.
EMERGENCY = frozenset({"110", "119", "120", "122"})


@frozen
class AllowList:
    """Judges numbers by ``[outbound.allow]``; pure."""

    settings: AllowSettings = field(factory=AllowSettings)

    def judge(self, phone: Phone) -> Refusal | None:
        """Why a number may not be dialled by anybody; None when it may."""
        own = self.settings
        if phone.e164 in EMERGENCY:
            return None
        if is_premium(phone):
            return Refusal("outbound.premium", "premium services are not dialled")
        if phone.region != HOME and not _begins(phone, own.abroad):
            return Refusal("outbound.abroad", "numbers abroad are not dialled")
        if _begins(phone, own.refused):
            return Refusal("outbound.refused", "numbers that begin like this are not dialled")
        if own.only and phone.region == HOME and not _begins(phone, own.only):
            return Refusal("outbound.only", "numbers that begin like this are not dialled")
        return None

    def in_hours(self, now: datetime, zone: tzinfo) -> bool:
        """True when agents may dial outside numbers at this hour."""
        begin, end, here = self.settings.hours_from, self.settings.hours_to, _time(now, zone)
        if begin == end:
            return True
        return begin <= here < end if begin < end else here >= begin or here < end


def is_premium(phone: Phone) -> bool:
    """Judge whether a service behind the number costs more than the call, by libphonenumber."""
    if not phone.e164.startswith("+"):
        return False
    library = phone_library()
    kind = library.number_type(library.parse(phone.e164, HOME))
    return bool(kind == library.PhoneNumberType.PREMIUM_RATE)


def _time(now: datetime, zone: tzinfo) -> time:
    return now.astimezone(zone).time()


def _begins(phone: Phone, beginnings: Iterable[str]) -> bool:
    """As it is dialled in its country, or with its country before it."""
    national = phone.national
    written = (phone.e164, national, national.removeprefix("0"))
    return any(text.startswith(one) for one in beginnings for text in written)
