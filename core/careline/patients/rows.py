"""One row of a table as a patient, with all that is wrong with it; and a patient as a row."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TypeVar

from attrs import evolve, frozen

from careline.errors import CarelineError, Invalid
from careline.numbers import parse_phone
from careline.numbers.phone import Phone, PhoneKind
from careline.patients.days import read_day
from careline.patients.fields import CustomField, about, checked_values
from careline.patients.id_card import is_right
from careline.patients.model import (
    STAFF,
    VIP,
    OutpatientNumber,
    Patient,
    PatientPhone,
    Sex,
    patient_problems,
    tidy,
)
from careline.patients.sheets import MOST_CELL, Row

T = TypeVar("T")

SEXES: Mapping[str, Sex] = {
    **dict.fromkeys(("男", "男性", "m", "male", "1"), Sex.MALE),
    **dict.fromkeys(("女", "女性", "f", "female", "2"), Sex.FEMALE),
    **dict.fromkeys(("", "未知", "不详", "未说明", "unknown", "0", "9"), Sex.UNKNOWN),
}
CATEGORIES: Mapping[str, str] = {
    **dict.fromkeys(("vip", "贵宾", "vip客户"), VIP),
    **dict.fromkeys(("staff", "职工", "员工", "本院职工"), STAFF),
    **dict.fromkeys(("普通", "ordinary", "-"), ""),
}
SEPARATORS = re.compile(r"[;,、，；/|\n]+")
OWNED = re.compile(r"(.*?)[(（]([^()（）]*)[)）]\s*$")
ROUNDED = re.compile(r"\d(\.\d+)?[eE]\+?\d+")


@frozen
class Reading:
    """How rows are read: the field of each column, the custom fields, the area code."""

    mapping: tuple[str, ...]
    fields: tuple[CustomField, ...] = ()
    area_code: str = ""
    today: date | None = None


def read_row(row: Row, how: Reading) -> tuple[Patient, list[CarelineError]]:
    """The patient of a row, whole and checked; the record is not to be used when it has problems.

    Each problem's code names the field it is about.
    """
    problems: list[CarelineError] = []
    given: dict[str, list[str]] = {}
    for target, cell in zip(how.mapping, row.cells, strict=False):
        if target and cell:
            given.setdefault(target, []).append(cell)
    if any(len(cell) > MOST_CELL for cell in row.cells):
        return Patient(name=""), [Invalid("import.cell", "a cell of this row is far too long")]

    def text(name: str) -> str:
        return given.get(name, [""])[0]

    patient = Patient(
        name=text("name"),
        pinyin=text("pinyin"),
        sex=_read(problems, "sex", text("sex"), _sex) or Sex.UNKNOWN,
        birth_date=_read(problems, "birth_date", text("birth_date"), _born),
        id_card=text("id_card"),
        address=text("address"),
        insurance=text("insurance"),
        category=CATEGORIES.get(text("category").casefold(), text("category")),
        note="\n".join(given.get("note", [])),
        phones=_phones(problems, given.get("phones", []), how.area_code),
        numbers=tuple(
            OutpatientNumber(target.removeprefix("numbers."), cells[0])
            for target, cells in given.items()
            if target.startswith("numbers.")
        ),
        tags=tuple(tag for cell in given.get("tags", []) for tag in SEPARATORS.split(cell)),
    )
    own = {
        name.removeprefix("fields."): cells[0]
        for name, cells in given.items()
        if name[:7] == "fields."
    }
    known = {one.name for one in how.fields}
    values, wrong = checked_values(how.fields, {k: v for k, v in own.items() if k in known})
    patient = tidy(evolve(patient, fields=values))
    problems += [*wrong, *_rounded(patient), *patient_problems(patient, how.today)]
    return patient, problems


def _read(
    problems: list[CarelineError], name: str, text: str, read: Callable[[str], T]
) -> T | None:
    """The value of a cell; what is wrong with it is added to ``problems``."""
    try:
        return read(text)
    except ValueError:
        problems.append(Invalid(f"patient.{name}", "“{text}” cannot be read", text=text[:40]))
        return None


def _sex(text: str) -> Sex:
    try:
        return SEXES[text.strip().casefold()]
    except KeyError:
        raise ValueError(text) from None


def _born(text: str) -> date | None:
    return read_day(text) if text else None


def _phones(
    problems: list[CarelineError], cells: Sequence[str], area_code: str
) -> tuple[PatientPhone, ...]:
    found: dict[str, PatientPhone] = {}
    for part in (part for cell in cells for part in SEPARATORS.split(cell)):
        if not part.strip():
            continue
        owned = OWNED.fullmatch(part.strip())
        number, owner = (owned[1], owned[2]) if owned else (part, "")
        if ROUNDED.fullmatch(number.strip()):
            text = "the spreadsheet has rounded “{text}”: make the column text, and enter it again"
            problems.append(Invalid("patient.phones", text, text=number.strip()))
            continue
        try:
            phone = parse_phone(number, area_code)
        except Invalid as error:
            problems.append(about("patient.phones", error))
            continue
        found.setdefault(phone.e164, PatientPhone(phone.e164, owner.strip(), preferred=not found))
    return tuple(found.values())


def _rounded(patient: Patient) -> list[CarelineError]:
    """Excel keeps 15 digits of a number, and shows the rest of an id card as 000."""
    numbers = [patient.id_card, *(one.number for one in patient.numbers)]
    lost = [text for text in numbers if ROUNDED.fullmatch(text)]
    if patient.id_card.endswith("000") and not is_right(patient.id_card):
        lost = [patient.id_card]
    text = "the spreadsheet has rounded “{text}”: make the column text, and enter it again"
    return [Invalid("patient.id_card", text, text=one) for one in lost[:1]]


def to_row(patient: Patient, wanted: Sequence[str]) -> list[str]:
    """The cells of a patient for these fields, as :func:`read_row` reads them."""
    return [_cell(patient, target) for target in wanted]


SEX_WORDS = {Sex.MALE: "男", Sex.FEMALE: "女", Sex.UNKNOWN: ""}


def _cell(patient: Patient, target: str) -> str:
    if target.startswith("numbers."):
        campus = target.removeprefix("numbers.")
        return next((one.number for one in patient.numbers if one.campus == campus), "")
    if target.startswith("fields."):
        return patient.fields.get(target.removeprefix("fields."), "")
    match target:
        case "sex":
            return SEX_WORDS[patient.sex]
        case "birth_date":
            return patient.birth_date.isoformat() if patient.birth_date else ""
        case "phones":
            first = sorted(patient.phones, key=lambda phone: not phone.preferred)
            return ";".join(_shown(phone) for phone in first)
        case "tags":
            return ";".join(patient.tags)
        case _:
            return str(getattr(patient, target))


def _shown(phone: PatientPhone) -> str:
    kind = PhoneKind.MOBILE if re.match(r"\+861[3-9]", phone.number) else PhoneKind.FIXED
    number = Phone(phone.number, kind).national
    return f"{number}({phone.owner})" if phone.owner else number
