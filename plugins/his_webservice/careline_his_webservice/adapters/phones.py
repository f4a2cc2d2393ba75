"""Telephone numbers as hospitals' systems keep them."""

from __future__ import annotations

from careline.errors import Invalid
from careline.numbers import parse_phone


def e164(number: str) -> str:
    """A number as it is kept here; empty when it is none."""
    try:
        return parse_phone(number).e164
    except Invalid:
        return ""


def national(number: str) -> str:
    """A number as it is dialled at home: ``13811112222``, ``01012345678``; others as they are."""
    try:
        return parse_phone(number).national
    except Invalid:
        return number
