"""One telephone number: E.164 where it has one, a short code or nothing where it has not.

China's service numbers (120, 12320, 95588, 10086, 400 and 800 numbers) are not possible numbers to
libphonenumber or are in no country elsewhere; they are told by rule and stay as they are dialled.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import cache
from importlib import import_module
from typing import Any

from attrs import frozen

from careline.errors import Invalid

SHORT = re.compile(
    r"11[0249]|12[0-2]|1[0-2]\d{3}|9[56]\d{3,6}"  # 95 and 96: 5 to 8 digits
)
SERVICE = re.compile(r"0?([48]00\d{7})")
WITHHELD = frozenset({"", "anonymous", "unavailable", "restricted", "private", "unknown", "s"})
SEPARATORS = re.compile(r"[\s\-().\u2010-\u2015\u3000（）－]+")
EXTENSION = re.compile(r"^(.*?)(?:转|;ext=|,+|x|ext\.?|#)\s*(\d{1,8})$", re.IGNORECASE)
FULL_WIDTH = str.maketrans("０１２３４５６７８９＋＃", "0123456789+#")


class PhoneKind(Enum):
    """What sort of number it is."""

    MOBILE = "mobile"
    FIXED = "fixed"
    SERVICE = "service"
    SHORT = "short"
    INTERNAL = "internal"
    OTHER = "other"
    WITHHELD = "withheld"


@frozen
class Phone:
    """A number: ``e164`` is ``+8613811112222``, or the bare digits of short and service numbers.

    ``region`` is the country (``CN``), ``extension`` what is dialled after the answer. ``str()`` is
    masked, so that logs and screens show no full number by accident.
    """

    e164: str
    kind: PhoneKind
    region: str = ""
    extension: str = ""

    def __str__(self) -> str:
        """``138****1111``: enough to recognise, too little to call."""
        return masked(self.e164)

    def __repr__(self) -> str:
        """Masked too: values end up in tracebacks and logs."""
        return f"Phone({self}, {self.kind.value})"

    @property
    def national(self) -> str:
        """As dialled in its own country, without spaces: ``13811112222``, ``01012345678``."""
        if not self.e164.startswith("+86"):
            return self.e164
        digits = self.e164[3:]
        return digits if self.kind is PhoneKind.MOBILE else f"0{digits}"

    @property
    def is_withheld(self) -> bool:
        """True when the caller's number is not known."""
        return self.kind is PhoneKind.WITHHELD


NO_NUMBER = Phone("", PhoneKind.WITHHELD)


def masked(number: str) -> str:
    """A number with its middle hidden; short codes are no secret and stay whole."""
    national = re.sub(r"^\+86(?!1[3-9])", "0", number).removeprefix("+86")
    if len(national) <= 6:
        return national
    if len(national) <= 9:
        return f"{national[:2]}****{national[-2:]}"
    return f"{national[:3]}****{national[-4:]}"


def clean(text: str) -> str:
    """Only what is dialled: half-width digits, a leading +, no separators; may hold junk."""
    return SEPARATORS.sub("", text.translate(FULL_WIDTH)).strip()


def split_extension(text: str) -> tuple[str, str]:
    """``01012345678转801`` -> (``01012345678``, ``801``)."""
    match = EXTENSION.match(clean(text))
    return (match.group(1), match.group(2)) if match and match.group(1) else (clean(text), "")


def parse_phone(text: str, area_code: str = "") -> Phone:
    """The number that somebody wrote or typed; Invalid when it is none.

    ``area_code`` (``010``) completes local fixed numbers of 7 or 8 digits.
    """
    number, extension = split_extension(text)
    if number.lower() in WITHHELD:
        raise Invalid("phone.empty", "a telephone number is needed")
    if number.startswith("00"):
        number = f"+{number[2:]}"
    special = _special(number)
    if special:
        return special
    if re.fullmatch(r"[2-8]\d{6,7}", number) and area_code:
        number = f"0{area_code.lstrip('0')}{number}"
    return _parsed(number, extension)


def _special(number: str) -> Phone | None:
    """Short codes and 400 / 800 numbers, also with the country code in front."""
    bare = number.removeprefix("+86")
    service = SERVICE.fullmatch(bare)
    if service:
        return Phone(service.group(1), PhoneKind.SERVICE, "CN")
    if SHORT.fullmatch(bare):
        return Phone(bare, PhoneKind.SHORT, "CN")
    return None


def _parsed(number: str, extension: str) -> Phone:
    """Everything else, judged by libphonenumber's tables; China is home."""
    library = phone_library()
    fault = Invalid("phone.number", "{number} is not a telephone number", number=number)
    if not re.fullmatch(r"\+?\d{3,20}", number):
        raise fault
    try:
        parsed = library.parse(number, "CN")
    except library.NumberParseException as error:
        raise fault from error
    if not library.is_possible_number(parsed) or not _plausible(library, parsed):
        raise fault
    e164 = library.format_number(parsed, library.PhoneNumberFormat.E164)
    region = library.region_code_for_number(parsed) or ""
    return Phone(e164, _kind(library, parsed), region, extension)


def _plausible(library: Any, parsed: Any) -> bool:
    """Chinese numbers must be valid; of other countries' the tables may be behind."""
    return parsed.country_code != 86 or bool(library.is_valid_number(parsed))


def _kind(library: Any, parsed: Any) -> PhoneKind:
    types = library.PhoneNumberType
    kinds = {types.MOBILE: PhoneKind.MOBILE, types.FIXED_LINE: PhoneKind.FIXED}
    return kinds.get(library.number_type(parsed), PhoneKind.OTHER)


@cache
def phone_library() -> Any:
    """The phonenumbers package, imported when first needed: it takes a while."""
    return import_module("phonenumbers")
