"""Numbers as gateways write them: ``13811112222``, ``8613811112222``, ``0086138...``."""

from __future__ import annotations

from careline.errors import Invalid
from careline.numbers import parse_phone


def e164(number: str) -> str:
    """A number in E.164; short codes and whatever is none stay as they are."""
    digits = number.strip()
    for attempt in (digits, f"+{digits.lstrip('+0')}"):
        try:
            return parse_phone(attempt).e164
        except Invalid:
            continue
    return digits


def national(number: str) -> str:
    """A number as it is dialled at home: ``13811112222``; one from abroad as it is."""
    try:
        return parse_phone(number).national if number.startswith("+86") else number
    except Invalid:
        return number
