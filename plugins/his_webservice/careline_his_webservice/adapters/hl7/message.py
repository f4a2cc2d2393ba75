r"""HL7 v2 messages read and written: python-hl7 takes them apart, values are ours.

Values are unescaped here and not by python-hl7, whose ``\.sp999999999\`` makes a gigabyte and
which logs what it cannot read: patients' data. Chapters are of HL7 v2.5.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from hashlib import sha256

import hl7

from careline.errors import Invalid

MOST_SEPARATORS = 20_000
"""In one message; each costs python-hl7 an object. The longest ADT has some hundreds."""
BROKEN = (hl7.HL7Exception, ValueError, LookupError, TypeError, AssertionError, AttributeError)
ESCAPE = re.compile(r"\\([^\\\r]{0,64})\\")
STAMP = re.compile(
    r"(\d{4})(\d\d)?(\d\d)?(?:(\d\d)(\d\d)?(\d\d)?(?:\.\d{1,6})?)?([+-]\d{4})?", re.ASCII
)
CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
LETTERS = {"F": "|", "S": "^", "R": "~", "T": "&", "E": "\\", ".br": " ", ".sp": " "}


class Message:
    """A message as it came; raises Invalid (``hl7.malformed``) when it is none."""

    def __init__(self, text: str) -> None:
        text = text.replace("\r\n", "\r").replace("\n", "\r").strip("\r")
        if not re.match(r"MSH[!-/:-@\[-`{-~]{5}", text) or len(set(text[3:8])) < 5:
            raise malformed("it does not begin with MSH and its separators")
        if sum(map(text.count, text[3:8])) > MOST_SEPARATORS:
            raise malformed("it has too many fields")
        self._separators = tuple(text[4:8])
        try:
            self._parsed = hl7.parse(text)
            self.type = (self.get("MSH", 9, 1), self.get("MSH", 9, 2))
        except BROKEN as error:
            raise malformed(type(error).__name__) from error
        self.control_id = self.get("MSH", 10)
        self.digest = sha256(text.partition("\r")[2].encode()).hexdigest()[:32]
        self.sender = "/".join(filter(None, (self.get("MSH", 3), self.get("MSH", 4))))

    def get(self, segment: str, field: int, component: int = 1, repeat: int = 1) -> str:
        """One component, its first sub-component; empty when absent or HL7's null ``""``."""
        repeats = self.repeats(segment, field)
        components = repeats[repeat - 1] if repeat <= len(repeats) else []
        return components[component - 1] if component <= len(components) else ""

    def repeats(self, segment: str, field: int) -> list[list[str]]:
        """The components of each repetition of a field of the first such segment."""
        raw = self._raw(segment, field)
        if raw in ("", '""'):
            return []
        component, repeat, _, sub = self._separators
        return [
            [unescaped(part.split(sub)[0]) for part in one.split(component)]
            for one in raw.split(repeat)
        ]

    def at(self, place: str) -> str:
        """The first component at ``SEG-7``; empty when ``place`` is."""
        segment, _, field = place.partition("-")
        return self.get(segment, int(field)) if field else ""

    def _raw(self, segment: str, field: int) -> str:
        for one in self._parsed:
            if str(one[0]) == segment:
                return str(one[field]) if field < len(one) else ""
        return ""


def malformed(what: str) -> Invalid:
    """The error for what is no message of HL7 v2."""
    return Invalid("hl7.malformed", "this is no HL7 v2 message: {what}", what=what)


def unescaped(text: str) -> str:
    """Escape sequences of chapter 2.7 as the characters they stand for; others vanish.

    Control characters become blanks: databases refuse some of them.
    """
    return CONTROL.sub(" ", ESCAPE.sub(lambda found: _meant(found.group(1)), text)).strip()


def _meant(sequence: str) -> str:
    if sequence.startswith("X"):
        try:
            return bytes.fromhex(sequence[1:]).decode("utf-8")
        except ValueError:
            return ""
    return LETTERS.get(sequence) or LETTERS.get(sequence[:3], "")


def escaped(text: str) -> str:
    """A value with separators escaped; control characters, which end frames, become blanks."""
    text = CONTROL.sub(" ", text).replace("\\", "\\E\\")
    for letter in "FSRT":
        text = text.replace(LETTERS[letter], f"\\{letter}\\")
    return text


def comp(*values: str) -> str:
    """Components of a field."""
    return "^".join(map(escaped, values)).rstrip("^")


def repeated(*fields: str) -> str:
    """Repetitions of a field, empty ones left out."""
    return "~".join(filter(None, fields))


def segment(name: str, fields: Mapping[int, str]) -> str:
    """A segment of fields made by :func:`comp`, by their numbers."""
    return "|".join([name, *(fields.get(at, "") for at in range(1, max(fields, default=0) + 1))])


def header(fields: Mapping[int, str]) -> str:
    """MSH, whose first field is the separator itself."""
    return "|".join(["MSH|^~\\&", *(fields.get(at, "") for at in range(3, max(fields) + 1))])


def stamp(moment: datetime) -> str:
    """A time as HL7 writes it, in the zone that ``moment`` is in."""
    return moment.strftime("%Y%m%d%H%M%S")


def parsed_stamp(text: str, zone: tzinfo) -> datetime | None:
    """UTC of a time stamp, local to ``zone`` where it names no offset; None for an empty one.

    Raises Invalid (``hl7.time``).
    """
    if not text:
        return None
    found = STAMP.fullmatch(text)
    if found is None:
        raise Invalid("hl7.time", "{text} is no time", text=text[:30])
    *digits, offset = found.groups()
    year, month, day, hour, minute, second = (int(d) if d else None for d in digits)
    try:
        moment = datetime(
            year or 0, month or 1, day or 1, hour or 0, minute or 0, second or 0,
            tzinfo=_offset(offset) if offset else zone,
        )  # fmt: skip
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid("hl7.time", "{text} is no time", text=text[:30]) from error


def _offset(text: str) -> timezone:
    minutes = int(text[1:3]) * 60 + int(text[3:])
    return timezone(timedelta(minutes=minutes if text[0] == "+" else -minutes))
