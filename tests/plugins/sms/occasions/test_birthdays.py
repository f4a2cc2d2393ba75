"""Birthdays: one greeting a year, to a mobile of the patient's own, in the patient's language."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from tests.plugins.sms.scene import Scene

from careline.patients.fields import CustomField
from careline.patients.model import Patient, PatientPhone
from careline.storage import Database
from careline_sms.model import State
from careline_sms.occasions.birthdays import celebrants
from careline_sms.occasions.config import OccasionsConfig

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)
PHONE = "+8613800001111"


@pytest.fixture
def scene(db: Database) -> Iterator[Scene]:
    made = Scene(db)
    yield made
    made.end()


def test_a_birthday_is_greeted_once_a_year_at_a_mobile_of_one_s_own(db: Database) -> None:
    scene = Scene(db, OccasionsConfig(birthdays=True))
    born = date(1980, 11, 23)
    own, mother = PatientPhone(PHONE), PatientPhone("+8613900000008", owner="母亲")
    for phones in ((own,), (mother,), (PatientPhone("+861062223333"),)):
        scene.run(scene.patients.add(Patient(name="李雷", birth_date=born, phones=phones)))
    other = Patient(name="别日", birth_date=date(1980, 11, 24), phones=(own,))
    scene.run(scene.patients.add(other))
    handler = next(one for one in scene.sms.job_handlers() if one.kind == "sms.birthdays")
    for _ in range(2):
        scene.run(handler.do({}, None))
    scene.settle_all()
    (greeting,) = scene.messages()
    assert (greeting.to, greeting.state) == (PHONE, State.DELIVERED)
    assert (
        greeting.text == "李雷您好，今天是您的生日，市第一医院全体医护人员祝您生日快乐、身体健康！"
    )
    scene.end()


def test_a_birthday_is_greeted_in_the_patient_s_language(db: Database) -> None:
    scene = Scene(db, OccasionsConfig(birthdays=True))
    scene.run(scene.patients.put_field(CustomField(name="language", title="语言")))
    for name, fields in (("Anna", {"language": "英语"}), ("李雷", {})):
        phones = (PatientPhone(PHONE),)
        born = date(1980, 11, 23)
        one = Patient(name=name, birth_date=born, phones=phones, fields=fields)
        scene.run(scene.patients.add(one))
    handler = next(one for one in scene.sms.job_handlers() if one.kind == "sms.birthdays")
    scene.run(handler.do({}, None))
    told = [(one.language, one.text) for one in scene.messages(purpose="greeting")]
    assert [language for language, _ in told] == ["en", "zh"]
    assert told[0][1].startswith("Dear Anna, ")
    assert told[1][1].startswith("李雷您好，今天是您的生日")
    scene.end()


def test_those_of_29_february_are_greeted_each_year(scene: Scene) -> None:
    leap = Patient(name="闰", birth_date=date(2000, 2, 29), phones=(PatientPhone(PHONE),))
    scene.run(scene.patients.add(leap))
    days = (date(2027, 2, 28), date(2028, 2, 28), date(2028, 2, 29))
    found = [len(scene.db.run_sync(celebrants, day)) for day in days]
    assert found == [1, 0, 1]
