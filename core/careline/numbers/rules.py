"""What one trunk does to numbers, as data: caller ids in, dialled numbers and shown number out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from attrs import field, frozen

from careline.errors import Invalid
from careline.numbers.phone import (
    NO_NUMBER,
    WITHHELD,
    Phone,
    PhoneKind,
    clean,
    parse_phone,
)

INTERNAL = Phone("", PhoneKind.INTERNAL)


@frozen(kw_only=True)
class NumberRules:
    """Number rules of a trunk.

    ``area_code`` is the campus' (``010``). Inbound: ``strip`` are prefixes the provider adds, tried
    in order. Outbound: ``prefix`` comes before everything (``9``), ``long_distance`` before mobiles
    whose city is not ours (``0``), ``local_without_area`` drops our own area code,
    ``international`` replaces the + of foreign numbers. ``shown`` is the number callees see.
    """

    area_code: str = ""
    strip: Sequence[str] = field(default=(), converter=tuple)
    prefix: str = ""
    long_distance: str = ""
    local_without_area: bool = True
    international: str = "00"
    shown: str = ""

    def problems(self) -> list[Invalid]:
        """What is wrong with these rules."""
        parts = [
            ("area_code", self.area_code, r"0\d{2,3}|"),
            ("prefix", self.prefix, r"[0-9*#]{0,8}"),
            ("long_distance", self.long_distance, r"\d{0,5}"),
            ("international", self.international, r"\+|\d{1,5}"),
            ("shown", self.shown, r"\+?\d{3,20}|"),
            *(("strip", one, r"\+?\d{1,8}") for one in self.strip),
        ]
        return [
            Invalid("trunk.rule", "{field}: {value} is not right", field=name, value=value)
            for name, value, pattern in parts
            if not re.fullmatch(pattern, value)
        ]

    def inbound(self, caller_id: str) -> Phone:
        """The caller's number as this trunk sends it; never an error, since the call is there.

        Withheld and anonymous give an empty number; what cannot be understood keeps its digits.
        """
        text = clean(caller_id)
        if text.lower() in WITHHELD:
            return NO_NUMBER
        for prefix in self.strip:
            if text.startswith(prefix) and len(text) > len(prefix) + 2:
                text = text.removeprefix(prefix)
                break
        for candidate in (text, *self._repaired(text)):
            try:
                return parse_phone(candidate, self.area_code)
            except Invalid:
                continue
        digits = re.sub(r"\D", "", text)
        return Phone(digits[:20], PhoneKind.OTHER) if digits else NO_NUMBER

    def _repaired(self, text: str) -> list[str]:
        """What providers mean: 86 without its +, an area code without its 0, a 0 too many."""
        repaired: list[str] = []
        if re.fullmatch(r"0?86\d{8,12}", text):
            repaired.append(f"+{text.lstrip('0')}")
        if text.startswith("0"):
            repaired.append(text.lstrip("0"))
        if re.fullmatch(r"[1-9]\d{8,11}", text):
            repaired.append(f"0{text}")
        return repaired

    def outbound(self, phone: Phone, local_mobile: bool = False) -> str:
        """What is dialled on this trunk; ``local_mobile``: the mobile's city is the campus' own."""
        if phone.is_withheld or not phone.e164:
            raise Invalid("phone.empty", "a telephone number is needed")
        return self.prefix + self._dialled(phone, local_mobile)

    def _dialled(self, phone: Phone, local_mobile: bool) -> str:
        if phone.kind is PhoneKind.MOBILE and phone.region == "CN":
            return phone.national if local_mobile else self.long_distance + phone.national
        national = phone.national
        if self.local_without_area and self.area_code and national.startswith(self.area_code):
            return national.removeprefix(self.area_code)
        if phone.e164.startswith("+") and not phone.e164.startswith("+86"):
            return self.international + phone.e164.removeprefix("+")
        return national
