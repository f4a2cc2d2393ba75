"""Lists of discharges and of planned operations that people hand in, CSV or XLSX."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from attrs import frozen

from careline.errors import CarelineError, Invalid
from careline.i18n import Text
from careline.patients.sheets import Row, open_sheet
from careline_followup.cases.model import Case, CaseKind, Relative, Source
from careline_followup.cases.store import WORDS

#: Column titles that are understood, in any case and order.
TITLES: Mapping[str, tuple[str, ...]] = {
    "reference": ("住院号", "住院流水号", "visit", "visit number", "stay"),
    "name": ("姓名", "患者姓名", "name", "patient"),
    "number": ("门诊号", "病历号", "病案号", "outpatient number", "patient number", "number"),
    "id_card": ("身份证号", "身份证", "id card"),
    "phone": ("电话", "联系电话", "手机", "手机号", "phone", "mobile"),
    "relative": ("联系人", "家属", "家属姓名", "contact", "relative"),
    "relative_phone": ("联系人电话", "家属电话", "contact phone", "relative phone"),
    "department": ("科室", "出院科室", "department"),
    "ward": ("病区", "病房", "ward"),
    "bed": ("床号", "床位", "bed"),
    "doctor": ("主管医生", "医生", "主治医生", "doctor"),
    "diagnosis": ("诊断", "出院诊断", "diagnosis"),
    "operation": ("手术", "手术名称", "operation"),
    "came": ("入院时间", "入院日期", "admitted"),
    "left": ("出院时间", "出院日期", "discharged"),
    "planned": ("手术时间", "手术日期", "拟手术日期", "operation date"),
}
NEEDED = Text("The list needs columns for the name and for the day of discharge or operation.")
WHEN = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]+(\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?)?"
)
OLDEST_DAYS = 400
BATCH = 200


@frozen
class Reject:
    """A row that was not taken, by the number that the spreadsheet shows, and why."""

    line: int
    why: CarelineError


@frozen
class Read:
    """A row as a case, or why it is none."""

    line: int
    case: Case | None = None
    why: CarelineError | None = None


def read_list(path: Path, campus: str, zone: tzinfo, now: datetime) -> list[Read]:
    """All rows of a file in order; blocks. Invalid when it is no table, or of other things."""
    sheet = open_sheet(path)
    try:
        columns = _columns(sheet.header)
        if "name" not in columns or not {"left", "planned"} & set(columns):
            raise Invalid("followup.columns", NEEDED.msgid)
        found: list[Read] = []
        while rows := sheet.take(BATCH):
            found += [_read(row, columns, campus, zone, now) for row in rows]
        return found
    finally:
        sheet.close()


def _columns(header: Sequence[str]) -> dict[str, int]:
    known = {title: name for name, titles in TITLES.items() for title in titles}
    places: dict[str, int] = {}
    for place, title in enumerate(header):
        name = known.get(" ".join(title.replace("_", " ").casefold().split()))
        if name:
            places.setdefault(name, place)
    return places


def _read(row: Row, columns: Mapping[str, int], campus: str, zone: tzinfo, now: datetime) -> Read:
    cells = {
        name: row.cells[place].strip() if place < len(row.cells) else ""
        for name, place in columns.items()
    }
    try:
        return Read(row.number, case=case_of(cells, campus, zone, now))
    except CarelineError as error:
        return Read(row.number, why=error)


def case_of(
    cells: Mapping[str, str],
    campus: str,
    zone: tzinfo,
    now: datetime,
    source: Source = Source.LIST,
) -> Case:
    """A case as somebody has written it down, by the names in :data:`TITLES`; else Invalid."""
    kind = CaseKind.DISCHARGE if cells.get("left") else CaseKind.OPERATION
    day = cells.get("left") or cells.get("planned")
    if not day:
        raise Invalid("followup.day", "The day of discharge or operation is missing.")
    at = _moment(day, zone, now)
    if not cells.get("name"):
        raise Invalid("followup.name", "The name is missing.")
    if (now - at).days > OLDEST_DAYS:
        raise Invalid("followup.old", "This is more than {days} days ago.", days=OLDEST_DAYS)
    if kind is CaseKind.DISCHARGE and at > now:
        raise Invalid("followup.future", "This discharge has not happened yet.")
    words: dict[str, Any] = {name: cells.get(name, "") for name in WORDS}
    came = _moment(cells["came"], zone, now) if cells.get("came") else None
    return Case(
        kind=kind,
        source=source,
        reference=_reference(kind, cells, at.astimezone(zone)),
        campus=campus,
        relatives=tuple(_relatives(cells)),
        came=came,
        at=at,
        day=at.astimezone(zone).date(),
        told=now,
        **words,
    )


def _reference(kind: CaseKind, cells: Mapping[str, str], at: datetime) -> str:
    """The visit's number, else who and which day: the same row handed in twice is one case."""
    if cells.get("reference"):
        return f"{kind.value[:2]}-{cells['reference']}"[:64]
    who = cells.get("number") or cells.get("id_card") or cells.get("phone")
    if not who:
        raise Invalid(
            "followup.who", "It takes a visit number, a patient number, an id card or a telephone."
        )
    return f"{kind.value[:2]}-{at:%Y%m%d}-{who}"[:64]


def _relatives(cells: Mapping[str, str]) -> Iterator[Relative]:
    if cells.get("relative_phone"):
        yield Relative(number=cells["relative_phone"], who=cells.get("relative", ""))


def _moment(text: str, zone: tzinfo, now: datetime) -> datetime:
    """A local date or time, UTC; a date alone is its noon."""
    found = WHEN.fullmatch(text.strip())
    try:
        if found is None:
            raise ValueError
        year, month, day, hour, minute = found.groups()
        local = datetime(  # noqa: DTZ001 - the zone follows
            int(year), int(month), int(day), int(hour or 12), int(minute or 0)
        )
    except ValueError:
        raise Invalid("followup.when", "{text} is no day.", text=text[:40]) from None
    return local.replace(tzinfo=zone).astimezone(now.tzinfo)
