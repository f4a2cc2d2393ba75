"""Single values as a hospital's system writes them: days, times, fees, flags and mapped words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import TypeVar
from zoneinfo import ZoneInfo

from attrs import field, frozen

from careline.campuses.model import Campus
from careline.config import Reader
from careline.errors import Invalid
from careline.i18n import Text
from careline.numbers import parse_phone

E = TypeVar("E", bound=Enum)

#: In a value map: whatever is not named otherwise.
ANY = "*"
#: xsd:date may end in a zone, which says nothing of a day: 2026-11-22+08:00.
_DAY_WITH_ZONE = re.compile(r"(\d{4}-\d\d-\d\d)(?:Z|[+-]\d\d:\d\d)")
_RANGE = re.compile(r"\s*(?:-|–|—|~|～|至|到)\s*")
_LIST = re.compile(r"[、,，;；|\s]+")
_YES = {"1": True, "true": True, "y": True, "yes": True, "是": True}
_NO = {"0": False, "false": False, "n": False, "no": False, "否": False, "": False}
#: Of one value; introductions of doctors are the longest.
MOST_CHARACTERS = 20_000


class Mismatch(Exception):
    """A value that is not what it should be; ``right`` says what would do."""

    def __init__(self, right: Text) -> None:
        super().__init__(right)
        self.right = right


def _formats(_: object, attribute: object, value: tuple[str, ...]) -> None:
    """At least one, and each can be written and read again."""
    if not value:
        raise Invalid("his.format", "{where}: at least one format is needed")
    for one in value:
        try:
            datetime.strptime(datetime(2026, 11, 22, 9, 30).strftime(one), one)  # noqa: DTZ001,DTZ007
        except ValueError:
            raise Invalid(
                "his.format",
                "{where}: “{value}” is not a format such as %Y-%m-%d or %H:%M",
                value=one,
            ) from None


@frozen
class Formats:
    """``[formats]``: the first of each is written, all are read."""

    day: tuple[str, ...] = field(default=("%Y-%m-%d",), validator=_formats)
    time: tuple[str, ...] = field(default=("%H:%M", "%H:%M:%S"), validator=_formats)


@frozen
class Values:
    """Reads values by ``formats`` and by ``maps`` (name of a field -> their word -> ours).

    ``zone`` is the campus's, for columns that hold moments and not its local days and times.
    """

    formats: Formats = field(factory=Formats)
    maps: Mapping[str, Mapping[str, str]] = field(factory=dict)
    area_code: str = ""
    zone: tzinfo = UTC

    @classmethod
    def of(
        cls, campus: Campus | None, formats: Formats, maps: Mapping[str, Mapping[str, str]]
    ) -> Values:
        """As a campus's system writes them."""
        if campus is None:
            return cls(formats, maps)
        return cls(formats, maps, campus.area_code, ZoneInfo(campus.timezone))

    def text(self, value: object) -> str:
        """Any value as text, without surrounding blanks; at most 20,000 characters."""
        found = "" if value is None else str(value).strip()
        if len(found) > MOST_CHARACTERS:
            raise Mismatch(Text("a text of at most {most} characters", {"most": MOST_CHARACTERS}))
        return found

    def day(self, value: object) -> date:
        """A day; a time of day behind it is cut off only where a format says so."""
        if isinstance(value, datetime):
            return self._local(value).date()
        if isinstance(value, date):
            return value
        text = self.text(value)
        zoned = _DAY_WITH_ZONE.fullmatch(text)
        found = _parsed(zoned.group(1) if zoned else text, self.formats.day)
        if found is None:
            raise Mismatch(Text("a day as {formats}", {"formats": list(self.formats.day)}))
        return found.date()

    def start(self, value: object) -> time:
        """A time, or the beginning of a range such as 08:00-08:30."""
        return self._time(value, 0)

    def end(self, value: object) -> time:
        """A time, or the end of a range."""
        return self._time(value, -1)

    def _time(self, value: object, which: int) -> time:
        if isinstance(value, datetime):
            return self._local(value).time()
        if isinstance(value, time):
            return value.replace(tzinfo=None)
        part = _RANGE.split(self.text(value))[which]
        found = _parsed(part, self.formats.time)
        if found is None:
            raise Mismatch(Text("a time as {formats}", {"formats": list(self.formats.time)}))
        return found.time()

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone) if moment.tzinfo else moment

    def count(self, value: object) -> int:
        """A whole number from 0 to 9999; ``3.0`` of a numeric column is one too."""
        try:
            number = Decimal(self.text(value))
        except InvalidOperation:
            number = Decimal(-1)
        if not (number.is_finite() and 0 <= number <= 9999 and number == int(number)):
            raise Mismatch(Text("a whole number from 0 to 9999"))
        return int(number)

    def money(self, value: object) -> Decimal:
        """Yuan, as ``30``, ``30.50``, ``￥30`` or ``30元``."""
        try:
            found = Decimal(self.text(value).strip("￥¥元 "))
        except InvalidOperation:
            found = Decimal(-1)
        if not found.is_finite() or not 0 <= found < 1_000_000:
            raise Mismatch(Text("an amount of money such as 30.00"))
        return found

    def flag(self, name: str, value: object) -> bool:
        """Yes or no, by the map ``name`` (to ``yes`` and ``no``) where there is one."""
        if isinstance(value, bool):
            return value
        text = self.text(value)
        word = self._mapped(name, text) if name in self.maps else text.lower()
        known = {**_YES, **_NO}
        if word not in known:
            raise Mismatch(Text("yes or no, such as 1 or 0; name others in [values.{name}]",
                                {"name": name}))  # fmt: skip
        return known[word]

    def word(self, name: str, value: object, kind: type[E]) -> E:
        """One of ``kind``, by the map ``name`` where there is one."""
        text = self.text(value)
        word = self._mapped(name, text) if name in self.maps else text
        try:
            return kind(word)
        except ValueError:
            raise Mismatch(_one_of(word.value for word in kind)) from None

    def sex(self, value: object) -> str:
        """``male``, ``female`` or empty."""
        text = self.text(value)
        if not text:
            return ""
        found = self._mapped("sex", text) if "sex" in self.maps else text.lower()
        if found not in ("male", "female", ""):
            raise Mismatch(_one_of(("male", "female")))
        return found

    def words(self, value: object) -> tuple[str, ...]:
        """A list in one text: 高血压、冠心病."""
        return tuple(dict.fromkeys(part for part in _LIST.split(self.text(value)) if part))

    def phone(self, value: object) -> str:
        """E.164, or empty where they keep something that is no number."""
        try:
            return parse_phone(self.text(value), self.area_code).e164
        except Invalid:
            return ""

    def _mapped(self, name: str, text: str) -> str:
        table = self.maps[name]
        if text in table:
            return table[text]
        if ANY in table:
            return table[ANY]
        raise Mismatch(_one_of(table))

    def theirs(self, name: str, ours: str) -> str:
        """Their word for one of ours, the first in the map; ours itself where it has none."""
        for their, our in self.maps.get(name, {}).items():
            if our == ours and their != ANY:
                return their
        return ours


def _parsed(text: str, formats: Sequence[str]) -> datetime | None:
    for one in formats:
        try:
            return datetime.strptime(text, one)  # noqa: DTZ007  days and times have no zone
        except ValueError:
            continue
    return None


def _one_of(values: object) -> Text:
    return Text("one of {values}", {"values": list(values)})  # type: ignore[call-overload]


#: Words of ours that a map may lead to, by the map's name.
KNOWN_MAPS: Mapping[str, tuple[str, ...]] = {
    "half": ("morning", "afternoon", "evening"),
    "kind": ("general", "expert", "special"),
    "sex": ("male", "female", ""),
    "state": ("booked", "cancelled", "visited", "missed", "absent"),
    "stopped": ("yes", "no"),
    "expert": ("yes", "no"),
}


def check_maps(reader: Reader, maps: Mapping[str, Mapping[str, str]]) -> None:
    """Note every map that leads nowhere."""
    for name, table in maps.items():
        allowed = KNOWN_MAPS.get(name)
        if allowed is None:
            reader.wrong(
                ("values", name),
                "his.map",
                "{where}: there is no such map; known are {known}",
                known=sorted(KNOWN_MAPS),
            )
            continue
        for their, ours in table.items():
            if ours not in allowed:
                reader.wrong(
                    ("values", name, their),
                    "his.map_word",
                    "{where}: must lead to one of {known}, not “{word}”",
                    known=[word for word in allowed if word],
                    word=ours,
                )
