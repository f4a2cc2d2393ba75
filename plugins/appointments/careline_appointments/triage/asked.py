"""How far a triage has come, as its addresses say it; every step is a plain link."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from attrs import asdict, frozen

from careline_appointments.triage.model import Who

AGE = re.compile(r"(\d{1,3})\s*(m|mo|months?|个?月|d|days?|天|w|weeks?|周|y|years?|岁|周岁)?")
SHARES = {"m": 1 / 12, "月": 1 / 12, "d": 1 / 365, "天": 1 / 365, "w": 7 / 365, "周": 7 / 365}
OLDEST = 130.0
MOST_ANSWERS = 20


@frozen(kw_only=True)
class Asked:
    """What was typed and chosen; ``answers`` are places in their questions, ``1-0``.

    ``sign`` is an urgent sign that is there, ``clear`` says that none is.
    """

    q: str = ""
    sex: str = ""
    age: str = ""
    part: str = ""
    symptom: str = ""
    sign: str = ""
    clear: str = ""
    answers: str = ""
    call: str = ""
    patient: str = ""

    def query(self, **more: str) -> str:
        """As a query string, what is empty left out; ``more`` goes over it."""
        values = {**asdict(self), **more}
        return urlencode({name: value for name, value in values.items() if value})

    def again(self, **more: str) -> str:
        """The query of a fresh search for the same person."""
        kept = Asked(sex=self.sex, age=self.age, call=self.call, patient=self.patient)
        return kept.query(**more)

    def answer(self, place: int) -> str:
        """The query after one more answer."""
        return self.query(answers=f"{self.answers}-{place}".strip("-"))

    @property
    def who(self) -> Who:
        """Whom it is about."""
        return Who(sex=self.sex if self.sex in ("male", "female") else "", age=years(self.age))

    @property
    def places(self) -> list[int]:
        """The answers given so far."""
        given = [part for part in self.answers.split("-") if part.isascii() and part.isdigit()]
        return [int(part[:3]) for part in given[:MOST_ANSWERS]]


def asked_of(args: Mapping[str, str]) -> Asked:
    """What a query says, cut to a sensible length."""
    return Asked(**{name: args.get(name, "").strip()[:80] for name in asdict(Asked())})


def years(text: str) -> float | None:
    """``3``, ``8个月``, ``10天``, ``8m`` as years; None for anything else."""
    found = AGE.fullmatch(text.strip().lower())
    if found is None:
        return None
    unit = (found[2] or "y").lstrip("个")
    age = int(found[1]) * (1.0 if unit == "周岁" else SHARES.get(unit[0], 1.0))
    return age if age <= OLDEST else None


def typed(age: float) -> str:
    """Years as the field shows them: whole, below two in months."""
    return f"{int(age * 12)}m" if age < 2 else str(int(age))
