"""The form of a record: masked values that come back unchanged are no change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from attrs import evolve, frozen

from careline.errors import CarelineError, Conflict, Invalid
from careline.numbers import parse_phone
from careline.numbers.phone import masked
from careline.patients.criteria import Criteria, criteria_of
from careline.patients.days import read_day
from careline.patients.fields import CustomField, checked_values
from careline.patients.model import (
    MOST_PHONES,
    OutpatientNumber,
    Patient,
    PatientPhone,
    Sex,
    masked_address,
    masked_id_card,
    patient_problems,
    tidy,
)
from careline.patients.rows import SEPARATORS
from careline.web import FormState, Visit

TEXTS = ("name", "pinyin", "insurance", "category", "note")
EMPTY_ROWS = 2
NEW = Patient(name="")


@frozen
class About:
    """What a form must know: custom fields, campuses by id, the area code of local numbers."""

    fields: Sequence[CustomField]
    campuses: Mapping[str, str]
    area_code: str = ""


def state_of(patient: Patient, about: About, visit: Visit) -> FormState:
    """The form of a record as it is stored."""
    typed: dict[str, object] = {name: getattr(patient, name) for name in TEXTS}
    for place in range(rows_of(patient)):
        phone = patient.phones[place] if place < len(patient.phones) else None
        typed[f"phone_{place}"] = masked(phone.number) if phone else ""
        typed[f"owner_{place}"] = phone.owner if phone else ""
    preferred = [str(place) for place, one in enumerate(patient.phones) if one.preferred]
    for campus in about.campuses:
        numbers = [one.number for one in patient.numbers if one.campus == campus]
        typed[f"number_{campus}"] = next(iter(numbers), "")
    for one in about.fields:
        typed[f"field_{one.name}"] = patient.fields.get(one.name, "")
    return FormState.of(
        None,
        visit.language,
        **typed,
        sex=patient.sex.value,
        birth_date=patient.birth_date or "",
        id_card=masked_id_card(patient.id_card),
        address=masked_address(patient.address),
        tags=", ".join(patient.tags),
        preferred=preferred or ["0"],
        version=patient.version,
    )


def rows_of(patient: Patient) -> int:
    """How many telephone numbers the form has room for."""
    return min(MOST_PHONES, len(patient.phones) + EMPTY_ROWS)


def typed_state(visit: Visit) -> FormState:
    """What was typed."""
    return FormState(dict(visit.lists), language=visit.language)


def read_record(visit: Visit, before: Patient, about: About) -> Patient:
    """The record as the form says; Invalid with all that cannot be read, each with its field."""
    form, problems = visit.form, list[CarelineError]()

    def unless(name: str, mask: str, value: str) -> str:
        text = form.get(name, "").strip()
        return value if mask and text == mask else text

    texts: dict[str, Any] = {name: form.get(name, "").strip() for name in TEXTS}
    patient = evolve(
        before,
        **texts,
        id_card=unless("id_card", masked_id_card(before.id_card), before.id_card),
        address=unless("address", masked_address(before.address), before.address),
        sex=_sex(form.get("sex", "")),
        birth_date=_born(form.get("birth_date", ""), problems),
        tags=tuple(SEPARATORS.split(form.get("tags", ""))),
        phones=_phones(form, before, about, problems),
        numbers=_numbers(form, before, about),
        fields={
            **before.fields,
            **{one.name: form.get(f"field_{one.name}", "") for one in about.fields if one.active},
        },
        version=_version(form.get("version", ""), before),
    )
    if patient.name != before.name:  # how the old name is read says nothing of the new one
        changed = patient.pinyin != before.pinyin
        patient = evolve(patient, pinyin=patient.pinyin if changed else "", initials="")
    elif patient.pinyin != before.pinyin:
        initials = "".join(part[0] for part in patient.pinyin.lower().split())
        patient = evolve(patient, initials=initials)
    if problems:  # all at once: what the service would say too
        _values, wrong = checked_values(about.fields, patient.fields)
        problems += [*patient_problems(tidy(patient), visit.now.date()), *wrong]
        raise Invalid("patient.invalid", "this record cannot be stored", problems=problems)
    return patient


def _sex(text: str) -> Sex:
    return next((one for one in Sex if one.value == text), Sex.UNKNOWN)


def _version(text: str, before: Patient) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else before.version


def _born(text: str, problems: list[CarelineError]) -> date | None:
    try:
        return read_day(text) if text.strip() else None
    except ValueError:
        problems.append(Invalid("patient.birth_date", "“{text}” cannot be read", text=text[:40]))
        return None


def _phones(
    form: Mapping[str, str], before: Patient, about: About, problems: list[CarelineError]
) -> tuple[PatientPhone, ...]:
    found = []
    for place in range(MOST_PHONES):
        name = f"phone_{place}"
        text = form.get(name, "").strip()
        if not text:
            continue
        preferred = form.get("preferred", "0") == str(place)
        owner = form.get(f"owner_{place}", "").strip()
        old = [one.number for one in before.phones if masked(one.number) == text]
        same = before.phones[place].number if place < len(before.phones) else ""
        number = same if same in old else next(iter(old), "")
        try:
            number = number or parse_phone(text, about.area_code).e164
        except Invalid as error:
            params = {**error.params, "field": name}
            problems.append(Invalid(error.code, error.message, problems=(), **params))
            continue
        found.append(PatientPhone(number, owner, preferred))
    if found and not any(one.preferred for one in found):
        found[0] = evolve(found[0], preferred=True)
    return tuple(found)


def _numbers(
    form: Mapping[str, str], before: Patient, about: About
) -> tuple[OutpatientNumber, ...]:
    """Numbers of campuses that the form does not show stay."""
    others = [one for one in before.numbers if one.campus not in about.campuses]
    typed = [
        OutpatientNumber(campus, form.get(f"number_{campus}", "").strip())
        for campus in about.campuses
    ]
    return tuple(one for one in (*others, *typed) if one.number)


FIELDS = {
    "patient.phone_twice": "phone_0",
    "patient.phones": "phone_0",
    "patient.preferred": "phone_0",
    "patient.id_card_taken": "id_card",
}


def placed(error: CarelineError, about: About, patient: Patient) -> CarelineError:
    """The same error, each problem with the field of the form beside which it is shown."""
    problems = [_placed(one, about, patient) for one in error.problems or (error,)]
    return Invalid("patient.invalid", "this record cannot be stored", problems=problems)


def _placed(error: CarelineError, about: About, patient: Patient) -> CarelineError:
    field = FIELDS.get(error.code, "")
    if error.code.startswith("patient.fields."):
        field = f"field_{error.code.removeprefix('patient.fields.')}"
    elif isinstance(error, Conflict) and error.code == "patient.number_taken":
        taken = [one.campus for one in patient.numbers if one.number == error.params["number"]]
        field = f"number_{next(iter(taken), '')}"
    elif error.code == "patient.numbers" and about.campuses:
        field = f"number_{next(iter(about.campuses))}"
    if not field:
        return error
    params = {**error.params, "field": field}
    return type(error)(error.code, error.message, problems=(), **params)


SEARCHED = ("name", "phone", "id_card", "number", "born", "sex", "category", "insurance", "tag")


def criteria_from(given: Mapping[str, str]) -> Criteria:
    """What a search form or a link says; custom fields are ``f_<name>``."""
    own = {name[2:]: text for name, text in given.items() if name.startswith("f_")}
    return criteria_of({**{name: given.get(name, "") for name in SEARCHED},
                        "text": given.get("q", ""), "fields": own})  # fmt: skip


def link_of(criteria: Criteria) -> dict[str, str]:
    """The same as the arguments of a link."""
    plain = criteria.plain()
    own = plain.pop("fields", {})
    found = {"q" if name == "text" else name: str(text) for name, text in plain.items()}
    return found | {f"f_{name}": text for name, text in own.items()}
