"""Admissions, transfers and discharges (HL7 v2.5 chapter 3) as stays."""

from __future__ import annotations

from datetime import datetime, tzinfo

from careline.clinic import Stay
from careline.clinic.his import News
from careline.errors import Invalid
from careline.patients.id_card import is_right
from careline_his_webservice.adapters.hl7.message import Message, parsed_stamp
from careline_his_webservice.adapters.phones import e164

ADMITTED, MOVED, DISCHARGED = "A01", "A02", "A03"
NOT_ADMITTED, NOT_DISCHARGED = "A11", "A13"
EVENTS = (ADMITTED, MOVED, DISCHARGED, NOT_ADMITTED, NOT_DISCHARGED)
"""A11 and A13 take an admission and a discharge back."""
EXPIRED = ("20", "40", "41", "42")
"""PV1-36 (table 0112) of a patient who has died; Chinese systems write it in words."""
DEAD_WORDS = ("死亡", "expired", "deceased")
NUMBERS = ("PN", "MR", "PI", "PT", "")
"""Types of PID-3 (table 0203) that are a patient's number in the hospital, the best first."""


def read_news(message: Message, campus: str, zone: tzinfo, now: datetime) -> News:
    """What an ADT says of a stay; raises Invalid (``hl7.event``, ``hl7.missing``, ``hl7.time``).

    A stay is known by its visit number (PV1-19), without which nothing could be told apart.
    """
    event = message.type[1]
    if event not in EVENTS:
        raise Invalid("hl7.event", "ADT {event} is not for us", event=event[:10])
    visit = message.get("PV1", 19)
    if not visit or len(visit) > 64:
        raise Invalid("hl7.missing", "{field} is missing", field="PV1-19")
    happened = _moment(message, zone, ("EVN", 6), ("EVN", 2), ("MSH", 7)) or now
    came = _moment(message, zone, ("PV1", 44))
    left = None
    if event == ADMITTED:
        came = came or happened
    if event == DISCHARGED:
        left = _moment(message, zone, ("PV1", 45)) or happened
    name = _name(message.repeats("PID", 5))
    if not name:
        raise Invalid("hl7.missing", "{field} is missing", field="PID-5")
    identifiers = message.repeats("PID", 3)
    stay = Stay(
        id="",
        campus=campus,
        name=name[:64],
        number=_number(identifiers)[:64],
        id_card=_id_card(identifiers),
        phone=_phone(message),
        department=(message.get("PV1", 10, 2) or message.get("PV1", 10))[:64],
        ward=(message.get("PV1", 3, 9) or message.get("PV1", 3))[:64],
        bed=message.get("PV1", 3, 3)[:32],
        doctor=_doctor(message.repeats("PV1", 7))[:64],
        diagnosis=(message.get("DG1", 4) or message.get("DG1", 3, 2) or message.get("PV2", 3, 2))[
            :200
        ],
        came=came,
        left=left,
        died=event == DISCHARGED and _died(message),
    )
    return News(
        visit=visit,
        told=happened,
        stay=stay,
        inside=event == NOT_DISCHARGED,
        void=event == NOT_ADMITTED,
    )


def _died(message: Message) -> bool:
    """By the disposition (PV1-36) or the patient's death indicator (PID-30)."""
    how = message.get("PV1", 36).strip().casefold()
    words = how + message.get("PV1", 36, 2).casefold()
    dead = how in EXPIRED or any(word in words for word in DEAD_WORDS)
    return dead or message.get("PID", 30).strip().upper() == "Y"


def _moment(message: Message, zone: tzinfo, *fields: tuple[str, int]) -> datetime | None:
    texts = (message.get(segment, field) for segment, field in fields)
    return parsed_stamp(next((text for text in texts if text), ""), zone)


def _name(names: list[list[str]]) -> str:
    """Family and given name: joined as Chinese names are, others given name first."""
    family, given = (names[0] + ["", ""])[:2] if names else ("", "")
    if not (family + given).isascii():
        return family + given
    return f"{given} {family}".strip()


def _doctor(doctors: list[list[str]]) -> str:
    if not doctors:
        return ""
    return _name([doctors[0][1:]]) or doctors[0][0]


def _id_card(identifiers: list[list[str]]) -> str:
    """What is right by its check digit, whatever type it is said to be."""
    values = (one[0].strip().upper() for one in identifiers)
    return next((value for value in values if is_right(value)), "")


def _number(identifiers: list[list[str]]) -> str:
    typed = {(one + [""] * 5)[4]: one[0] for one in reversed(identifiers)}
    found = (typed[name] for name in NUMBERS if typed.get(name))
    return next((number for number in found if not is_right(number.upper())), "")


def _phone(message: Message) -> str:
    """PID-13 in E.164: as one text, or in components 7 (number) and 12 (unformatted) of XTN."""
    for number in message.repeats("PID", 13) or message.repeats("PID", 40):
        parts = number + [""] * 12
        for text in (parts[0], parts[11], parts[5] + parts[6]):
            if found := e164(text):
                return found
    return ""
