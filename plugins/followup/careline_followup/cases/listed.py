"""Lists of discharges and of planned operations that people hand in, CSV or XLSX."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from careline.errors import CarelineError, Invalid
from careline.i18n import Text
from careline.patients.sheets import Row, Sheet, open_sheet
from careline_followup.cases.dates import read_moment
from careline_followup.cases.model import Case, CaseKind, Relative, Source
from careline_followup.cases.store import LENGTHS, WORDS
from careline_followup.storable import storable
from careline_followup.tasks.ladder import called

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
TWICE = Text("The same as row {line}: taken in once.")
NO_PHONE = Text("{text} is no telephone number that can be called.")
NEW_DEPARTMENT = Text("The department {name} was not known before.")
NEW_WARD = Text("The ward {name} was not known before.")
#: What stands between several numbers in one cell.
MANY = re.compile(r"[/／、,，;；\s]+")
OLDEST_DAYS = 400
#: By these the record is found of whoever a row tells.
WHOSE = ("name", "number", "id_card")
BATCH = 200


@frozen
class Reject:
    """What is wrong with a row, by the number that the spreadsheet shows."""

    line: int
    why: CarelineError


@frozen
class Read:
    """A row as a case, or why it is none; ``notes`` are what somebody should know of it.

    ``twice``: a row above is the same, and was counted. ``name``, ``number`` and ``id_card`` are
    told of every row.
    """

    line: int
    case: Case | None = None
    why: CarelineError | None = None
    notes: tuple[CarelineError, ...] = ()
    cells: tuple[str, ...] = ()
    twice: bool = False
    name: str = ""
    number: str = ""
    id_card: str = ""


@frozen
class Places:
    """Departments and wards that are known of a campus; empty ones say nothing."""

    departments: frozenset[str] = frozenset()
    wards: frozenset[str] = frozenset()


@define
class OpenList:
    """A list that is being read, part by part; ``close`` it. Blocks: use it in a thread."""

    campus: str
    zone: tzinfo
    now: datetime
    places: Places
    sheet: Sheet
    _columns: Mapping[str, int]
    _seen: dict[str, int] = field(factory=dict)

    def take(self, count: int = BATCH) -> list[Read]:
        """The next rows, none at the end. Invalid when the file is broken there."""
        return [self._read(row) for row in self.sheet.take(count)]

    def close(self) -> None:
        """Let the file go."""
        self.sheet.close()

    def _read(self, row: Row) -> Read:
        cells = {name: row.cells[place].strip() for name, place in self._columns.items()}
        who: dict[str, Any] = {name: storable(cells.get(name, ""), LENGTHS[name]) for name in WHOSE}
        try:
            case = case_of(cells, self.campus, self.zone, self.now)
        except CarelineError as error:
            return Read(row.number, why=error, cells=row.cells, **who)
        first = self._seen.setdefault(case.reference, row.number)
        notes = [*self._notes(cells)]
        if first != row.number:
            notes.append(Invalid("followup.twice", TWICE.msgid, line=first))
        return Read(row.number, case, None, tuple(notes), row.cells, first != row.number, **who)

    def _notes(self, cells: Mapping[str, str]) -> Iterator[CarelineError]:
        for column in ("phone", "relative_phone"):
            if (text := cells.get(column, "")) and not all(map(called, phones_in(text))):
                yield Invalid("followup.number", NO_PHONE.msgid, text=text[:40])
        places = self.places
        if (name := _new(cells, "department", places.departments)) is not None:
            yield Invalid("followup.department", NEW_DEPARTMENT.msgid, name=name)
        if (name := _new(cells, "ward", places.wards)) is not None:
            yield Invalid("followup.ward", NEW_WARD.msgid, name=name)


def open_list(
    path: Path, campus: str, zone: tzinfo, now: datetime, places: Places = Places()
) -> OpenList:
    """Begin to read a file; blocks. Invalid when it is no table, or of other things."""
    sheet = open_sheet(path)
    columns = _columns(sheet.header)
    if "name" not in columns or not {"left", "planned"} & set(columns):
        sheet.close()
        raise Invalid("followup.columns", NEEDED.msgid)
    return OpenList(campus, zone, now, places, sheet, columns)


def read_list(
    path: Path, campus: str, zone: tzinfo, now: datetime, places: Places = Places()
) -> list[Read]:
    """All rows of a file in order; blocks. Invalid as :func:`open_list`."""
    opened = open_list(path, campus, zone, now, places)
    try:
        found: list[Read] = []
        while some := opened.take():
            found += some
        return found
    finally:
        opened.close()


def _new(cells: Mapping[str, str], column: str, known: frozenset[str]) -> str | None:
    """A place that nobody has told of before, where any are known."""
    place = cells.get(column, "")
    return place[:40] if known and place and place not in known else None


def _columns(header: Sequence[str]) -> dict[str, int]:
    known = {title: name for name, titles in TITLES.items() for title in titles}
    places: dict[str, int] = {}
    for place, title in enumerate(header):
        name = known.get(" ".join(title.replace("_", " ").casefold().split()))
        if name:
            places.setdefault(name, place)
    return places


def phones_in(text: str) -> tuple[str, ...]:
    """The numbers in one cell: one as it stands, or several with / or 、 between them."""
    if called(text):
        return (text,)
    parts = tuple(filter(None, (one.strip() for one in MANY.split(text))))
    return parts if len(parts) > 1 and all(map(called, parts)) else (text,)


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
    words["phone"], *others = phones_in(words["phone"])
    came = _moment(cells["came"], zone, now) if cells.get("came") else None
    return Case(
        kind=kind,
        source=source,
        reference=_reference(kind, cells, at.astimezone(zone)),
        campus=campus,
        relatives=(*(Relative(number=one) for one in others), *_relatives(cells)),
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
        for number in phones_in(cells["relative_phone"]):
            yield Relative(number=number, who=cells.get("relative", ""))


def _moment(text: str, zone: tzinfo, now: datetime) -> datetime:
    """A local date or time, UTC; a date alone is its noon."""
    local = read_moment(text, now.astimezone(zone).date())
    return local.replace(tzinfo=zone).astimezone(now.tzinfo)
