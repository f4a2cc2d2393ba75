"""Who gets a group message: patients found by search, a list that was uploaded, the address book.

Only mobile numbers of China are taken, each once; what cannot be understood is told line by line.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from attrs import frozen

from careline.errors import Invalid
from careline.i18n import Text
from careline.numbers.phone import PhoneKind, parse_phone
from careline.patients.model import Patient
from careline_sms.groups.model import MOST, Member

NUMBER = ("手机号", "手机", "电话", "号码", "number", "phone", "mobile")
NAME = ("姓名", "名字", "name")
VARIABLE = re.compile(r"[a-z][a-z0-9_]{0,31}")
TITLES = {
    "地点": "place",
    "时间": "when",
    "科室": "clinic",
    "序号": "number",
    "链接": "link",
    "检查项目": "test",
}
"""Headings in Chinese for variables; others are headed by their names."""
SHOWN = 10
"""Problems that are shown; the others are counted."""

NO_NUMBER = Text("Line {line}: {what} is no mobile number.")
TOO_MANY = Text("At most {most} get one message.")
NO_COLUMN = Text("The list needs a column with the number (手机号).")


@frozen
class Chosen:
    """Who gets it, who has no mobile number, and what was wrong with a list."""

    members: tuple[Member, ...] = ()
    without: int = 0
    twice: int = 0
    problems: tuple[Text, ...] = ()


def mobile(text: str) -> str:
    """The mobile number in E.164; empty when it is none of China's."""
    try:
        phone = parse_phone(text)
    except Invalid:
        return ""
    return phone.e164 if phone.kind is PhoneKind.MOBILE and phone.region == "CN" else ""


def of_patients(patients: Iterable[Patient]) -> Chosen:
    """Each at the preferred mobile number, else the first."""
    found: list[Member] = []
    without = 0
    for one in patients:
        numbers = [one.preferred_phone, *(phone.number for phone in one.phones)]
        number = next(filter(None, map(mobile, filter(None, numbers))), "")
        if number:
            found.append(Member(number=number, name=one.name, patient=one.id))
        else:
            without += 1
    return _once(found, without)


def of_list(data: bytes) -> Chosen:
    """A CSV file or pasted lines: number and name, or columns with a heading each.

    Raises Invalid when there is no column of numbers, or far too much.
    """
    rows = [row for row in csv.reader(io.StringIO(_decoded(data))) if any(map(str.strip, row))]
    if len(rows) > MOST + 1:
        raise Invalid("sms.list", TOO_MANY.msgid, most=MOST)
    heads = [cell.strip() for cell in rows[0]] if rows else []
    if rows and not any(mobile(cell) for cell in heads):
        return _of_rows(heads, rows[1:], 2)
    return _of_rows(["手机号", "姓名"], rows, 1)


def _of_rows(heads: Sequence[str], rows: Sequence[Sequence[str]], first: int) -> Chosen:
    lowered = [head.casefold() for head in heads]
    number_at = next((at for at, head in enumerate(lowered) if head in NUMBER), None)
    if number_at is None:
        raise Invalid("sms.list", NO_COLUMN.msgid)
    name_at = next((at for at, head in enumerate(lowered) if head in NAME), None)
    named = [TITLES.get(head, head) for head in lowered]
    others = [
        (at, head)
        for at, head in enumerate(named)
        if at not in (number_at, name_at) and VARIABLE.fullmatch(head)
    ]
    found: list[Member] = []
    problems: list[Text] = []
    for line, row in enumerate(rows, first):
        cells = [cell.strip() for cell in row] + [""] * len(heads)
        number = mobile(cells[number_at])
        if not number:
            problems.append(Text(NO_NUMBER.msgid, {"line": line, "what": cells[number_at][:20]}))
            continue
        name = cells[name_at][:64] if name_at is not None else ""
        values = {head: cells[at][:200] for at, head in others}
        found.append(Member(number=number, name=name, values=values))
    return _once(found, 0, problems)


def _once(found: Sequence[Member], without: int, problems: Sequence[Text] = ()) -> Chosen:
    """The first of each number; a family that shares one gets one message."""
    once: dict[str, Member] = {}
    for one in found:
        once.setdefault(one.number, one)
    if len(once) > MOST:
        raise Invalid("sms.list", TOO_MANY.msgid, most=MOST)
    return Chosen(tuple(once.values()), without, len(found) - len(once), tuple(problems))


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding).replace("\0", "").replace("\t", ",")
        except UnicodeDecodeError:
            continue
    raise Invalid("sms.list", "The file is no text in UTF-8 or GB18030.")
