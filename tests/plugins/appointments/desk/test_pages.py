"""Lists, schedules and introductions: found, masked, marked, taken along with a reason."""

from __future__ import annotations

from urllib.parse import quote

from attrs import evolve
from tests.plugins.appointments.desk.house import ALL, House
from tests.plugins.appointments.site import PHONE

from careline.auth.model import Scope
from careline_appointments.model import BookingState

PAGES = (
    "/appointments",
    "/appointments?state=cancelled&days=12-1..12-7",
    "/appointments/book",
    "/appointments/schedule",
    "/appointments/schedule?campus=east&department=&first=2026-11-24",
    "/appointments/directory",
    "/appointments/directory/main/cardio",
    "/appointments/directory/main/doctor/d1",
    "/appointments/blacklist",
    "/appointments/waiting",
    "/appointments/waiting/list",
)


def test_every_page_stands_in_both_languages_for_those_who_may(house: House) -> None:
    for path in PAGES:
        for language in ("zh", "en"):
            assert house.get(path, language=language).status == 200, (path, language)
        assert house.get(path, may=["desk.use"]).status == 403, path


def test_bookings_are_found_by_department_doctor_patient_and_state(house: House) -> None:
    house.book(house.patient())
    for query in (
        "",
        "?department=xnk",
        "?doctor=sxm",
        "?patient=wxm",
        "?state=open",
        f"?days={quote('明天')}",
    ):
        assert "王小明" in house.get(f"/appointments{query}").text, query
    for query in ("?department=pfk", "?state=cancelled", f"?days={quote('今天')}", "?patient=zs"):
        assert "王小明" not in house.get(f"/appointments{query}").text, query


def test_a_list_over_two_campuses_has_all_pages(house: House) -> None:
    one = house.his.slots[0]
    house.his.slots[0] = evolve(one, capacity=60, left=60)
    for number in range(52):
        house.book(house.patient(f"患者{number}", f"+861390000{number:04d}"))
    text = house.get("/appointments?department=xnk").text
    assert "52" in text
    second = house.get("/appointments?department=xnk&page=2").text
    assert ("患者51" in second, "患者49" in second) == (True, False)


def test_another_campus_is_not_there_for_whom_it_is_not(house: House) -> None:
    booking = house.book(house.patient())
    others = evolve(house.web.user, campus="east")
    east = house.web.browser(others, dict.fromkeys(ALL, Scope.CAMPUS))
    assert "王小明" not in house.run(east.get("/appointments")).text
    for path in ("", "/cancel"):
        seen = house.run(east.get(f"/appointments/desk/{booking.id}{path}"))
        assert seen.status == 404, path
    assert (
        house.run(east.post(f"/appointments/{booking.id}/mark", {"state": "missed"})).status == 404
    )
    form = house.book_form(house.patient("李四", "+8613900002222"))
    assert house.run(east.post("/appointments/desk/book", form)).status != 200
    assert len(house.his.booked) == 1


def test_what_cannot_be_read_is_told_beside_its_field(house: House) -> None:
    for query in ("days=xyz", "doctor=qqqq"):
        seen = house.get(f"/appointments?{query}")
        assert seen.status == 422
        assert "field-error" in seen.text


def test_numbers_are_masked_and_names_too_without_the_right(house: House) -> None:
    house.book(house.patient())
    seen = house.get("/appointments")
    assert PHONE[3:] not in seen.text
    assert "138****1111" in seen.text
    blind = house.get("/appointments", may=[one for one in ALL if one != "patients.view"])
    assert "王小明" not in blind.text
    assert "王**" in blind.text
    assert "data-dial" not in blind.text


def test_a_visit_is_marked_once_it_is_over(house: House) -> None:
    booking = house.book(house.patient())
    house.later(days=2)
    assert house.post(f"/appointments/{booking.id}/mark", {"state": "missed"}).status == 204
    assert house.stored(booking).state is BookingState.MISSED
    assert "appointment.marked" in house.acts
    assert house.post(f"/appointments/{booking.id}/mark", {"state": "booked"}).status == 404


def test_an_export_is_masked_and_written_down_with_its_reason(house: House) -> None:
    house.book(house.patient())
    form = {"format": "csv", "reason": "月报", "state": "open"}
    seen = house.post("/appointments/export", form)
    rows = seen.body.decode("utf-8-sig").splitlines()
    assert rows[0].startswith("日期,时间,院区")
    assert "王小明,138****1111,已预约" in rows[1]
    (line,) = [one for one in house.web.audit.lines if one["act"] == "appointments.exported"]
    assert line["why"] == "月报"
    assert house.post("/appointments/export", {"format": "xlsx"}).body[:2] == b"PK"
    assert house.post("/appointments/export", {"format": "exe"}).status == 404


def test_introductions_are_found_by_disease_and_say_the_number_for_callers(house: House) -> None:
    assert "李芳" in house.get("/appointments/directory?q=lf").text
    assert "皮肤科" in house.get(f"/appointments/directory?q={quote('湿疹')}").text
    assert "800" in house.get("/appointments/directory/main/doctor/d2").text
    assert house.get("/appointments/directory/main/none").status == 404


def test_a_block_is_seen_and_lifted_with_a_reason(house: House) -> None:
    me = house.patient()
    standings = house.services.standings
    house.run(standings.bar(me, house.now().date().replace(day=30), "多次爽约", "leader"))
    assert "王小明" in house.get("/appointments/blacklist").text
    assert house.post(f"/appointments/blacklist/{me}/lift", {"reason": "误记"}).status == 200
    assert house.run(standings.listed()) == []
    assert house.post("/appointments/blacklist/4711/lift", {"reason": "误记"}).status == 404
    (line,) = [one for one in house.web.audit.lines if one["act"] == "appointments.lifted"]
    assert line["why"] == "误记"


def test_who_waits_is_listed_and_taken_off(house: House) -> None:
    me = house.patient()
    form = {"campus": "main", "department": "derma", "patient": str(me)}
    house.post("/appointments/desk/wait", form)
    assert "王小明" in house.get("/appointments/waiting/list").text
    (waiter,) = house.run(house.services.waiting.listed())
    seen = house.post(f"/appointments/waiting/{waiter.id}/take", {})
    assert "toast" in seen.headers["hx-trigger"]
    house.post(f"/appointments/waiting/{waiter.id}/close", {})
    assert house.run(house.services.waiting.listed()) == []
    assert house.post(f"/appointments/waiting/{waiter.id}/eat", {}).status == 404


def test_scripts_and_styles_come_with_every_whole_page(house: House) -> None:
    browser = house.browser()
    browser.htmx = False
    seen = house.run(browser.get("/appointments"))
    for kind, name in (("script", "booking.js"), ("link", "booking.css")):
        address = "src" if kind == "script" else "href"
        (path,) = [one[address] for one in seen.find(kind) if name in one.get(address)]
        assert house.run(browser.get(path)).status == 200


def test_without_any_hospital_system_the_pages_stand_and_say_so(house: House) -> None:
    house.his.serves = ()
    assert "现在无法预约" in house.get("/appointments/schedule?campus=main").text
    week = house.get("/appointments/desk/week?campus=main&department=cardio")
    assert "现在无法预约" in week.text
    assert house.get("/appointments").status == 200
