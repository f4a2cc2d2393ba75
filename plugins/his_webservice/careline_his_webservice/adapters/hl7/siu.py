"""Scheduling messages (HL7 v2.5 chapter 10): what we send of an order, what the hospital tells."""

from __future__ import annotations

from datetime import datetime, tzinfo
from enum import Enum

from attrs import frozen

from careline.clinic import Order, Person
from careline.errors import Invalid
from careline_his_webservice.adapters.hl7.charset import SAYS
from careline_his_webservice.adapters.hl7.message import (
    Message,
    comp,
    header,
    parsed_stamp,
    repeated,
    segment,
    stamp,
)
from careline_his_webservice.adapters.hl7.settings import Hl7Settings
from careline_his_webservice.adapters.our_names import our_name_of
from careline_his_webservice.adapters.phones import national

SEXES = {"male": "M", "female": "F"}


class Event(Enum):
    """Trigger events of SIU."""

    NEW = "S12"
    MOVED = "S13"
    CHANGED = "S14"
    CANCELLED = "S15"
    BLOCKED = "S23"
    """Time slots of a resource are taken out: 停诊."""
    MISSED = "S26"


TIMED = (Event.MOVED, Event.CHANGED)
"""Those that may say a new time."""

#: (status in SCH-25 by table 0278, action code in AIS-2 by table 0206)
SENT = {Event.NEW: ("Booked", "A"), Event.CANCELLED: ("Cancelled", "D")}


@frozen(kw_only=True)
class Told:
    """What a SIU of the hospital says; ``key`` is our order's, where it knows it."""

    event: Event
    key: str = ""
    reference: str = ""
    clinic: str = ""
    slot: str = ""
    start: datetime | None = None
    """The visit's time as it is now, in the campus's zone; None where it is not told."""
    reason: str = ""
    status: str = ""

    @property
    def cancels(self) -> bool:
        """Whether the visit is not to be."""
        return self.event is Event.CANCELLED or self.status in ("cancelled", "deleted")


def order_message(
    event: Event,
    order: Order,
    settings: Hl7Settings,
    *,
    control_id: str,
    now: datetime,
    reference: str = "",
    reason: str = "",
) -> str:
    """SIU S12 or S15 for ``order``; ``now`` is in the campus's zone, as all times in it are.

    The order's key is the placer's appointment id (SCH-1), by which the filler knows a repetition.
    """
    status, action = SENT[event]
    start = stamp(datetime.combine(order.day, order.start))
    us = comp(settings.application)
    doctor = comp(order.doctor)
    lines = [
        header(
            {
                3: us,
                4: comp(order.campus),
                5: comp(settings.receiver),
                7: stamp(now),
                9: comp("SIU", event.value, "SIU_S12"),
                10: comp(control_id),
                11: "P",
                12: settings.version,
                18: SAYS[settings.charset],
            }
        ),
        segment(
            "SCH",
            {
                1: comp(order.key, settings.application),
                2: comp(reference),
                6: comp(event.value, reason),
                7: comp("", reason),
                11: comp("", "", "", start),
                16: us,
                20: us,
                25: comp(status),
            },
        ),
        _patient(order.person, settings),
        segment("RGS", {1: "1", 2: action}),
        segment("AIS", {1: "1", 2: action, 3: comp(order.slot), 4: start}),
        segment("AIG", {1: "1", 2: action, 3: comp(order.clinic), 4: comp("CLINIC")}),
        segment("AIL", {1: "1", 2: action, 3: comp(order.department)}),
        *([segment("AIP", {1: "1", 2: action, 3: doctor})] if doctor else []),
    ]
    return "\r".join(lines) + "\r"


def _patient(person: Person, settings: Hl7Settings) -> str:
    number = comp(person.number, "", "", "", "PN") if person.number else ""
    card = comp(person.id_card, "", "", "CHN", settings.id_card_type) if person.id_card else ""
    own = comp(our_name_of(person), "", "", settings.application, "PI")
    return segment(
        "PID",
        {
            1: "1",
            3: repeated(number, card, own),
            5: comp(person.name),
            7: person.birth_date.strftime("%Y%m%d") if person.birth_date else "",
            8: SEXES.get(person.sex, "U"),
            13: comp(national(person.phone)),
        },
    )


def read_told(message: Message, application: str, zone: tzinfo) -> Told:
    """What the hospital tells; raises Invalid (``hl7.event``, ``hl7.missing``, ``hl7.time``)."""
    name = message.type[1]
    event = next((one for one in Event if one.value == name), None)
    if event is None:
        raise Invalid("hl7.event", "SIU {event} is not for us", event=name[:10])
    told = Told(
        event=event,
        key=_key(message, application),
        reference=message.get("SCH", 2)[:64],
        clinic=message.get("AIG", 3)[:64],
        slot=message.get("AIS", 3)[:64],
        start=_start(message, zone) if event in TIMED else None,
        reason=_reason(message),
        status=message.get("SCH", 25).lower(),
    )
    if event is Event.BLOCKED and not told.clinic:
        raise Invalid("hl7.missing", "{field} is missing", field="AIG-3")
    if event is not Event.BLOCKED and not (told.key or told.reference):
        raise Invalid("hl7.missing", "{field} is missing", field="SCH-1, SCH-2")
    if event is Event.MOVED and not told.start and not told.cancels:
        raise Invalid("hl7.missing", "{field} is missing", field="SCH-11, AIS-4")
    return told


def _start(message: Message, zone: tzinfo) -> datetime | None:
    """SCH-11 (quantity/timing), else AIS-4; a day without a time is no time of a visit."""
    written = message.get("SCH", 11, 4) or message.get("AIS", 4)
    found = parsed_stamp(written, zone)
    if found is not None and len(written) < len("YYYYMMDDHHMM"):
        raise Invalid("hl7.time", "{text} is no time", text=written[:30])
    return found.astimezone(zone) if found else None


def _key(message: Message, application: str) -> str:
    """SCH-1, unless it says that another than us gave it."""
    placer = message.get("SCH", 1, 2)
    return message.get("SCH", 1)[:40] if placer in ("", application) else ""


def _reason(message: Message) -> str:
    """Words before codes: SCH-7, else SCH-6."""
    found = (message.get("SCH", field, at) for field in (7, 6) for at in (2, 1))
    return next((text for text in found if text), "")[:200]
