"""A small hospital for tests: one doctor who is there on Mondays, two slots of two places."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from careline.clinic import Department, Doctor, HalfDay, Order, Person
from careline.storage import Tx
from careline_his_webservice.adapters.embedded.plan import Planned, put_plan, roll
from careline_his_webservice.adapters.embedded.store import add_departments, add_doctors

MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
CLINIC = "1001-20261123-m"
SLOT = f"{CLINIC}-0800"
NEXT_SLOT = f"{CLINIC}-0830"
PLANNED = Planned(
    department="11",
    doctor="1001",
    weekday=1,
    half=HalfDay.MORNING,
    place="门诊楼 2 层",
    start=time(8),
    slots=2,
    capacity=2,
)


def put_small(tx: Tx, *, days: int = 7, **plan: Any) -> None:
    """Department, doctor, plan and its clinics."""
    from attrs import evolve

    add_departments(tx, [Department(campus="main", code="11", name="内科")])
    doctor = Doctor(campus="main", code="1001", name="王建国", department="11", number="1001")
    add_doctors(tx, [doctor])
    put_plan(tx, "main", [evolve(PLANNED, **plan)])
    roll(tx, "main", MONDAY, days)


def order(who: int, key: str = "", slot: str = SLOT, **person: Any) -> Order:
    """Somebody wants a place."""
    person = {"id": who, "name": f"患者{who}", "phone": f"+861380000{who:04}", **person}
    return Order(
        key=key or f"k{who}-{slot[-4:]}",
        campus="main",
        department="11",
        doctor="1001",
        clinic=CLINIC,
        slot=slot,
        day=MONDAY,
        start=time(8),
        person=Person(**person),
    )
