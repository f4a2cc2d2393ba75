"""Pages of recordings: who hears what and why, what is written down, marks, keeping, the key."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from attrs import evolve
from tests.plugins.recording.pages.house import CALL, MINE, NOON, SOUND, THEIRS, House

from careline.agents.model import State
from careline.auth.model import Scope
from careline.calls.model import Direction
from careline.testing import run_async
from careline.testing.web import Browser
from careline.web.guard import SESSION_COOKIE
from careline_recording.model import Format, TalkState

AUDIO = f"/recordings/{MINE}/audio"
LEADER = dict.fromkeys(
    ("recordings.play", "recording.download", "recording.hold", "calls.view", "patients.view"),
    Scope.ALL,
)


@pytest.fixture
def house() -> House:
    return House()


def listens(house: House, browser: Browser, id: str = MINE, why: str = "投诉核查") -> None:
    """Say why."""
    assert house.post(browser, f"/recordings/{id}/listen", reason=why).status == 303


# Who sees what


def test_an_agent_sees_and_searches_their_own_alone(house: House) -> None:
    agent = house.browser()
    seen = house.get(agent, "/recordings")
    assert [one["href"] for one in seen.find("a.row-link")] == [f"/recordings/{MINE}"]
    assert "<b>" not in seen.text
    assert house.recordings.asked[-1].agents == ("8001",)
    everybody = house.browser("", LEADER)
    assert len(house.get(everybody, "/recordings").find("a.row-link")) == 2
    assert house.recordings.asked[-1].agents is None


def test_a_leader_searches_the_group_and_a_campus_its_own(house: House) -> None:
    house.get(house.browser(may={"recordings.play": Scope.GROUP}), "/recordings")
    assert house.recordings.asked[-1].agents == ("8001", "8002")
    house.get(house.browser(may={"recordings.play": Scope.CAMPUS}), "/recordings")
    assert house.recordings.asked[-1].campuses == ("main",)


@pytest.mark.parametrize("id", [THEIRS, "x" * 22, "..%2f..%2fetc", "1", "%00", "%E5%95%8A" * 99])
@pytest.mark.parametrize("part", ["", "/audio", "/peaks"])
def test_what_is_not_ones_own_is_not_there_and_leaves_a_line(
    house: House, id: str, part: str
) -> None:
    agent = house.browser()
    seen = house.get(agent, f"/recordings/{id}{part}")
    assert seen.status == 404
    if "%2f" not in id:  # that is another address altogether
        assert house.told("denied")[-1]["kind"] == "recordings.play"
    assert house.recordings.read == []


def test_a_hundred_guesses_find_nothing_and_are_all_written_down(house: House) -> None:
    leader = house.browser("", LEADER)
    listens(house, leader)
    for guess in range(100):
        id = f"{MINE[:18]}{guess:04}"
        assert house.get(leader, f"/recordings/{id}/audio", Range="bytes=0-").status == 404
    assert len(house.told("denied")) == 100
    assert house.recordings.read == []


@pytest.mark.parametrize(
    ("part", "may"),
    [
        ("listen", "recordings.play"),
        ("marks", "recordings.play"),
        ("marks/1/remove", "recordings.play"),
        ("download", "recording.download"),
        ("hold", "recording.hold"),
        ("release", "recording.hold"),
        ("class", "recording.hold"),
    ],
)
def test_no_deed_reaches_beyond_the_scope(house: House, part: str, may: str) -> None:
    own = house.browser(may={"recordings.play": Scope.OWN, may: Scope.OWN})
    assert house.post(own, f"/recordings/{THEIRS}/{part}", reason="因为").status == 404
    assert house.told("denied")
    nobody = house.browser(may={"desk.use": Scope.ALL})
    assert house.post(nobody, f"/recordings/{MINE}/{part}", reason="因为").status == 403


def test_the_search_takes_all_that_is_known_of_a_call(house: House) -> None:
    house.patients = [SimpleNamespace(id=7, name="李雷"), SimpleNamespace(id=8, name="李蕾")]
    seen = house.get(
        house.browser("", LEADER),
        "/recordings?days=2026-11-20&tail=1111&queue=booking&agent=8001&patient=ll&longer=30"
        "&shorter=90&held=1&marked=1&direction=inbound&text=note&disposition=book&page=2",
    )
    asked = house.recordings.asked[-1]
    assert (asked.tail, asked.queue, asked.agent, asked.patient) == ("1111", "booking", "8001", 7)
    assert (asked.longer_s, asked.shorter_s, asked.text) == (30, 90, "note")
    assert (asked.held, asked.marked, asked.direction) == (True, True, Direction.INBOUND)
    assert asked.since is not None
    assert asked.until is not None
    assert asked.until - asked.since == timedelta(days=1)
    assert "李蕾" in seen.text
    assert house.told("recording.search")


def test_a_patient_whom_nobody_knows_has_no_recordings(house: House) -> None:
    seen = house.get(house.browser("", LEADER), "/recordings?patient=nobody")
    assert seen.find("a.row-link") == []
    wrong = house.get(house.browser("", LEADER), f"/recordings?days={quote('随便')}")
    assert "随便" in wrong.find("p.field-error")[0].text


# Listening


def test_nobody_hears_without_having_said_why(house: House) -> None:
    agent = house.browser()
    page = house.get(agent, f"/recordings/{MINE}")
    assert page.find("audio") == []
    assert house.get(agent, AUDIO).status == 403
    assert house.post(agent, f"/recordings/{MINE}/listen", reason=" ").status == 422
    assert house.get(agent, AUDIO).status == 403
    assert house.recordings.read == []
    assert house.told("recording.listen") == []


def test_it_is_heard_in_ranges_and_written_down_who_and_why(house: House) -> None:
    agent = house.browser()
    listens(house, agent)
    assert house.get(agent, f"/recordings/{MINE}").find("audio")[0]["src"] == AUDIO
    heard = house.get(agent, AUDIO, Range="bytes=100-199")
    assert (heard.status, heard.body) == (206, SOUND[100:200])
    assert heard.headers["cache-control"] == "no-store"
    assert heard.headers["content-range"] == f"bytes 100-199/{len(SOUND)}"
    assert house.recordings.read == [(100, 199)]
    [line] = house.told("recording.listen")
    assert (line["actor"], line["whose"], line["why"]) == ("zhang.san", MINE, "投诉核查")
    house.get(agent, AUDIO, Range="bytes=200-")
    assert len(house.told("recording.listen")) == 1
    house.reactor.advance(601)
    house.get(agent, AUDIO, Range="bytes=300-")
    assert len(house.told("recording.listen")) == 2


@pytest.mark.parametrize(
    ("format", "mime", "end"),
    [(Format.WAV, "audio/wav", ".wav"), (Format.OPUS, "audio/ogg", ".opus")],
)
def test_each_format_is_served_as_what_it_is(
    house: House, format: Format, mime: str, end: str
) -> None:
    house.recordings.kept[MINE] = evolve(house.recordings.kept[MINE], format=format)
    leader = house.browser("", LEADER)
    listens(house, leader)
    played = house.get(leader, AUDIO, Range="bytes=0-9")
    assert (played.status, played.headers["content-type"]) == (206, mime)
    assert played.headers["accept-ranges"] == "bytes"
    got = house.post(leader, f"/recordings/{MINE}/download", reason="给院办")
    assert got.headers["content-type"] == mime
    assert f'{end}"' in got.headers["content-disposition"]


def test_a_reason_is_one_persons_for_one_recording_and_a_while(house: House) -> None:
    leader, other = house.browser("", LEADER), house.browser("", LEADER, login="li.si")
    listens(house, leader)
    assert house.get(leader, f"/recordings/{THEIRS}/audio").status == 403
    assert house.get(other, AUDIO).status == 403
    assert house.get(leader, AUDIO).status == 200
    house.reactor.advance(4 * 3600 + 1)
    assert house.get(leader, AUDIO).status == 403


def test_who_has_not_been_proved_is_asked_first(house: House) -> None:
    leader = house.browser("", LEADER)
    listens(house, leader)
    sessions = house.web.door.sessions
    token = leader.cookies[SESSION_COOKIE]
    one = sessions[token]
    sessions[token] = SimpleNamespace(
        id=one.id, user=one.user, grants=one.grants, first="", proved=False
    )
    asked = house.get(leader, AUDIO)
    assert (asked.status, asked.headers["x-error"]) == (403, "auth.prove")
    tried = house.post(leader, f"/recordings/{MINE}/download", reason="给院办")
    assert tried.status == 422
    assert house.recordings.read == []
    assert house.told("recording.listen") == house.told("recording.download") == []


def test_who_loses_the_right_hears_no_further_byte(house: House) -> None:
    agent = house.browser()
    listens(house, agent)
    assert house.get(agent, AUDIO).status == 200
    house.recordings.kept[MINE] = evolve(house.recordings.kept[MINE], agent="8002")
    assert house.get(agent, AUDIO).status == 404


def test_a_download_has_its_own_permission_reason_and_line(house: House) -> None:
    agent = house.browser()
    assert house.post(agent, f"/recordings/{MINE}/download", reason="给院办").status == 403
    leader = house.browser("", LEADER)
    assert house.post(leader, f"/recordings/{MINE}/download", reason="").status == 422
    got = house.post(leader, f"/recordings/{MINE}/download", reason="给院办")
    assert (got.status, got.body) == (200, SOUND)
    assert got.headers["content-disposition"].startswith("attachment")
    assert got.headers["cache-control"] == "no-store"
    [line] = house.told("recording.download")
    assert (line["whose"], line["why"]) == (MINE, "给院办")


def test_an_erased_one_says_so_and_gives_nothing(house: House) -> None:
    house.recordings.kept[MINE] = evolve(house.recordings.kept[MINE], erased=NOON)
    agent = house.browser()
    listens(house, agent)
    assert house.get(agent, f"/recordings/{MINE}").find("audio") == []
    assert house.get(agent, AUDIO).status == 403
    assert house.recordings.read == []


# Marks and keeping


def test_a_mark_is_put_shown_and_taken_away_by_its_author(house: House) -> None:
    agent, leader = house.browser(), house.browser("", LEADER, login="li.si")
    listens(house, agent)
    put = house.post(agent, f"/recordings/{MINE}/marks", at_ms="61500", text="<i>医保")
    assert put.find("[data-mark]")[0]["data-mark"] == "61500"
    assert "<i>" not in put.text
    assert house.post(agent, f"/recordings/{MINE}/marks", at_ms="-1", text="x").status == 422
    made = house.recordings.marked[0]
    house.recordings.marked = [evolve(made, by="li.si")]
    path = f"/recordings/{MINE}/marks/{made.id}/remove"
    assert house.post(agent, path).status == 403
    assert house.post(leader, path).find("[data-mark]") == []
    assert house.post(leader, path).status == 404


def test_a_recording_is_kept_and_released_for_a_reason(house: House) -> None:
    leader = house.browser("", LEADER)
    kept = house.post(leader, f"/recordings/{MINE}/hold", reason="医疗纠纷")
    assert "医疗纠纷" in kept.text
    assert house.recordings.kept[MINE].held
    assert house.told("recording.hold")[0]["why"] == "医疗纠纷"
    assert house.post(leader, f"/recordings/{MINE}/release", reason="").status == 422
    house.post(leader, f"/recordings/{MINE}/release", reason="已结案")
    assert not house.recordings.kept[MINE].held
    assert house.told("recording.release")[0]["why"] == "已结案"


def test_a_recording_is_given_another_class_for_a_reason(house: House) -> None:
    leader = house.browser("", LEADER)
    path = f"/recordings/{MINE}/class"
    assert house.post(leader, path, klass="complaint").status == 422
    assert house.recordings.kept[MINE].klass == "usual"
    house.post(leader, path, klass="complaint", reason="患者投诉")
    assert house.recordings.kept[MINE].klass == "complaint"
    assert house.told("recording.class")[0]["why"] == "患者投诉"


# Beside calls and patients


def test_the_key_pauses_ones_own_talk_and_goes_on(house: House) -> None:
    agent = house.browser()
    panel = house.get(agent, f"/panel/recording_state?call={CALL}")
    assert (
        panel.find("[data-recording-pause] input[name=paused]") == []
    )  # one selector, one element
    assert panel.find("form[data-recording-pause]")
    house.post(agent, "/recordings/pause", paused="1")
    house.post(agent, "/recordings/pause")
    assert house.recordings.pauses == [(CALL, "8001", True), (CALL, "8001", False)]
    assert [one["whose"] for one in house.told("recording.pause")] == [CALL]
    house.recordings.talk = TalkState(recorded=False, why="The caller does not want it.")
    assert not house.get(agent, f"/panel/recording_state?call={CALL}").find("form")
    house.post(agent, "/recordings/pause", paused="1")
    assert len(house.recordings.pauses) == 2


def test_a_page_with_an_id_number_pauses_only_what_nobody_paused(house: House) -> None:
    agent = house.browser()

    def asks(paused: str) -> str:
        return house.post(agent, "/recordings/pause", paused=paused, by_itself="1").text

    assert asks("1") == '{"changed": true}'
    assert asks("1") == '{"changed": false}'
    assert asks("0") == '{"changed": true}'
    assert house.recordings.pauses == [(CALL, "8001", True), (CALL, "8001", False)]
    assert house.told("recording.pause")[0]["what"] == "id card"
    house.status = evolve(house.status, call="")
    assert asks("1") == '{"changed": false}'


def test_in_wrap_up_the_talk_is_over(house: House) -> None:
    house.status = evolve(house.status, state=State.WRAP_UP)
    panel = house.get(house.browser(), f"/panel/recording_state?call={CALL}")
    assert "通话已结束。" in panel.text


def test_who_is_in_no_call_pauses_nothing_and_learns_nothing(house: House) -> None:
    other = house.browser("8009")
    assert house.post(other, "/recordings/pause", paused="1").status == 404
    assert house.get(other, f"/panel/recording_state?call={CALL}").find("form") == []
    assert house.recordings.pauses == []


def test_a_call_that_was_links_what_the_visitor_may_hear(house: House) -> None:
    panel = house.get(house.browser(), f"/panel/recording_call?call={CALL}")
    assert [one["href"] for one in panel.find("a.title")] == [f"/recordings/{MINE}"]
    assert (
        len(
            house.get(house.browser("", LEADER), f"/panel/recording_call?call={CALL}").find(
                "a.title"
            )
        )
        == 2
    )


def test_a_patients_history_tells_of_recorded_talks(house: House) -> None:
    lines = run_async(house.part.patient_timeline(7), house.clock)
    assert [one.link for one in lines] == [f"/recordings/{MINE}", f"/recordings/{THEIRS}"]
    assert house.recordings.asked[-1].patient == 7
