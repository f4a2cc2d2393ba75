"""Patients as pages show them: masked, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import frozen

from careline.calls.model import Direction, Outcome
from careline.i18n import Text
from careline.numbers.phone import masked
from careline.patients.columns import plain
from careline.patients.fields import CustomField
from careline.patients.model import (
    STAFF,
    VIP,
    Patient,
    Sex,
    masked_address,
    masked_id_card,
)
from careline.patients.taking import OnMatch
from careline.patients.transfers import State
from careline.web import Visit

SEXES = {Sex.MALE: Text("male"), Sex.FEMALE: Text("female"), Sex.UNKNOWN: Text("not known")}
CATEGORIES = {"": Text("ordinary"), VIP: Text("VIP"), STAFF: Text("staff of the hospital")}
DIRECTIONS = {
    Direction.INBOUND: Text("called us"),
    Direction.OUTBOUND: Text("was called"),
    Direction.INTERNAL: Text("internal call"),
}
ICONS = {
    Direction.INBOUND: "phone-incoming",
    Direction.OUTBOUND: "phone-outgoing",
    Direction.INTERNAL: "phone",
}
OUTCOMES = {
    Outcome.ANSWERED: Text("answered"),
    Outcome.ABANDONED: Text("abandoned"),
    Outcome.VOICEMAIL: Text("left a message"),
    Outcome.CALLBACK: Text("wants a callback"),
    Outcome.SELF_SERVICE: Text("served by the menu"),
    Outcome.TURNED_AWAY: Text("found no agent"),
    Outcome.BLOCKED: Text("blocked"),
    Outcome.UNANSWERED: Text("not reached"),
}
STATES = {
    State.UPLOADED: Text("waits for its columns"),
    State.WAITING: Text("begins in a moment"),
    State.RUNNING: Text("running"),
    State.DONE: Text("done"),
    State.STOPPED: Text("stopped"),
    State.FAILED: Text("failed"),
}
TONES = {State.DONE: "good", State.FAILED: "bad", State.STOPPED: "warn"}
ON_MATCH = {
    OnMatch.FILL: Text("fill in what is empty"),
    OnMatch.OVERWRITE: Text("write over it"),
    OnMatch.SKIP: Text("leave it as it is"),
}


@frozen
class ShownPhone:
    """A number with its place in the record, by which it is asked for whole."""

    place: int
    text: str
    owner: str
    preferred: bool


@frozen(kw_only=True)
class Shown:
    """One record in words; ``fields`` are custom ones by title."""

    id: int
    name: str
    pinyin: str
    sex: str
    age: int | None
    born: Any
    id_card: str
    address: str
    insurance: str
    category: str
    vip: bool
    tags: Sequence[str]
    note: str
    phones: Sequence[ShownPhone]
    numbers: Sequence[tuple[str, str]]
    fields: Sequence[tuple[str, str]]
    about: str
    """Sex and age in a few words."""


def shown(
    patient: Patient,
    visit: Visit,
    fields: Iterable[CustomField] = (),
    campuses: Mapping[str, str] | None = None,
) -> Shown:
    """A record as this visitor may see it: numbers, id card and address are masked for everybody.

    Who needs one whole asks for it with a reason (``POST /reveal``).
    """
    sex = SEXES[patient.sex].to(visit.language) if patient.sex is not Sex.UNKNOWN else ""
    age = patient.age(visit.now.date())
    years = visit._("{age} years", age=age) if age is not None else ""
    known = campuses or {}
    return Shown(
        id=patient.id,
        name=patient.name,
        pinyin=patient.pinyin,
        sex=sex,
        age=age,
        born=patient.birth_date,
        id_card=masked_id_card(patient.id_card),
        address=masked_address(patient.address),
        insurance=patient.insurance,
        category=category_name(patient.category, visit),
        vip=patient.vip,
        tags=patient.tags,
        note=patient.note,
        phones=[
            ShownPhone(place, masked(one.number), one.owner, one.preferred)
            for place, one in enumerate(patient.phones)
        ],
        numbers=[(known.get(one.campus, one.campus), one.number) for one in patient.numbers],
        fields=[
            (one.title, patient.fields[one.name]) for one in fields if one.name in patient.fields
        ],
        about=" · ".join(part for part in (sex, years) if part),
    )


def category_name(category: str, visit: Visit) -> str:
    """A category in the reader's language; a hospital's own as it is."""
    return CATEGORIES.get(category, Text(plain(category))).to(visit.language)


def choices(visit: Visit, words: Mapping[Any, Text], *, empty: str = "") -> list[tuple[str, str]]:
    """Options of a field: value and text, with ``empty`` first when given."""
    found = [
        (str(getattr(key, "value", key)), text.to(visit.language)) for key, text in words.items()
    ]
    return [("", visit._(empty)), *found] if empty else found
