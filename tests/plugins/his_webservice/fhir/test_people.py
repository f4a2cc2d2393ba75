"""Whose record it is: nobody is booked as somebody else."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from attrs import evolve
from tests.plugins.his_webservice.fhir.hospital import CARD, ID_CARD, ZHANG

from careline.clinic import Person
from careline.errors import Unavailable
from careline.testing import run_async
from careline_his_webservice.adapters.fhir.people import People, patient_of
from careline_his_webservice.adapters.fhir.server import Lost
from careline_his_webservice.adapters.fhir.settings import FhirSettings
from careline_his_webservice.adapters.our_names import our_name_of

SETTINGS = FhirSettings("http://127.0.0.1/fhir")
OTHER_CARD = "110101196003078511"


class Records:
    """A server that has some patients, and finds them as it is asked."""

    def __init__(self, *them: dict[str, Any]) -> None:
        self.them = them
        self.asked: list[str] = []

    async def create(self, resource: dict[str, Any], if_none_exist: str) -> Any:
        self.asked.append("create")
        raise Lost

    async def search(self, kind: str, params: list[tuple[str, str]]) -> list[dict[str, Any]]:
        self.asked.append("search")
        ((name, value),) = params
        return [one for one in self.them if value in one.get(name, ())]


def record(card: str = "", born: str = "") -> dict[str, Any]:
    """Somebody of the same name at the same telephone."""
    return {
        "resourceType": "Patient",
        "id": "p1",
        "name": [{"text": ZHANG.name}],
        "telecom": [{"system": "phone", "value": "13811112222"}],
        "phone": ["13811112222"],
        "identifier": [{"system": ID_CARD, "value": card}] if card else [],
        **({"birthDate": born} if born else {}),
    }


def known(person: Person, *them: dict[str, Any]) -> Any:
    server: Any = Records(*them)
    return run_async(People(server, SETTINGS).known(person))


@pytest.mark.parametrize(
    ("one", "same"),
    [
        (record(), True),
        (record(born="1990-03-07"), True),
        (record(born="1960-03-07"), False),
        (record(card=OTHER_CARD), False),
    ],
    ids=["nothing else known", "same birthday", "another birthday", "another card"],
)
def test_a_namesake_at_the_same_telephone_is_somebody_else(one: dict[str, Any], same: bool) -> None:
    assert (known(ZHANG, one) is not None) is same


def test_a_number_of_ours_alone_leads_to_no_record() -> None:
    now = evolve(ZHANG, id_card="", phone="")
    before = evolve(now, name="李雷", birth_date=dt.date(1980, 1, 1))
    assert our_name_of(now) != our_name_of(before)
    assert our_name_of(now) == our_name_of(evolve(now, phone="+8613900000000", id_card=CARD))
    assert len(our_name_of(evolve(now, id=2**62))) <= 64


def test_when_the_answer_to_a_new_record_is_lost_nobody_goes_on() -> None:
    server: Any = Records()
    with pytest.raises(Unavailable) as caught:
        run_async(patient_of(People(server, SETTINGS), ZHANG))
    assert caught.value.code == "his.unreachable"
    assert server.asked[-1] == "create", "the time may be over"
