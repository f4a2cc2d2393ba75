"""A visit in the words of a message: who, where, when."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from careline.clinic import Appointment, Offer
from careline.errors import NotFound
from careline.i18n import DEFAULT, Lang
from careline.patients.model import Patient
from careline.plugins import Core
from careline_sms.config import SmsConfig

NOBODY = ("患者", "patient")
"""Who has no name in the record."""
COMES = frozenset({"booked", "unsure"})
"""States of visits that are still to come."""
WEEKDAYS = "一二三四五六日"
CANCEL = ("如需取消请回复2。", "To cancel reply 2.")
CANCEL_BY_CALL = ("如需取消请致电本院。", "To cancel please call us.")
"""Where a number has several visits a reply cancels none of them."""
REASON = ("停诊原因：{}。", "Reason: {}.")
LONGEST_REASON = 80
"""Characters; values of templates are cut at 100."""


def start_of(core: Core, visit: Appointment) -> datetime:
    """When it begins, in UTC."""
    zone = zone_of(core, visit.campus)
    return datetime.combine(visit.day, visit.start, zone).astimezone(UTC)


def zone_of(core: Core, campus: str) -> tzinfo:
    """The campus's zone; that of the first where it is not known."""
    try:
        return ZoneInfo(core.campuses.campus(campus).timezone)
    except NotFound:
        return core.campuses.zone()


def campus_title(core: Core, campus: str, language: str) -> str:
    """What the campus is called; empty where it is not known."""
    try:
        known = core.campuses.campus(campus)
    except NotFound:
        return ""
    return (known.title_en if language == "en" else "") or known.title


def when(moment: datetime, language: str) -> str:
    """``11月24日（周二）09:00``, or ``Tue 24 Nov, 09:00``; ``moment`` is local."""
    if language == "en":
        return f"{moment:%a} {moment.day} {moment:%b}, {moment:%H:%M}"
    return f"{moment.month}月{moment.day}日（周{WEEKDAYS[moment.weekday()]}）{moment:%H:%M}"


def hospital(core: Core, config: SmsConfig, campus: str, language: str) -> str:
    """What the hospital calls itself in texts: by its signature, else by its campus."""
    signed = config.signature_of(campus) if language != "en" else ""
    return signed or campus_title(core, campus, language)


LANGUAGE_FIELD = "language"
"""A field of the hospital's own, in which a patient's record may name the patient's language."""
ENGLISH = ("en", "english", "英文", "英语")


def language_of(patient: Patient, otherwise: Lang) -> Lang:
    """The language in which a patient is written to; ``otherwise`` where the record says none."""
    return language_named(patient.fields.get(LANGUAGE_FIELD, ""), otherwise)


def language_named(named: str, otherwise: Lang) -> Lang:
    """The language that stands in the record as ``named``; ``otherwise`` for none."""
    named = named.strip().casefold()
    if not named:
        return otherwise
    return "en" if named in ENGLISH else DEFAULT


def campus_of(core: Core, config: SmsConfig, campus: str, language: str) -> str:
    """The campus as patients know it: two of them may each have a first floor."""
    return campus_title(core, campus, language) or hospital(core, config, campus, language)


def reason_of(visit: Appointment, language: str) -> str:
    """Why its clinic is stopped, as a sentence; empty where nobody gave a reason for patients."""
    if visit.state not in COMES:
        return ""  # the reason is that of its cancelling
    why = " ".join(visit.reason.split()).rstrip("。.；;，, ")[:LONGEST_REASON]
    return REASON[language == "en"].format(why) if why else ""


def values_of(
    core: Core,
    config: SmsConfig,
    visit: Appointment,
    name: str,
    language: str,
    alone: bool = True,
) -> dict[str, str]:
    """The variables of templates about visits; ``alone``: the number is told of no other one."""
    local = start_of(core, visit).astimezone(zone_of(core, visit.campus))
    return {
        "campus": campus_of(core, config, visit.campus, language),
        "cancel": (CANCEL if alone else CANCEL_BY_CALL)[language == "en"],
        "reason": reason_of(visit, language),
        "name": name or NOBODY[language == "en"],
        "clinic": " ".join(filter(None, (visit.department, visit.doctor))),
        "when": when(local, language),
        "place": visit.place or campus_title(core, visit.campus, language),
        "number": visit.number,
        "hospital": hospital(core, config, visit.campus, language),
    }


def offer_values(
    core: Core, config: SmsConfig, offer: Offer, name: str, language: str
) -> dict[str, str]:
    """The variables of the template about a freed slot."""
    zone = zone_of(core, offer.campus)
    return {
        "campus": campus_of(core, config, offer.campus, language),
        "name": name or NOBODY[language == "en"],
        "clinic": " ".join(filter(None, (offer.department, offer.doctor))),
        "when": when(datetime.combine(offer.day, offer.start, zone), language),
        "until": when(offer.until.astimezone(zone), language),
        "place": offer.place or campus_title(core, offer.campus, language),
        "hospital": hospital(core, config, offer.campus, language),
    }
