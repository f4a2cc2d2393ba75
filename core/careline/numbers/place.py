"""Where a number comes from, in Chinese and English: libphonenumber's tables, read in a thread."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from attrs import frozen
from twisted.internet.defer import Deferred

from careline.numbers.phone import Phone, PhoneKind, phone_library

InThread = Callable[..., "Deferred[Any]"]
"""Runs a function in a thread: ``partial(deferToThreadPool, reactor, pool)``."""


@frozen
class Origin:
    """Place of origin and, of mobiles, the carrier; empty where nothing is known."""

    zh: str = ""
    en: str = ""
    carrier_zh: str = ""
    carrier_en: str = ""


NOWHERE = Origin()


def origin_of(phone: Phone) -> Origin:
    """The origin, at once; the first call reads tables of several megabytes (do it in a thread)."""
    if not phone.e164.startswith("+"):
        return NOWHERE
    parsed = phone_library().parse(phone.e164, None)
    geocoder = import_module("phonenumbers.geocoder")
    carrier: Any = None
    if phone.kind is PhoneKind.MOBILE:
        carrier = import_module("phonenumbers.carrier")
    return Origin(
        geocoder.description_for_number(parsed, "zh"),
        geocoder.description_for_number(parsed, "en"),
        carrier.name_for_number(parsed, "zh") if carrier else "",
        carrier.name_for_number(parsed, "en") if carrier else "",
    )


@frozen
class Places:
    """Origins without blocking the reactor."""

    in_thread: InThread

    async def prepare(self) -> None:
        """Read the tables before somebody waits for them: that takes seconds."""
        await self.in_thread(origin_of, Phone("+8613800138000", PhoneKind.MOBILE, "CN"))

    async def origin(self, phone: Phone) -> Origin:
        """Place and carrier of a number."""
        found: Origin = await self.in_thread(origin_of, phone)
        return found
