"""Looking somebody up by one text: a telephone number, an id card, or a number of theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from careline.clinic import Person
from careline_his_webservice.adapters.phones import e164

_ID_CARD = re.compile(r"\d{17}[\dXx]|\d{15}")
_PHONE = re.compile(r"\+?\d[\d\- ]{6,18}")


def questions_for(text: str) -> Iterator[dict[str, object]]:
    """What to ask, the likeliest first; each fills one of ``id_card``, ``phone``, ``number``."""
    wanted = text.strip()
    if not wanted:
        return
    if _ID_CARD.fullmatch(wanted):
        yield {"text": wanted, "id_card": wanted.upper()}
    phone = _phone(wanted)
    if phone:
        yield {"text": wanted, "phone": phone}
    yield {"text": wanted, "number": wanted}


def exactly(people: Sequence[Person], text: str) -> list[Person]:
    """Those whose number, id card or telephone number is ``text``, not merely like it."""
    wanted, phone = text.strip(), _phone(text.strip())
    return [
        one
        for one in people
        if one.number == wanted
        or (one.id_card and one.id_card == wanted.upper())
        or (phone and one.phone == phone)
    ]


def _phone(text: str) -> str:
    return e164(text) if _PHONE.fullmatch(text) else ""
