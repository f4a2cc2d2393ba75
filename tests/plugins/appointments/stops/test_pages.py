"""A half-day with thirty patients is stopped and settled to the last, through the pages."""

from __future__ import annotations

import pytest
from attrs import evolve
from tests.plugins.appointments.stops.hospital import AGENT, REASON, THIRTY, Hospital, Screens
from tests.support.databases import put_tables
from twisted.internet.task import Clock as FakeClock

from careline.clinic import Notice, Notified
from careline.clock import Clock
from careline.storage import open_database
from careline.tasks import Tasks
from careline.testing import run_async
from careline_appointments.model import BookingState
from careline_appointments.stops.model import Origin, TaskState
from careline_appointments.stops.settling import MOVE_ALL

FORM = {
    "campus": "main",
    "department": "cardio",
    "doctor": "d1",
    "clinic": ["2026-11-24 morning c1"],
    "reason": REASON,
}


@pytest.fixture
def hospital() -> Hospital:
    db = open_database("sqlite://", clock=Clock(FakeClock()), tasks=Tasks())
    put_tables(db)
    return Hospital(db)


@pytest.fixture
def screens(hospital: Hospital) -> Screens:
    return Screens(hospital)


def test_thirty_patients_are_settled_to_the_last(hospital: Hospital, screens: Screens) -> None:
    bookings = hospital.fill()
    found = screens.get("/appointments/stops/new?q=sxm")
    assert "单小明" in found.text
    assert "单小明" in screens.get("/appointments/stops/new?q=xxgnk").text, "below the department"
    new = screens.get("/appointments/stops/new?campus=main&department=cardio&doctor=d1")
    assert "30" in new.text
    preview = screens.post("/appointments/stops/preview", FORM)
    assert preview.text.count("已预约") >= THIRTY
    assert "自动发送停诊通知短信" in preview.text, "what follows at once is said before"
    assert "病甲0" not in preview.text, "names are masked in the list"
    made = screens.post("/appointments/stops", FORM)
    assert made.status == 303
    path = made.headers["location"]
    stop_id = int(path.rsplit("/", 1)[-1])
    assert hospital.his.stopped == ["c1"]
    assert hospital.heard("clinic_stopped") == [stop_id]

    answered = screens.post(
        f"/appointments/stops/{stop_id}/substitute",
        {
            "campus": "main",
            "clinic": "c2",
        },
    )
    assert answered.status == 303
    keys = ["m"] * 20 + ["c"] * 7
    for key in keys:
        assert screens.press(screens.get(path + "/live"), "n").status == 204
        card = screens.get(path + "/live")
        assert card.find("button[data-dial]")
        assert screens.press(card, key).status == 204
    for _try in range(3):
        for _patient in range(3):
            screens.press(screens.get(path + "/live"), "n")
            screens.press(screens.get(path + "/live"), "u")
    last = screens.get(path + "/live")
    assert "30/30" in last.text.replace(" ", "") or "已处理 30" in last.text
    counts = {
        state: hospital.states(stop_id).count(state) for state in set(hospital.states(stop_id))
    }
    assert counts == {"moved": 20, "cancelled": 7, "unreached": 3}
    stored = [hospital.stored(one) for one in bookings]
    assert [one.state for one in stored].count(BookingState.CANCELLED) == 27
    assert len(hospital.his.booked) == 23, "20 moved, and 3 who were not reached"
    assert sum(slot.startswith("b-") for slot in hospital.his.booked.values()) == 20
    assert len(hospital.heard("appointment_cancelled")) == 27
    acts = screens.web.audit.acts
    assert acts.count("stop.moved") == 20
    assert acts.count("stop.cancelled") == 7
    assert acts.count("stop.unreached") == 9
    assert acts.count("patient.view") == 36
    assert "全部处理完" in screens.get("/appointments/stops").text


def test_all_are_moved_to_the_substitute_in_one_step(hospital: Hospital, screens: Screens) -> None:
    hospital.fill()
    path = screens.post("/appointments/stops", FORM).headers["location"]
    stop_id = int(path.rsplit("/", 1)[-1])
    screens.post(f"{path}/substitute", {"campus": "main", "clinic": "c2"})
    mine = screens.agent("8002")
    screens.post("/appointments/stop-tasks/next", {}, mine)
    assert screens.post(f"{path}/move-all").status == 204
    assert hospital.do_jobs(MOVE_ALL) == 1
    states = hospital.states(stop_id)
    assert (states.count("moved"), states.count("calling")) == (29, 1), "not who is being called"
    assert len(hospital.heard("appointment_booked")) == 30 + 29, "each is told of the new time"


def test_two_agents_never_have_the_same_patient(hospital: Hospital, screens: Screens) -> None:
    hospital.fill(4)
    path = screens.post("/appointments/stops", FORM).headers["location"]
    one, other = screens.agent("8001"), screens.agent("8002")
    for browser in (one, other):
        screens.post("/appointments/stop-tasks/next", {}, browser)
    mine, theirs = screens.get(path + "/live", one), screens.get(path + "/live", other)
    [my_name], [their_name] = (
        [card.text.split()[0] for card in seen.find("div.card.info")] for seen in (mine, theirs)
    )
    assert my_name != their_name
    stop_id = int(path.rsplit("/", 1)[-1])
    task = next(s.task for s in hospital.struck(stop_id) if s.task.agent == "8001")
    assert screens.post(f"/appointments/stop-tasks/{task.id}/take", {}, other).status in (409, 422)
    assert screens.post(f"/appointments/stop-tasks/{task.id}/cancelled", {}, other).status == 409
    assert len(hospital.his.booked) == 4, "what another agent has is not cancelled"
    assert "李敏 8001" in theirs.text
    screens.press(mine, "d", one)
    assert hospital.task(task.id).state is TaskState.NOTICE


def test_another_time_is_chosen_where_no_substitute_is_named(
    hospital: Hospital, screens: Screens
) -> None:
    hospital.fill(1)
    path = screens.post("/appointments/stops", FORM).headers["location"]
    screens.press(screens.get(path), "n")
    card = screens.get(path)
    [link] = card.find("a[data-press=m]")
    times = screens.get(link["href"])
    form = next(one for one in times.find("form") if "moved" in one.get("action"))
    values = {one["name"]: one.get("value") for one in form.find("input")}
    values.pop("csrf")
    chosen = next(one["value"] for one in form.find("option[selected]"))
    done = screens.post(form["action"], {**values, "slot": chosen})
    assert done.status == 303
    assert hospital.states(int(path.rsplit("/", 1)[-1])) == ["moved"]


def test_my_day_shows_who_waits_and_the_patient_i_have(
    hospital: Hospital, screens: Screens
) -> None:
    hospital.fill(2)
    assert "全部处理完" in screens.get("/panel/appointments_stops").text
    screens.post("/appointments/stops", FORM)
    panel = screens.get("/panel/appointments_stops")
    assert "2" in panel.text
    screens.press(panel, "n")
    card = screens.get("/panel/appointments_stops")
    [dial] = card.find("button[data-dial]")
    struck = hospital.struck(1)[0]
    assert dial["data-dial"] == f"patient:{struck.booking.patient}:0"
    assert "病甲0" in card.text
    assert str(struck.booking.phone) not in card.text


def test_the_page_says_who_has_the_message_already(hospital: Hospital, screens: Screens) -> None:
    first, second, third = hospital.fill(3)
    path = screens.post("/appointments/stops", FORM).headers["location"]
    assert "短信" not in screens.get(f"{path}/live").text, "nobody sends messages here"
    now = hospital.now()
    hospital.messages.notices = [
        Notice(booking=first.id, state=Notified.DELIVERED, at=now),
        Notice(booking=second.id, state=Notified.FAILED, at=now),
    ]
    live = screens.get(f"{path}/live").text
    assert live.count("短信已送达") == 1
    assert live.count("短信未送达") == 1
    assert "已短信通知" in live
    assert third.id != first.id
    screens.press(screens.get(f"{path}/live"), "n")
    card = screens.get("/panel/appointments_stops").text
    assert "短信已送达" in card, "who rings knows what the patient knows"


def test_a_page_says_what_was_booked_elsewhere(hospital: Hospital, screens: Screens) -> None:
    struck = hospital.fill(3)
    assert "另有" not in screens.post("/appointments/stops/preview", FORM).text
    order = hospital.run(hospital.booker.hospital.order(struck[0]))
    hospital.his.do(evolve(order, key="window-1", slot="a-9"))
    assert "另有 1 人在其他渠道预约" in screens.post("/appointments/stops/preview", FORM).text


def test_without_the_hospital_s_answer_those_known_here_are_listed(
    hospital: Hospital, screens: Screens
) -> None:
    hospital.fill(3)
    hospital.his.hangs = ("main",)
    new = screens.get("/appointments/stops/new?campus=main&department=cardio&doctor=d1")
    assert [one["value"] for one in new.find("input[name=clinic]")] == FORM["clinic"]
    preview = screens.post("/appointments/stops/preview", FORM)
    assert "仅含本中心已知的预约" in preview.text
    assert screens.post("/appointments/stops", FORM).status == 303


def test_a_form_without_half_day_or_reason_says_so(hospital: Hospital, screens: Screens) -> None:
    hospital.fill(1)
    for missing in ("clinic", "reason"):
        seen = screens.post("/appointments/stops/preview", {**FORM, missing: ""})
        assert seen.status == 422
        assert seen.find(".field-error")
    assert screens.post("/appointments/stops", {**FORM, "clinic": ["x"]}).status == 422
    assert hospital.his.stopped == []


def test_what_the_hospital_refuses_is_not_stopped(hospital: Hospital, screens: Screens) -> None:
    hospital.fill(1)
    hospital.his.stops = ["refused"]
    seen = screens.post("/appointments/stops", FORM)
    assert seen.status == 422
    assert "班次已开诊" in seen.text
    assert screens.get("/appointments/stops/1").status == 404


def test_what_the_hospital_refuses_in_part_is_said_with_the_stop_of_the_rest(
    hospital: Hospital, screens: Screens
) -> None:
    hospital.his.stops = ["refused", "cancelled"]
    afternoon = "2026-11-24 afternoon c2"
    seen = screens.post("/appointments/stops", {**FORM, "clinic": [*FORM["clinic"], afternoon]})
    assert seen.status == 422
    assert "停诊 1 已生效" in seen.text
    assert screens.get("/appointments/stops/1").status == 200


def test_agents_settle_and_do_not_stop(hospital: Hospital, screens: Screens) -> None:
    hospital.fill(1)
    agent = screens.agent("8002", AGENT)
    assert screens.post("/appointments/stops", FORM, agent).status == 403
    path = screens.post("/appointments/stops", FORM).headers["location"]
    assert screens.post(f"{path}/undo", {}, agent).status == 403
    assert not screens.get(path, agent).find("form[action=/appointments/stops/1/undo]")
    viewer = screens.agent("8003", ("appointments.view",))
    assert screens.post("/appointments/stop-tasks/next", {}, viewer).status == 403


def test_it_is_taken_back_while_nobody_is_settled(hospital: Hospital, screens: Screens) -> None:
    hospital.fill(2)
    path = screens.post("/appointments/stops", FORM).headers["location"]
    assert screens.post(f"{path}/undo").status == 303
    assert hospital.heard("clinic_reopened") == hospital.heard("clinic_stopped")
    assert "已撤销" in screens.get(path).text
    assert not screens.get(path).find("[data-press=n]")
    again = screens.post("/appointments/stops", FORM)
    assert again.status == 303
    second = again.headers["location"]
    screens.press(screens.get(second), "n")
    screens.press(screens.get(second), "c")
    assert screens.post(f"{second}/undo").status == 403


def test_the_hospital_stops_a_clinic_by_itself(hospital: Hospital, screens: Screens) -> None:
    hospital.fill(3)
    told = hospital.plugin.his_clinic_stopped(campus="main", clinic="c1", reason="设备故障")
    run_async(told, hospital.clock)
    seen = screens.get("/appointments/stops/1")
    assert "设备故障" in seen.text
    assert hospital.states(1) == ["notice"] * 3
    stop = hospital.run(hospital.stopping.get(1))
    assert (stop.origin, stop.doctor) == (Origin.HOSPITAL, "d1")


def test_every_change_is_told_to_the_screens(hospital: Hospital, screens: Screens) -> None:
    hospital.fill(1)
    path = screens.post("/appointments/stops", FORM).headers["location"]
    for key in ("n", "c"):
        hospital.events.events.clear()
        screens.press(screens.get(path), key)
        assert ("stop_changed", "1") in hospital.events.events
