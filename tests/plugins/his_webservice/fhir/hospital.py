"""A hospital in FHIR for tests: one department, one doctor, a morning of three slots."""

from __future__ import annotations

import datetime as dt
from typing import Any

from careline.clinic import Order, Person

DAY = dt.date(2026, 11, 24)
CARD = "110101199003078515"
ID_CARD = "urn:oid:2.16.156.10011.1.3"
NUMBER = "urn:oid:2.16.156.10011.1.11"
ZHANG = Person(
    id=5, name="张玘", sex="male", birth_date=dt.date(1990, 3, 7), id_card=CARD,
    phone="+8613811112222",
)  # fmt: skip


def reference(kind: str, ident: str) -> dict[str, str]:
    return {"reference": f"{kind}/{ident}"}


def resources() -> list[dict[str, Any]]:
    """Everything but the slots."""
    return [
        {"resourceType": "HealthcareService", "id": "xn", "name": "心血管内科",
         "comment": "胸痛中心", "location": [{"display": "门诊楼 3 层"}]},
        {"resourceType": "Practitioner", "id": "d1", "name": [{"family": "李", "given": ["珅"]}]},
        {"resourceType": "PractitionerRole", "id": "r1",
         "practitioner": reference("Practitioner", "d1"),
         "healthcareService": [reference("HealthcareService", "xn")],
         "code": [{"text": "主任医师"}], "specialty": [{"text": "冠心病"}]},
        {"resourceType": "Schedule", "id": "s1", "actor": [reference("Practitioner", "d1"),
         {"reference": "Location/l1", "display": "3 诊室"}]},
    ]  # fmt: skip


def slot(ident: str, at: str, status: str = "free", **more: Any) -> dict[str, Any]:
    start = dt.datetime.fromisoformat(f"{DAY}T{at}:00+08:00")
    return {
        "resourceType": "Slot", "id": ident, "schedule": reference("Schedule", "s1"),
        "status": status, "start": start.isoformat(),
        "end": (start + dt.timedelta(minutes=15)).isoformat(), **more,
    }  # fmt: skip


def order(key: str, slot_id: str, person: Person = ZHANG) -> Order:
    return Order(
        key=key, campus="east", department="xn", doctor="d1", clinic="s1~20261124m",
        slot=slot_id, day=DAY, start=dt.time(8), person=person,
    )  # fmt: skip
