"""A patient as a value, with the rules of names and id cards. Printed masked, always."""

from __future__ import annotations

from datetime import date
from enum import Enum

from attrs import frozen
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from careline.errors import Invalid
from careline.numbers.phone import masked


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


@frozen(kw_only=True, repr=False)
class Patient:
    """A patient's record; ``id`` 0 is not stored yet.

    ``pinyin`` (``wang xiaoming``) and ``initials`` (``wxm``) are made from the name when empty and
    can be corrected. ``id_card`` is the 18-digit resident number or empty.
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

    def __str__(self) -> str:
        """``王**``: no full name gets into a log by accident."""
        return masked_name(self.name)

    def __repr__(self) -> str:
        """Masked too: values end up in tracebacks."""
        return f"Patient({self.id}, {self})"


def masked_name(name: str) -> str:
    """The first character of a name and a star for each other one, at least one."""
    return name[:1] + "*" * max(1, min(len(name) - 1, 3)) if name else ""


def masked_id_card(number: str) -> str:
    """``110101********1234``."""
    return f"{number[:6]}{'*' * 8}{number[-4:]}" if len(number) == 18 else "*" * len(number)


def patient_problems(patient: Patient) -> list[Invalid]:
    """What is wrong with a record; the id card must be right and agree with the birth date."""
    problems: list[Invalid] = []
    if not patient.name.strip():
        problems.append(Invalid("patient.name", "a patient needs a name"))
    if patient.id_card:
        problems += _id_card_problems(patient)
    if sum(phone.preferred for phone in patient.phones) > 1:
        problems.append(Invalid("patient.preferred", "only one telephone number can be preferred"))
    numbers = [phone.number for phone in patient.phones]
    if len(set(numbers)) < len(numbers):
        problems.append(Invalid("patient.phone_twice", "a telephone number is given twice"))
    return problems


def _id_card_problems(patient: Patient) -> list[Invalid]:
    try:
        ric.validate(patient.id_card)
    except ValidationError:
        return [Invalid("patient.id_card", "this is not a right id card number")]
    if patient.birth_date and ric.get_birth_date(patient.id_card) != patient.birth_date:
        return [Invalid("patient.birth_date", "birth date and id card number do not agree")]
    return []
