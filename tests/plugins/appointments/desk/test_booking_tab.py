"""Booking in a call: what the tab shows, what each step answers, and what is never said."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from attrs import evolve
from tests.plugins.appointments.desk.house import ALL, CALL, House

from careline.auth.model import Scope
from careline.testing.his import clinic
from careline_appointments.model import BookingState

WEEK = "/appointments/desk/week?campus=main&department=cardio"
SLOTS = "/appointments/desk/slots?campus=main&department=cardio&doctor=d1&clinic=c1&day=2026-11-24"
BOOK = "/appointments/desk/book"
PANELS = ("coming", "booking")


class TestPanels:
    def test_coming_visits_stand_beside_the_call_with_what_can_be_done(self, house: House) -> None:
        me = house.patient()
        house.calls(me)
        house.book(me)
        seen = house.get(f"/panel/appointments_coming?call={CALL}")
        assert "心血管内科 单小明" in seen.text
        assert "改约" in seen.text
        assert "取消预约" in seen.text
        assert "Move" in house.get(f"/panel/appointments_coming?call={CALL}", language="en").text

    def test_nobody_linked_is_said(self, house: House) -> None:
        assert "确认来电人后" in house.get(f"/panel/appointments_coming?call={CALL}").text
        assert "还没有关联患者" in house.get(f"/panel/appointments_booking?call={CALL}").text

    def test_a_look_is_written_down_once_for_each_call(self, house: House) -> None:
        me = house.patient()
        house.calls(me)
        browser = house.browser()
        for _ in range(2):
            house.run(browser.get(f"/panel/appointments_coming?call={CALL}"))
        assert house.acts == ["patient.view"]

    @pytest.mark.parametrize("panel", PANELS)
    def test_the_call_of_another_is_not_found(self, house: House, panel: str) -> None:
        house.calls(house.patient())
        other = evolve(house.web.user, agent="8002")
        mine = house.web.browser(other, dict.fromkeys(ALL, Scope.ALL) | {"calls.view": Scope.OWN})
        seen = house.run(mine.get(f"/panel/appointments_{panel}?call={CALL}"))
        assert seen.status == 404
        assert "王小明" not in seen.text

    def test_the_tab_opens_for_calls_of_the_queue(self, house: House) -> None:
        visit_panel = next(
            one for one in house.plugin.panels() if one.name == "appointments_booking"
        )

        asks = SimpleNamespace(args={"call": CALL})
        assert visit_panel.opens is not None
        assert house.run(visit_panel.opens(asks)) == 0
        house.calls(queue="appointments")
        assert house.run(visit_panel.opens(asks)) == 80

    def test_all_visits_of_a_patient_on_the_page_of_the_record(self, house: House) -> None:
        me = house.patient()
        house.book(me)
        seen = house.get(f"/panel/appointments_visits?patient={me}")
        assert "单小明" in seen.text
        assert f"/appointments/book?patient={me}" in seen.text
        assert house.get("/panel/appointments_visits?patient=x").status == 404


class TestChoosing:
    def test_a_department_of_several_campuses_is_offered_once(self, house: House) -> None:
        options = house.get(f"/appointments/desk/find?q=xnk&call={CALL}").find("li[role=option]")
        assert len(options) == 1

    def test_with_nothing_typed_the_coming_visits_are_offered(self, house: House) -> None:
        me = house.patient()
        house.calls(me)
        booking = house.book(me)
        text = house.get(f"/appointments/desk/find?q=&call={CALL}").text
        assert f"moving={booking.id}" in text
        assert f"/appointments/desk/{booking.id}/cancel" in text
        assert "上次的医生" in text

    def test_the_week_has_a_button_for_each_half_day_of_each_campus(self, house: House) -> None:
        seen = house.get(WEEK)
        assert len(seen.find("button[data-cell]")) == 2
        assert len(seen.find("button[data-start]")) == 1
        assert "周二 单小明 上午 3/3" in seen.text
        assert "a.m. 3/3" in house.get(WEEK, language="en").text

    def test_a_campus_that_hangs_says_so_and_the_other_works(self, house: House) -> None:
        house.his.hangs = ("east",)
        seen = house.get(WEEK)
        assert "现在无法预约" in seen.text
        assert len(seen.find("button[data-cell]")) == 1

    def test_times_without_a_patient_cannot_be_booked(self, house: House) -> None:
        assert house.get(SLOTS).find("button.primary") == []
        me = house.patient()
        ready = house.get(f"{SLOTS}&patient={me}")
        assert len(ready.find("input[name=slot]")) == 2
        assert "王小明" in ready.text

    def test_a_full_half_day_offers_what_is_near_and_the_waiting_list(self, house: House) -> None:
        house.his.clinics.append(clinic("c2", day=clinic().day.replace(day=25)))
        house.his.slots = [evolve(one, capacity=0, left=0) for one in house.his.slots[:2]]
        house.his.slots.append(evolve(house.his.slots[0], code="n1", clinic="c2", capacity=1))
        me = house.patient()
        seen = house.get(f"{SLOTS}&patient={me}")
        assert "已约满" in seen.text
        assert "clinic=c2" in seen.text
        assert "加入候补" in seen.text

    def test_who_is_found_and_chosen_is_linked_to_the_call(self, house: House) -> None:
        me = house.patient()
        found = house.get(f"/appointments/desk/people?who=wxm&call={CALL}")
        assert "王小明" in found.text
        assert "13800001111" not in found.text
        seen = house.post("/appointments/desk/patient", {"patient": str(me), "call": CALL})
        assert seen.find("input[name=patient]")
        assert house.call.patients == (me,)
        assert "patient.linked" in house.acts


class TestBooking:
    def test_booked_is_said_with_the_number_in_the_queue(self, house: House) -> None:
        me = house.patient()
        house.calls(me)
        seen = house.post(BOOK, house.book_form(me))
        assert "预约成功" in seen.text
        assert "就诊序号" in seen.text
        assert "appointment.booked" in house.acts
        assert [one.call for one in house.run(house.booker.coming([me]))] == [CALL]

    def test_in_english(self, house: House) -> None:
        seen = house.post(BOOK, house.book_form(house.patient()), language="en")
        assert "Booked" in seen.text

    def test_a_lost_answer_is_never_called_booked_until_it_is_known(self, house: House) -> None:
        house.his.how = ["lost"]
        me = house.patient()
        seen = house.post(BOOK, house.book_form(me))
        assert "正在确认" in seen.text
        assert "预约成功" not in seen.text
        (booking,) = house.run(house.booker.of_patient(me))
        assert f"sse:appointment_changed:{booking.id}" in seen.text
        house.later(minutes=5)
        house.settle()
        assert "预约成功" in house.get(f"/appointments/desk/{booking.id}").text

    def test_the_same_form_sent_twice_books_once(self, house: House) -> None:
        me = house.patient()
        for _ in range(2):
            assert "预约成功" in house.post(BOOK, house.book_form(me)).text
        assert len(house.his.booked) == 1

    def test_taken_meanwhile_says_why_and_keeps_the_rest(self, house: House) -> None:
        house.his.how = ["taken"]
        seen = house.post(BOOK, house.book_form(house.patient()))
        assert seen.status == 422
        assert "预约未成功" in seen.text
        assert "最近的可约时间" in seen.text
        assert "加入候补" in seen.text

    def test_a_hospital_that_is_away_is_said_in_words(self, house: House) -> None:
        house.his.hangs = ("main",)
        seen = house.post(BOOK, house.book_form(house.patient()))
        assert seen.status == 422
        assert "请稍后再试，或选择其他院区" in seen.text

    def test_moving_books_the_new_and_then_cancels_the_old(self, house: House) -> None:
        me = house.patient()
        old = house.book(me)
        week = house.get(f"/appointments/desk/week?moving={old.id}")
        assert "原预约保留" in week.text
        seen = house.post(BOOK, house.book_form(me, slot="s2", moving=str(old.id)))
        assert "改约成功" in seen.text
        assert house.stored(old).state is BookingState.CANCELLED
        assert "appointment.moved" in house.acts

    def test_a_move_that_fails_says_that_the_old_stays(self, house: House) -> None:
        me = house.patient()
        old = house.book(me)
        house.his.how = ["taken"]
        seen = house.post(BOOK, house.book_form(me, slot="s2", moving=str(old.id)))
        assert "原预约保留" in seen.text
        assert house.stored(old).state is BookingState.BOOKED

    def test_a_move_says_when_the_hospital_keeps_the_old_time(self, house: House) -> None:
        me = house.patient()
        old = house.book(me)
        house.his.how = ["well", "refused"]
        seen = house.post(BOOK, house.book_form(me, slot="s2", moving=str(old.id)))
        assert "改约成功" in seen.text
        assert "原预约仍然有效" in seen.text
        assert "医保状态异常" in seen.text
        assert house.stored(old).state is BookingState.BOOKED

    def test_cancelling_needs_a_reason_and_keeps_it(self, house: House) -> None:
        booking = house.book(house.patient())
        path = f"/appointments/desk/{booking.id}/cancel"
        assert "当天没有时间" in house.get(path).text
        assert house.post(path, {}).status == 422
        done = house.post(path, {"why": "feels better", "more": "自己说的"})
        assert "已取消" in done.text
        assert house.stored(booking).reason == "病情好转；自己说的"
        assert "appointment.cancelled" in house.acts

    def test_after_the_deadline_only_who_may_cancels(self, house: House) -> None:
        booking = house.book(house.patient())
        house.later(hours=23, minutes=30)
        form = {"why": "feels better", "late": "1"}
        path = f"/appointments/desk/{booking.id}/cancel"
        agent = [one for one in ALL if one != "appointments.edit"]
        assert house.post(path, form, may=agent).status == 422
        assert house.stored(booking).state is BookingState.BOOKED
        assert house.post(path, form).status == 200

    def test_after_the_deadline_only_who_may_moves(self, house: House) -> None:
        me = house.patient()
        old = house.book(me)
        slots = f"{SLOTS}&moving={old.id}"
        assert 'name="late"' not in house.get(slots).text, "it is not late yet"
        house.later(hours=23, minutes=15)
        agent = [one for one in ALL if one != "appointments.edit"]
        assert 'name="late"' not in house.get(slots, may=agent).text
        assert 'name="late"' in house.get(slots).text
        form = house.book_form(me, slot="s2", moving=str(old.id))
        assert house.post(BOOK, {**form, "late": "1"}, may=agent).status == 422
        assert house.post(BOOK, form).status == 422, "nobody said that it is to be"
        assert house.stored(old).state is BookingState.BOOKED
        assert house.post(BOOK, {**form, "late": "1"}).status == 200
        assert house.stored(old).state is BookingState.CANCELLED

    def test_the_waiting_list_takes_the_patient(self, house: House) -> None:
        me = house.patient()
        form = {"campus": "main", "doctor": "d1", "patient": str(me)}
        assert "已加入候补" in house.post("/appointments/desk/wait", form).text
        (waiter,) = house.run(house.services.waiting.of_patient(me))
        assert (waiter.department, waiter.doctor) == ("cardio", "d1")


@pytest.mark.parametrize(
    ("path", "lacks"),
    [
        (BOOK, "appointments.book"),
        ("/appointments/desk/wait", "appointments.book"),
        ("/appointments/desk/1/cancel", "appointments.cancel"),
        ("/appointments/1/mark", "appointments.edit"),
        ("/appointments/export", "patients.export"),
        ("/appointments/blacklist/1/lift", "appointments.edit"),
        ("/appointments/waiting/1/take", "appointments.book"),
        ("/appointments/desk/patient", "patients.view"),
    ],
)
def test_without_its_permission_nothing_is_done(house: House, path: str, lacks: str) -> None:
    may = [one for one in ALL if one != lacks]
    me = house.patient()
    seen = house.post(
        path, {**house.book_form(me), "state": "missed", "why": "feels better"}, may=may
    )
    assert seen.status == 403
    assert house.his.orders == []
