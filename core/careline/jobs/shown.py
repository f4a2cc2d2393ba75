"""A job's arguments as an administrator may see them: what is personal is covered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

#: Six digits in a row may be a number, a card or a record.
DIGITS = re.compile(r"\d{6,}")
PERSONAL = ("name", "text", "note", "body", "message", "address", "card", "subject", "secret")
COVER = "•••"
LONGEST = 60


def masked_args(args: Mapping[str, Any]) -> dict[str, str]:
    """Each argument as a short text; numbers keep their last two digits."""
    return {str(key)[:LONGEST]: _masked(str(key), value) for key, value in args.items()}


def _masked(key: str, value: Any) -> str:
    if isinstance(value, Mapping):
        inner = ", ".join(f"{name}={text}" for name, text in masked_args(value).items())
        return _cut("{" + inner + "}")
    if isinstance(value, list | tuple):
        return _cut("[" + ", ".join(_masked(key, one) for one in value) + "]")
    if isinstance(value, str) and value and any(word in key.lower() for word in PERSONAL):
        return COVER
    return _cut(masked_text(str(value)))


def masked_text(text: str) -> str:
    """A text, such as an error, with long numbers covered."""
    return DIGITS.sub(lambda found: COVER + found.group()[-2:], text)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
