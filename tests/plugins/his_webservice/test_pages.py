"""The administration pages and hospital information, as browsers get them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from attrs import define
from tests.plugins.his_webservice.house import House, never

from careline.clinic import Table
from careline.clinic.his import Finding, Info
from careline.errors import Unavailable
from careline.patients.model import OutpatientNumber, Patient
from careline.testing import run_async
from careline.testing.web import Browser, Seen, WebHouse
from careline_his_webservice import specs

ALL = ("his_webservice.admin", "his_webservice.info", "patients.view", "patients.reveal")
AWAY = Unavailable("his.unreachable", "the system cannot be reached")


@define
class Bench:
    """The plugin's pages in the real shell."""

    house: House
    web: WebHouse
    browser: Browser

    def get(self, path: str) -> Seen:
        return self.run(self.browser.get(path))

    def post(self, path: str, form: dict[str, str] | None = None) -> Seen:
        return self.run(self.browser.post(path, form or {}))

    def run(self, asked: Any) -> Seen:
        return run_async(asked, self.house.fake)  # type: ignore[no-any-return]

    @property
    def lines(self) -> list[dict[str, str]]:
        return [line for line in self.web.audit.lines if line["act"] != "denied"]


def bench_of(house: House, *permissions: str, language: str = "en") -> Bench:
    web = WebHouse(permissions=permissions, clock=house.clock, language=language)
    web.hub.add_specs(specs, "his_webservice")
    web.add("his_webservice", house.plugin)
    return Bench(house, web, web.browser())


@pytest.fixture
def house() -> Iterator[House]:
    made = House("main", "east")
    yield made
    made.end()


def text_of(seen: Seen) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", seen.text).split())


def test_each_campus_has_its_state_in_words(house: House) -> None:
    house.ask(house.read("east"))
    house.main.says["schedule"] = AWAY
    for _ in range(5):
        house.ask(house.read())
    house.fake.advance(10)
    seen = bench_of(house, *ALL).get("/his")
    assert seen.status == 200
    shown = text_of(seen)
    for words in (
        "总院",
        "does not answer",
        "the system cannot be reached",
        "careline his check main",
        "5 / 5",
        "well",
        "0:10 ago",
    ):
        assert words in shown, words
    assert text_of(bench_of(house, *ALL).get("/his/states")) in shown


def test_in_chinese_nothing_is_left_in_english(house: House) -> None:
    house.main.says["schedule"] = never
    house.ask(house.read())
    shown = text_of(bench_of(house, *ALL, language="zh").get("/his"))
    assert "State" not in shown
    assert "has not answered in time" not in shown


def test_a_check_says_what_is_missing_and_is_written_down(house: House) -> None:
    bench = bench_of(house, *ALL)
    house.main.says["check"] = [
        Finding(what="Departments", ok=True),
        Finding(what="Slots", ok=False, detail="no {code} in row 3 <b>"),
    ]
    seen = bench.post("/his/main/check")
    assert seen.status == 200
    assert "no {code} in row 3 &lt;b&gt;" in seen.text
    assert [(one["act"], one["whose"]) for one in bench.lines] == [("his.checked", "main")]
    assert bench.post("/his/west/check").status == 404


@pytest.mark.parametrize("says", [AWAY, never], ids=["away", "never"])
def test_a_check_of_what_does_not_answer_ends(house: House, says: Any) -> None:
    house.main.says["check"] = says
    seen = bench_of(house, *ALL).post("/his/main/check")
    assert seen.status == 200
    assert "notice bad" in seen.text


def test_exchanges_are_searched_shown_masked_and_each_look_is_written_down(house: House) -> None:
    bench = bench_of(house, *ALL)
    for campus in ("main", "east"):
        house.plugin.exchanges.of(campus).note("book", "<PatName>王小明</PatName>", "<ok/>", 7)
    seen = bench.get("/his/exchanges?campus=east&outcome=done")
    assert len(seen.find("a.row-link")) == 1
    (link,) = seen.find("a.row-link")
    one = bench.get(link["href"])
    assert "&lt;PatName&gt;王**" in one.text
    assert "小明" not in one.text
    assert [line["act"] for line in bench.lines] == ["his.exchanges", "his.exchange"]
    assert bench.get("/his/exchanges/999").status == 404


def test_a_search_takes_any_input(house: House) -> None:
    bench = bench_of(house, *ALL)
    house.plugin.exchanges.of("main").note("book", "", "", 7)
    assert bench.get("/his/exchanges?since=yesterday").status == 422
    for query in ("before=x", "before=99999999999999999999", "outcome=%00", "campus='--", "what=a"):
        assert bench.get(f"/his/exchanges?{query}").status == 200
    assert "book" in bench.get("/his/exchanges?since=2026-11-22T08:00&until=2026-11-23T08:00").text
    assert not bench.get("/his/exchanges?until=2026-11-22T08:00").find("a.row-link")


def test_many_exchanges_are_shown_in_pages(house: House) -> None:
    bench = bench_of(house, *ALL)
    for at in range(60):
        house.plugin.exchanges.of("main").note("book", "", "", at)
    first = bench.get("/his/exchanges")
    assert len(first.find("a.row-link")) == 50
    (older,) = [one for one in first.find("a.button") if "before=" in one["href"]]
    assert len(bench.get(older["href"].replace("&amp;", "&")).find("a.row-link")) == 10


@pytest.mark.parametrize("path", ["/his", "/his/states", "/his/exchanges", "/his/exchanges/1"])
def test_administration_wants_its_right(house: House, path: str) -> None:
    assert bench_of(house, "his_webservice.info").get(path).status == 403
    assert bench_of(house, "his_webservice.admin").get("/his/info").status == 403


def test_patients_are_covered_and_the_look_is_written_down(house: House) -> None:
    bench = bench_of(house, *ALL)
    seen = bench.get(f"/his/info?campus=main&kind=inpatients&text={quote('王小明')}&number=")
    assert seen.status == 200
    for words in ("王**", "138****2222", "三病区", "Z0001", "2026-11-22"):
        assert words in seen.text, words
    found = seen.text.split('id="his-found"')[1]
    assert "小明" not in found.split("<table")[1].split("</table")[0]
    (line,) = bench.lines
    assert (line["act"], line["whose"], line["what"]) == (
        "his.info",
        "main",
        "inpatients; text: 王*",
    )


def test_what_is_found_comes_alone_when_it_is_asked_for(house: House) -> None:
    bench = bench_of(house, *ALL)
    page = bench.get("/his/info")
    (form,) = page.find("form.filters")
    assert (form["hx-get"], form["hx-target"]) == ("/his/info/found", "#his-found")
    assert "input" not in form.get("hx-trigger")  # not with each letter: it is audited
    assert house.main.asked == bench.lines == []
    seen = bench.get(f"{form['hx-get']}?campus=main&kind=inpatients&text=&number=Z0001&day=")
    assert "王**" in seen.text
    assert "<html" not in seen.text
    assert house.main.args == [(Info.INPATIENTS, {"number": "Z0001"})]
    assert [line["act"] for line in bench.lines] == ["his.info"]


def test_names_in_full_want_a_right_and_a_reason(house: House) -> None:
    asked = {"campus": "main", "kind": "inpatients", "text": "王小明"}
    bench = bench_of(house, *ALL)
    assert bench.post("/his/info/whole", asked).status == 422
    seen = bench.post("/his/info/whole", {**asked, "reason": "家属来电"})
    assert "王小明" in seen.text
    assert (bench.lines[-1]["act"], bench.lines[-1]["why"]) == ("his.revealed", "家属来电")
    other = bench_of(house, "his_webservice.info", "patients.view")
    assert other.post("/his/info/whole", {**asked, "reason": "x"}).status == 403
    assert "/his/info/whole" not in other.get("/his/info?campus=main&kind=inpatients").text


def test_without_the_right_to_patients_only_things_are_offered(house: House) -> None:
    bench = bench_of(house, "his_webservice.info")
    kinds = [
        one["value"] for one in bench.get("/his/info").find("select[name=kind]")[0].find("option")
    ]
    assert kinds == ["drugs", "check_ups", "routes"]
    seen = bench.get("/his/info?campus=main&kind=inpatients")
    assert "王" not in seen.text
    assert house.main.asked == []
    assert [line["act"] for line in bench.web.audit.lines] == ["denied"]


def test_prices_are_no_secret_and_leave_no_line(house: House) -> None:
    bench = bench_of(house, "his_webservice.info")
    house.main.says["info"] = Table(
        columns=("Drug", "Yuan"),
        rows=(("阿莫西林 <i>", "12.50"),),
        as_of=house.clock.now(),
        more=True,
    )
    seen = bench.get("/his/info?campus=main&kind=drugs&text=amxl")
    assert "阿莫西林 &lt;i&gt;" in seen.text
    assert "There is more" in seen.text
    assert bench.lines == []
    assert house.main.args[-1] == (Info.DRUGS, {"text": "amxl"})


def test_costs_and_cards_are_asked_by_number_alone(house: House) -> None:
    bench = bench_of(house, *ALL)
    assert "please give the number" in bench.get("/his/info?campus=main&kind=costs&text=x").text
    assert house.main.asked == []
    bench.get("/his/info?campus=main&kind=card&number=Z0001&text=x")
    assert house.main.args == [(Info.CARD, {"number": "Z0001"})]


@pytest.mark.parametrize("says", [AWAY, never], ids=["away", "never"])
def test_a_system_that_does_not_answer_is_told_in_words(house: House, says: Any) -> None:
    house.main.says["info"] = says
    seen = bench_of(house, *ALL).get("/his/info?campus=main&kind=routes")
    assert seen.status == 200
    assert "notice warn" in seen.text
    assert house.fake.seconds() <= 5.1


@pytest.mark.parametrize("query", ["kind=x", "kind=routes&campus=x", "kind=surgeries&day=soon"])
def test_wrong_questions_are_answered_in_words(house: House, query: str) -> None:
    query = query if "campus" in query else f"{query}&campus=main"
    assert "notice warn" in bench_of(house, *ALL).get(f"/his/info?{query}").text


def test_the_tab_beside_a_call_stands_while_a_system_hangs(house: House) -> None:
    house.main.says["info"] = never
    house.plugin.core.patients.get = _patient  # type: ignore[method-assign]
    seen = bench_of(house, *ALL).get("/panel/his_webservice_info?call=hq-1&patient=7")
    assert seen.status == 200
    assert seen.find("select[name=campus]")
    assert 'value="M-77"' in seen.text
    assert house.fake.seconds() == 0


async def _patient(patient_id: int) -> Patient:
    return Patient(id=patient_id, name="王小明", numbers=(OutpatientNumber("main", "M-77"),))


def test_a_house_without_systems_says_so() -> None:
    house = House("west", known=())
    house.plugin.campuses.by_name.clear()
    bench = bench_of(house, *ALL)
    assert "No system is configured" in bench.get("/his").text
    assert "No hospital information here" in bench.get("/his/info").text
    house.end()
