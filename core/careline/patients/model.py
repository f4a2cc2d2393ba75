"""A patient as a value, with the rules of names and id cards. Printed masked, always."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import Enum

from attrs import evolve, field, frozen

from careline.errors import Invalid
from careline.numbers.phone import masked
from careline.patients.id_card import birth_date_of, is_male

VIP = "vip"
STAFF = "staff"
CATEGORIES = ("", VIP, STAFF)
"""Categories that the core knows; a hospital may write others."""

MOST_PHONES = 20
MOST_TAGS = 30
OLDEST = date(1880, 1, 1)
LONGEST: Mapping[str, int] = {
    "name": 64,
    "pinyin": 200,
    "initials": 64,
    "address": 200,
    "insurance": 64,
    "category": 64,
    "note": 10_000,
}
"""Characters that the texts of a record may have."""


class Sex(Enum):
    """As on the id card."""

    UNKNOWN = "unknown"
    MALE = "male"
    FEMALE = "female"


@frozen
class PatientPhone:
    """One of a patient's numbers in E.164; ``owner`` says whose it is when not the patient's."""

    number: str
    owner: str = ""
    preferred: bool = False

    def __repr__(self) -> str:
        """Masked."""
        return f"PatientPhone({masked(self.number)})"


@frozen
class OutpatientNumber:
    """The number that a campus knows the patient by (门诊号); unique there."""

    campus: str
    number: str


@frozen(kw_only=True, repr=False)
class Patient:
    """A patient's record; ``id`` 0 is not stored yet.

    ``pinyin`` (``wang xiaoming``) and ``initials`` (``wxm``) are made from the name when empty and
    can be corrected. ``id_card`` is the 18-digit resident number or empty. ``fields`` are the
    hospital's own (自定义字段) by name, in the form in which they are stored. ``version`` counts
    the changes, so that two people do not undo each other's. ``merged_into`` is the record that
    this duplicate went into, or 0.
    """

    id: int = 0
    name: str
    pinyin: str = ""
    initials: str = ""
    sex: Sex = Sex.UNKNOWN
    birth_date: date | None = None
    id_card: str = ""
    address: str = ""
    insurance: str = ""
    category: str = ""
    note: str = ""
    phones: tuple[PatientPhone, ...] = ()
    numbers: tuple[OutpatientNumber, ...] = ()
    tags: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(factory=dict, hash=False)
    version: int = 1
    merged_into: int = 0
    changed: datetime | None = field(default=None, eq=False)

    def __str__(self) -> str:
        """``王**``: no full name gets into a log by accident."""
        return masked_name(self.name)

    def __repr__(self) -> str:
        """Masked too: values end up in tracebacks."""
        return f"Patient({self.id}, {self})"

    @property
    def vip(self) -> bool:
        """Whether callers with this record are served first."""
        return self.category.casefold() == VIP

    @property
    def preferred_phone(self) -> str:
        """The number to call: the preferred one, else the first, else empty."""
        chosen = [phone.number for phone in self.phones if phone.preferred]
        return next(iter([*chosen, *(phone.number for phone in self.phones)]), "")

    def age(self, today: date) -> int | None:
        """Full years, or None when the birth date is not known."""
        born = self.birth_date
        if born is None:
            return None
        return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def masked_name(name: str) -> str:
    """The first character of a name and a star for each other one, at least one."""
    return name[:1] + "*" * max(1, min(len(name) - 1, 3)) if name else ""


def masked_id_card(number: str) -> str:
    """``110101********1234``."""
    return f"{number[:6]}{'*' * 8}{number[-4:]}" if len(number) == 18 else "*" * len(number)


def masked_address(address: str) -> str:
    """The first six characters (province and town) and stars."""
    return address if len(address) <= 3 else f"{address[: min(6, len(address) // 2)]}****"


def tidy(patient: Patient) -> Patient:
    """With blanks cut off, and birth date and sex taken from the id card where they are empty."""
    id_card = "".join(patient.id_card.split()).upper()
    patient = evolve(
        patient,
        name=" ".join(patient.name.split()),
        id_card=id_card,
        address=patient.address.strip(),
        insurance=patient.insurance.strip(),
        category=patient.category.strip(),
        note=patient.note.strip(),
        tags=tuple(dict.fromkeys(tag.strip() for tag in patient.tags if tag.strip())),
        numbers=tuple(
            OutpatientNumber(one.campus.strip(), "".join(one.number.split()))
            for one in sorted(patient.numbers, key=lambda one: one.campus)
            if one.number.strip()
        ),
        fields={name: value for name, value in patient.fields.items() if value != ""},
    )
    born = birth_date_of(id_card)
    if born is None:
        return patient
    return evolve(
        patient,
        birth_date=patient.birth_date or born,
        sex=_sex_of(id_card) if patient.sex is Sex.UNKNOWN else patient.sex,
    )


def _sex_of(id_card: str) -> Sex:
    return Sex.MALE if is_male(id_card) else Sex.FEMALE


def patient_problems(patient: Patient, today: date | None = None) -> list[Invalid]:
    """What is wrong with a record; the id card must be right and agree with birth date and sex.

    A code names the field: ``patient.id_card``.
    """
    problems: list[Invalid] = []
    if not patient.name.strip():
        problems.append(Invalid("patient.name", "a patient needs a name"))
    problems += _too_long(patient)
    if patient.id_card:
        problems += _id_card_problems(patient)
    problems += _birth_problems(patient, today)
    problems += _phone_problems(patient.phones)
    problems += _number_problems(patient.numbers)
    if len(patient.tags) > MOST_TAGS:
        problems.append(Invalid("patient.tags", "at most {most} tags", most=MOST_TAGS))
    return problems


def _too_long(patient: Patient) -> Iterable[Invalid]:
    for name, most in LONGEST.items():
        if len(getattr(patient, name)) > most:
            yield Invalid(f"patient.{name}", "at most {most} characters", most=most)
        if "\0" in getattr(patient, name):
            yield Invalid(f"patient.{name}", "this text holds a character that cannot be stored")
    if any(len(tag) > 32 or "\0" in tag for tag in patient.tags):
        yield Invalid("patient.tags", "a tag has at most {most} characters", most=32)


def _id_card_problems(patient: Patient) -> list[Invalid]:
    born = birth_date_of(patient.id_card)
    if born is None:
        return [Invalid("patient.id_card", "this is not a right id card number")]
    problems = []
    if patient.birth_date and patient.birth_date != born:
        problems.append(Invalid("patient.birth_date", "birth date and id card number do not agree"))
    if patient.sex not in (Sex.UNKNOWN, _sex_of(patient.id_card)):
        problems.append(Invalid("patient.sex", "sex and id card number do not agree"))
    return problems


def _birth_problems(patient: Patient, today: date | None) -> Iterable[Invalid]:
    born = patient.birth_date
    if born and (born < OLDEST or (today and born > today)):
        yield Invalid("patient.birth_date", "nobody who lives was born on {day}", day=born)


def _phone_problems(phones: tuple[PatientPhone, ...]) -> Iterable[Invalid]:
    if sum(phone.preferred for phone in phones) > 1:
        yield Invalid("patient.preferred", "only one telephone number can be preferred")
    numbers = [phone.number for phone in phones]
    if len(set(numbers)) < len(numbers):
        yield Invalid("patient.phone_twice", "a telephone number is given twice")
    if len(phones) > MOST_PHONES:
        yield Invalid("patient.phones", "at most {most} telephone numbers", most=MOST_PHONES)
    if any(len(phone.owner) > 64 or len(phone.number) > 32 for phone in phones):
        yield Invalid("patient.phones", "a telephone number or its owner's name is too long")


def _number_problems(numbers: tuple[OutpatientNumber, ...]) -> Iterable[Invalid]:
    campuses = [one.campus for one in numbers]
    if len(set(campuses)) < len(campuses):
        yield Invalid("patient.numbers", "a campus knows a patient by one outpatient number")
    if any(len(one.number) > 32 or "\0" in one.number for one in numbers):
        yield Invalid("patient.numbers", "an outpatient number has at most {most} digits", most=32)
