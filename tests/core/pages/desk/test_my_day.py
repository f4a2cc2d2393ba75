"""My day: missed calls, messages, and the panels of plugins."""

from __future__ import annotations

import json
import wave

from tests.core.calls.support import CALL, T0, caller_up, gone, queued
from tests.core.pages.desk.house import OWN, House

from careline.auth.model import Scope
from careline.calls import facts as f
from careline.testing import run_async
from careline.voicemail.model import Message
from careline.voicemail.store import add_message, list_messages


def missed(house: House) -> None:
    """A caller who gave up: the queue owes a call."""
    house.happens(caller_up(), f.Identified(at=T0, channel=CALL, number="+8613800001111"))
    house.happens(queued("booking", 1), gone(CALL, 30))


def test_a_missed_call_is_taken_called_and_done(house: House) -> None:
    missed(house)
    house.agents.sign_in("8001")
    assert "138****1111" in house.get("/panel/home_callbacks").text
    house.post(f"/tasks/callback/{CALL}/take")
    assert house.callbacks.get(CALL).agent == "8001"
    assert "138" not in house.get("/panel/home_callbacks", "8002").text
    house.post("/desk/do/dial", callback=CALL)
    assert house.control.asked == [("dial", "8001", "+8613800001111", 0)]
    assert house.callbacks.get(CALL).last_call == "hq-9.9"
    busy = house.post(f"/tasks/callback/{CALL}/done")
    assert json.loads(busy.headers["hx-trigger"])["toast"]["tone"] == "bad"


def test_somebody_elses_callback_is_a_leaders_matter(house: House) -> None:
    missed(house)
    house.callbacks.assign(CALL, "8002")
    assert house.post(f"/tasks/callback/{CALL}/done").status == 403
    assert house.post(f"/tasks/callback/{CALL}/done", "8002").status == 204
    assert house.callbacks.open == ()
    assert house.post("/tasks/callback/nowhere/done").status == 404


def left(house: House) -> None:
    """A message of two seconds on tape."""
    house.happens(caller_up())
    with wave.open(str(house.folder / f"{CALL}.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(32000))
    house.db.run_sync(
        add_message,
        Message(call=CALL, box="booking", number="13800001111", file="x", seconds=2, left=T0),
    )


def test_a_leader_gives_work_to_who_is_there_and_nobody_else_does(house: House) -> None:
    left(house)
    missed(house)
    house.agents.sign_in("8002")
    may = {**OWN, "agents.steer": Scope.ALL}
    for kind in ("voicemail", "callback"):
        path = f"/tasks/{kind}/{CALL}/assign"
        assert house.post(path, agent="8002").status == 403
        browser = house.browser("8001", may)
        assert run_async(browser.post(path, {"agent": "8002"}), house.clock).status == 204
        assert run_async(browser.post(path, {"agent": "9999"}), house.clock).status == 404
    assert house.callbacks.get(CALL).agent == "8002"
    assert [one.agent for one in house.db.run_sync(list_messages)] == ["8002"]
    assert "王芳 8002" in house.get("/panel/home_voicemail", may=may).text


def test_one_chooses_the_number_that_is_shown_outside(house: House) -> None:
    shown = house.get("/desk/targets?for=dial&q=13900002222").find("select[name=shown]")
    assert "01065123456" in shown[0].text
    assert not house.get("/desk/targets?q=13900002222").find("select[name=shown]")


def test_a_message_is_played_in_ranges_and_the_look_is_written_down(house: House) -> None:
    left(house)
    path = f"/tasks/voicemail/{CALL}.wav"
    whole = house.get(path)
    assert (whole.status, len(whole.body)) == (200, 32044)
    part = run_async(house.browser().get(path, Range="bytes=0-99"), house.clock)
    assert (part.status, len(part.body)) == (206, 100)
    assert "voicemail.play" in house.web.audit.acts


def test_a_message_is_taken_by_one_and_handled(house: House) -> None:
    left(house)
    house.post(f"/tasks/voicemail/{CALL}/take")
    assert house.get(f"/tasks/voicemail/{CALL}.wav", "8002").status == 403
    assert house.post(f"/tasks/voicemail/{CALL}/handled", "8002").status == 403
    assert house.post(f"/tasks/voicemail/{CALL}/handled").status == 204
    assert house.db.run_sync(list_messages) == []
    assert house.get("/tasks/voicemail/..%2F..%2Fetc.wav").status == 404


def test_my_day_shows_the_panels_and_who_takes_no_calls_something_else(house: House) -> None:
    assert "/panel/home_callbacks" in house.get("/").text
    assert "/panel/" not in house.get("/", "").text
    watches = house.get("/", "", {"health.view": Scope.ALL}).text
    assert "/operations/alarms" in watches
    assert "/board/house" not in watches
    assert "2" in house.get("/panel/home_figures").find("span.value")[0].text
