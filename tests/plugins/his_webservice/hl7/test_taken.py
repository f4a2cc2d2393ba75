"""What is stored of the hospital's messages, on every kind of database."""

from __future__ import annotations

import pytest
from tests.plugins.his_webservice.hl7.campus import Told, adapter
from tests.plugins.his_webservice.hl7.test_inbox import CANCELLED, STOPPED, answered
from tests.plugins.his_webservice.hl7.test_messages import ADT, ORDER
from tests.support import databases

from careline.clock import Clock
from careline.storage import Database
from careline.tasks import Tasks
from careline.testing import run_async
from careline_his_webservice.adapters.hl7 import ledger
from careline_his_webservice.adapters.hl7.build import Hl7
from careline_his_webservice.adapters.hl7.ledger import Line, Visit
from careline_his_webservice.stays import store as stays

db = databases.db


@pytest.fixture
def campus(db: Database, db_clock: Clock) -> tuple[Hl7, Told]:
    return adapter(db, db_clock, Tasks())


def test_an_admission_is_told_once_however_often_it_is_sent(
    campus: tuple[Hl7, Told], db: Database
) -> None:
    his, told = campus
    text = ADT.format(charset="")
    assert [answered(his, text)[0] for _ in range(3)] == ["AA", "AA", "AA"]
    assert told.names == ["patient_admitted"]
    stay = db.run_sync(stays.find, told.events[0][1]["stay_id"])
    assert stay is not None
    assert stay.name == "王镕"
    assert answered(his, text.replace("M1", "M2").replace("A01", "A03"))[0] == "AA"
    assert answered(his, text.replace("M1", "M3").replace("A01", "A03"))[0] == "AA"
    assert told.names == ["patient_admitted", "patient_discharged"]


def test_a_cancelled_visit_and_a_stopped_clinic_reach_the_plugins(
    campus: tuple[Hl7, Told], db: Database, db_clock: Clock
) -> None:
    his, told = campus
    booked = Visit(key="K-1", state=Line.BOOKED, reference="R1")
    db.run_sync(ledger.put_visit, "east", booked, db_clock.now())
    for message in (CANCELLED, STOPPED, CANCELLED, STOPPED, CANCELLED.replace("C1|P", "C2|P")):
        assert answered(his, message)[0] == "AA"  # sent again, each is one event nevertheless
    assert [(name, one.get("key"), one.get("clinic")) for name, one in told.events] == [
        ("his_visit_cancelled", "K-1", None),
        ("his_clinic_stopped", None, "C|1"),
    ]
    assert told.events[0][1]["reference"] == "R1"
    found = run_async(his.state(ORDER, ""))
    assert found.state.value == "cancelled"


@pytest.mark.parametrize("event", ["S13", "S14"])
def test_a_moved_visit_reaches_the_plugins(
    event: str, campus: tuple[Hl7, Told], db: Database, db_clock: Clock
) -> None:
    his, told = campus
    booked = Visit(key="K-1", state=Line.BOOKED, reference="R1")
    db.run_sync(ledger.put_visit, "east", booked, db_clock.now())
    moved = CANCELLED.replace("S15", event).replace("Cancelled", "Booked")
    for _ in range(2):
        assert answered(his, moved)[0] == "AA"
    assert told.events == [
        (
            "his_visit_moved",
            {
                "campus": "east",
                "reference": "R1",
                "key": "K-1",
                "day": ORDER.day.isoformat(),
                "start": ORDER.start.strftime("%H:%M"),
                "clinic": ORDER.clinic,
                "slot": ORDER.slot,
            },
        )
    ]
    assert run_async(his.state(ORDER, "")).state.value == "booked"


def test_what_was_cancelled_is_not_moved(
    campus: tuple[Hl7, Told], db: Database, db_clock: Clock
) -> None:
    his, told = campus
    gone = Visit(key="K-1", state=Line.CANCELLED, reference="R1")
    db.run_sync(ledger.put_visit, "east", gone, db_clock.now())
    moved = CANCELLED.replace("S15", "S13").replace("Cancelled", "Booked")
    assert answered(his, moved)[0] == "AA"
    assert told.events == []


def test_a_long_name_is_cut_and_stored(campus: tuple[Hl7, Told]) -> None:
    his, told = campus
    text = (
        ADT.format(charset="")
        .replace("王^镕", "\\X00\\" + "王" * 5000)
        .replace("3病区^301^12", "x" * 999)
    )
    assert answered(his, text)[0] == "AA"
    assert told.names == ["patient_admitted"]
