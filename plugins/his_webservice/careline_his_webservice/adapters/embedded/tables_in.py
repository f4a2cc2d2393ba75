"""Departments, doctors and the weekly plan of a small clinic, read from CSV tables.

The first line names the columns. Everything wrong in a file is told at once, by line.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from datetime import date, time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar

from careline.clinic import ClinicKind, Department, Doctor, HalfDay
from careline.errors import Invalid
from careline_his_webservice.adapters.embedded.plan import Planned

T = TypeVar("T")
Row = Mapping[str, str]

#: The columns that a table must have.
DEPARTMENTS, DOCTORS = ("code", "name"), ("code", "name", "department")
PLAN = ("department", "weekday", "half", "start")
#: What stands for yes in column ``expert``.
YES = ("1", "yes", "y", "true", "是")
HALVES = {"上午": "morning", "下午": "afternoon", "夜间": "evening"}
KINDS = {"普通": "general", "专家": "expert", "专病": "special"}
#: Texts that are taken over as they are.
OF_DEPARTMENT = ("code", "name", "name_en", "place", "intro", "intro_en")
OF_DOCTOR = (
    *("code", "name", "department", "name_en", "title"),
    *("specialty", "intro", "intro_en", "number"),
)
MONDAY = date(2001, 1, 1)
COUNTS = ("minutes", "slots", "capacity")


def read_departments(path: Path, campus: str) -> list[Department]:
    """One in each line; ``diseases`` are parted by ``;``, lines are in the order shown."""
    made = _read(path, DEPARTMENTS, lambda row: _department(row, campus))
    _refuse_twins(path, [one.code for one in made])
    return made


def read_doctors(path: Path, campus: str) -> list[Doctor]:
    """One in each line."""
    made = _read(path, DOCTORS, lambda row: _doctor(row, campus))
    _refuse_twins(path, [one.code for one in made])
    return made


def read_planned(path: Path) -> list[Planned]:
    """A half-day of each week in each line; ``weekday`` 1 is Monday, ``start`` is 08:00."""
    made = _read(path, PLAN, _planned)
    _refuse_twins(path, [f"{one.code(MONDAY)} {one.weekday}" for one in made])
    return made


def _department(row: Row, campus: str) -> Department:
    texts = {name: row[name] for name in OF_DEPARTMENT if name in row}
    return Department(campus=campus, diseases=_parted(row), **_given(texts, DEPARTMENTS))


def _doctor(row: Row, campus: str) -> Doctor:
    texts = {name: row[name] for name in OF_DOCTOR if name in row}
    expert = row.get("expert", "").casefold() in YES
    return Doctor(campus=campus, diseases=_parted(row), expert=expert, **_given(texts, DOCTORS))


def _planned(row: Row) -> Planned:
    values: dict[str, Any] = {name: int(row[name]) for name in COUNTS if row.get(name)}
    if row.get("fee"):
        values["fee"] = Decimal(row["fee"])
    return Planned(
        department=_given(row, ("department",))["department"],
        doctor=row.get("doctor", ""),
        weekday=int(row["weekday"]),
        half=HalfDay(HALVES.get(row["half"], row["half"])),
        kind=ClinicKind(KINDS.get(row.get("kind", ""), row.get("kind") or "general")),
        place=row.get("place", ""),
        start=time.fromisoformat(row["start"].zfill(5)),
        **values,
    )


def _read(path: Path, needed: tuple[str, ...], make: Callable[[Row], T]) -> list[T]:
    made, problems = [], []
    for line, row in _rows(path, needed):
        try:
            made.append(make(row))
        except (ValueError, InvalidOperation) as error:
            text = "line {line}: {what}"
            problems.append(Invalid("his.line", text, line=line, what=str(error)))
    if problems:
        raise _invalid(path, problems)
    return made


def _rows(path: Path, needed: tuple[str, ...]) -> list[tuple[int, Row]]:
    try:
        reader = csv.DictReader(io.StringIO(_text(path), newline=""), restkey="", restval="")
        lost = [name for name in needed if name not in (reader.fieldnames or ())]
        rows = [(reader.line_num, _stripped(row)) for row in reader] if not lost else []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _invalid(path, [Invalid("his.file", "{what}", what=str(error))]) from error
    if lost:
        text = "the first line must name these columns too: {columns}"
        raise _invalid(path, [Invalid("his.columns", text, columns=", ".join(lost))])
    return rows


def _text(path: Path) -> str:
    """UTF-8, or GB 18030 as spreadsheets in China write it."""
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def _stripped(row: Mapping[str, Any]) -> Row:
    return {name: str(value or "").strip() for name, value in row.items() if name}


def _parted(row: Row) -> tuple[str, ...]:
    parts = row.get("diseases", "").replace("；", ";").replace("、", ";").split(";")
    return tuple(part.strip() for part in parts if part.strip())


def _given(values: Row, needed: tuple[str, ...]) -> dict[str, Any]:
    lost = [name for name in needed if not values.get(name)]
    if lost:
        raise ValueError(f"{', '.join(lost)} must not be empty")
    return dict(values)


def _refuse_twins(path: Path, keys: list[str]) -> None:
    twins = sorted({key for key in keys if keys.count(key) > 1})
    if twins:
        text = "given twice: {keys}"
        raise _invalid(path, [Invalid("his.twice", text, keys=", ".join(twins))])


def _invalid(path: Path, problems: list[Invalid]) -> Invalid:
    text = "{file} is not right ({count}):"
    return Invalid("his.table", text, problems=problems, file=path.name, count=len(problems))
