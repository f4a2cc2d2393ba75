"""Numbers of resident id cards (GB 11643): 6 digits of place, birth date, order, check digit.

The place is not checked: codes of counties come and go, and python-stdnum's table lacks many that
are in use (440106, 420102, 510104).
"""

from __future__ import annotations

import re
from datetime import date

FORM = re.compile(r"[1-9]\d{5}(\d{4})(\d{2})(\d{2})\d{3}[\dX]", re.ASCII)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"


def birth_date_of(number: str) -> date | None:
    """The birth date in a right number; None when it is not right."""
    found = FORM.fullmatch(number)
    if found is None or number[17] != check_digit(number):
        return None
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        return None


def is_right(number: str) -> bool:
    """Whether form, date and check digit are right."""
    return birth_date_of(number) is not None


def is_male(number: str) -> bool:
    """The sex in a right number."""
    return int(number[16]) % 2 == 1


def check_digit(number: str) -> str:
    """The last character that belongs to the first 17."""
    total = sum(int(digit) * weight for digit, weight in zip(number, WEIGHTS, strict=False))
    return CHECKS[total % 11]
