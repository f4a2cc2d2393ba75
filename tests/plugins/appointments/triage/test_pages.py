"""Triage as the receptionist walks it: urgent signs in red before all else, then departments."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import quote

import pytest
from attrs import frozen

from careline.campuses.model import Campus
from careline.campuses.service import Directory as Campuses
from careline.clinic import Department
from careline.hooks import hook
from careline.patients.model import Patient, Sex
from careline.testing import run_async
from careline.testing.web import Seen, WebHouse
from careline_appointments.triage.asked import years
from careline_appointments.triage.part import TriagePart
from careline_his_webservice.demo.hospital import hospital

ALL = ("appointments.view", "appointments.book", "patients.view")


@frozen
class Holder:
    """What has one attribute that is looked at."""

    directory: Any


class Demo:
    """The demonstration's directory."""

    def campuses(self) -> list[str]:
        return ["main", "east"]

    def departments(self, campus: str) -> list[Department]:
        return list(hospital(campus).departments)


class Core:
    """As much of a core as triage needs."""

    campuses = Holder(
        Campuses(
            {
                "main": Campus(id="main", title="总院", title_en="Main"),
                "east": Campus(id="east", title="东院", title_en="East"),
            },
            None,  # type: ignore[arg-type]
            {},
            {},
        )
    )

    def __init__(self) -> None:
        self.patients = self

    async def in_thread(self, call: Any, *args: Any) -> Any:
        return call(*args)

    async def several(self, ids: list[int]) -> list[Patient]:
        known = Patient(id=7, name="韩梅梅", sex=Sex.FEMALE, birth_date=date(2026, 10, 20))
        return [known] if ids == [7] else []


class Plugin:
    """The part alone."""

    def __init__(self) -> None:
        self.part = TriagePart(Core(), Demo())  # type: ignore[arg-type]

    @hook
    def panels(self) -> Any:
        return self.part.panels()

    @hook
    def pages(self) -> Any:
        return self.part.pages()


class House:
    """A browser on the pages of triage."""

    def __init__(self, permissions: tuple[str, ...] = ALL, language: str = "zh") -> None:
        # The plugin's templates are found beside a module of its package.
        Plugin.__module__ = "careline_appointments"
        self.web = WebHouse(
            [("appointments", Plugin())], permissions=permissions, language=language
        )
        self.browser = self.web.browser()

    def get(self, path: str) -> Seen:
        return run_async(self.browser.get(quote(path, safe="/?=&%-<>")), self.web.clock)

    def follow(self, seen: Seen, text: str, within: str = "a") -> Seen:
        """Click what bears these words."""
        [link] = [one for one in seen.find(within) if text in one.text]
        return self.get(link["href"])


@pytest.fixture
def house() -> House:
    return House()


def test_signs_in_the_words_stand_in_red_above_all_that_was_found(house: House) -> None:
    seen = house.get("/appointments/triage/step?q=胸痛出汗")
    assert seen.status == 200
    assert seen.text.index("拨打 120") < seen.text.index("胸口疼")
    urgent = house.follow(seen, "拨打 120")
    assert "心肌梗死" in urgent.text
    assert "立即拨打 120" in urgent.text
    assert urgent.find(".error-card")


def test_from_a_complaint_to_the_department_at_each_campus(house: House) -> None:
    signs = house.follow(house.get("/appointments/triage?q=tt"), "头痛")
    assert "爆炸样的剧烈头痛" in signs.text
    assert "跳痛" not in signs.text, "nothing else is asked before the urgent signs"
    asked = house.follow(signs, "都没有")
    advice = house.follow(asked, "鼻塞、流脓涕")
    assert advice.text.index("耳鼻喉科") < advice.text.index("神经内科")
    assert "鼻塞、流脓涕、低头加重" in advice.text
    links = [one["href"] for one in advice.find("a") if "总院" in one.text]
    [ent] = [one for one in hospital("main").departments if one.name.startswith("耳鼻")]
    assert f"/appointments/book?campus=main&department={ent.code}" in links
    assert any("东院" in one.text for one in advice.find("a"))
    assert "不是诊断" in advice.text


def test_every_step_says_that_it_is_no_diagnosis(house: House) -> None:
    for query in ("", "q=tt", "symptom=fever", "symptom=fever&clear=1", "sign=stroke"):
        assert "不是诊断" in house.get(f"/appointments/triage/step?{query}").text


def test_in_a_call_the_patient_is_known_and_booking_opens_beside(house: House) -> None:
    seen = house.get("/panel/appointments_triage?call=c1&patient=7")
    assert _value(seen, "age") == "1m"
    [chosen] = seen.find("option[selected]")
    assert chosen["value"] == "female"
    advice = house.get("/appointments/triage/step?symptom=sprain&clear=1&call=c1&patient=7&age=30")
    link = next(one for one in advice.find("a") if "总院" in one.text)
    assert link["hx-get"].startswith("/panel/appointments_booking?campus=main")
    assert "patient=7&amp;call=c1" in advice.text
    assert link["data-open-tab"] == "work-tab-appointments_booking"


def test_a_young_infant_with_fever_is_sent_to_the_emergency_department(house: House) -> None:
    signs = house.get("/appointments/triage/step?symptom=fever&age=2m")
    asked = [one.text for one in signs.find("li.bad")]
    assert "3 个月以内" in asked[1]
    grown = house.get("/appointments/triage/step?symptom=fever&age=40")
    assert "3 个月以内" not in grown.text


def test_without_the_right_to_book_there_are_no_links() -> None:
    house = House(("appointments.view",))
    seen = house.get("/appointments/triage/step?symptom=squint&clear=1")
    assert "眼科" in seen.text
    assert "/appointments/book" not in seen.text


def test_english_is_english() -> None:
    house = House(language="en")
    seen = house.get("/appointments/triage/step?symptom=headache&clear=1")
    assert "Throbbing on one side" in seen.text
    assert "跳痛" not in seen.text


def test_what_is_not_there_is_not_found(house: House) -> None:
    assert house.get("/appointments/triage/step?symptom=none").status == 404
    assert house.get("/appointments/triage/step?sign=none").status == 404
    seen = house.get("/appointments/triage/step?q=<script>&age=x&sex=y&answers=9-9-z")
    assert seen.status == 200
    assert "<script>" not in seen.text


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("3", 3),
        ("8个月", 8 / 12),
        ("8月", 8 / 12),
        ("10天", 10 / 365),
        ("2w", 14 / 365),
        ("45岁", 45),
        ("6周岁", 6),
        ("", None),
        ("x", None),
        ("900", None),
    ],
)
def test_ages_are_read_as_they_are_said(text: str, age: float | None) -> None:
    assert years(text) == pytest.approx(age)


def _value(seen: Seen, name: str) -> str:
    [found] = seen.find(f"input[name={name}]")
    return found.get("value")
