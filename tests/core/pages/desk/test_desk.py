"""The desk's pages: who sees which call, what is typed stays, the verbs of the bar."""

from __future__ import annotations

import json

import pytest
from attrs import evolve
from tests.core.calls.support import CALL, at, caller_up, gone, phone_up, queued, rang
from tests.core.pages.desk.house import HOSTILE, OWN, House

from careline.agents.model import Reason, State
from careline.auth.model import Scope, User
from careline.calls import facts as f
from careline.hooks import Panel, Slot, hook
from careline.testing import run_async
from careline.web import Visit

# Who sees a call

PATHS = (
    f"/call/{CALL}",
    f"/calls/{CALL}",
    f"/calls/{CALL}/timeline",
    f"/panel/desk_why?call={CALL}",
    f"/panel/desk_notes?call={CALL}",
)


@pytest.mark.parametrize("path", PATHS)
def test_a_call_is_shown_at_the_desk_that_rings_before_the_answer(house: House, path: str) -> None:
    house.rings()
    assert house.get(path).status == 200


@pytest.mark.parametrize("path", PATHS)
def test_nothing_of_it_is_shown_to_another_agent_who_is_written_down(
    house: House, path: str
) -> None:
    house.rings()
    seen = house.get(path, "8002")
    assert seen.status == 404
    assert "138" not in seen.text
    assert "denied" in house.web.audit.acts


def test_a_waiting_call_is_nobodys_yet(house: House) -> None:
    house.agents.sign_in("8001")
    house.happens(caller_up(), queued("booking", 1))
    assert house.get(f"/call/{CALL}").status == 404


def test_the_bar_shows_the_number_only_where_it_rings_and_hides_its_middle(house: House) -> None:
    house.rings()
    assert "138****1111" in house.get("/desk/bar").text
    other = house.get("/desk/bar", "8002").text
    assert "1111" not in other
    assert CALL not in other


def test_an_agent_sees_that_a_leader_listens_unless_the_house_says_no(house: House) -> None:
    house.talks()
    spy = f"{CALL}:77"
    assert "班长正在监听" not in house.get("/desk/bar").text
    house.calls.fact(spy, phone_up(spy, 12, "1009"))
    assert "班长正在监听" in house.get("/desk/bar").text
    house.calls.fact(spy, gone(spy, 13))
    assert "班长正在监听" not in house.get("/desk/bar").text


def test_who_took_part_sees_it_for_ever_and_a_leader_within_scope(house: House) -> None:
    house.talks()
    outside = f.Transferred(at=at(50), channel="hq-2.2", target="outside:13900002222", how="blind")
    house.happens(outside, gone("hq-2.2", 60), gone(CALL, 60))
    house.agents.finish("8001")
    seen = house.get(f"/calls/{CALL}")
    assert seen.status == 200
    assert "139****2222" in seen.text
    assert "13900002222" not in seen.text
    assert house.get(f"/calls/{CALL}", "8002").status == 404
    assert house.get(f"/calls/{CALL}", "", may={"calls.view": Scope.CAMPUS}).status == 200
    assert house.get("/calls/no-such").status == 404


class Beside:
    """A plugin that has something to say about calls that were."""

    @hook
    def panels(self) -> list[Panel]:
        return [
            Panel(
                name="beside",
                title="Beside",
                slot=Slot.RECORD,
                template="panel.html",
                view=self.show,
                permission="calls.view",
            )
        ]

    async def show(self, visit: Visit) -> dict[str, str]:
        """Nothing: its place is what matters."""
        return {}


def test_plugins_stand_on_the_page_of_a_call_that_was_and_show_its_timeline(house: House) -> None:
    house.talks()
    house.web.add("beside", Beside())
    seen = house.get(f"/calls/{CALL}")
    assert seen.find("#panel-beside")[0]["hx-get"] == f"/panel/beside?call={CALL}"
    times = house.get(f"/calls/{CALL}/timeline").find("time.at")
    assert [one["datetime"] for one in times] == [one["datetime"] for one in seen.find("time.at")]
    assert len(times) > 1


# The strip


def test_what_is_typed_is_kept_as_typed_and_shown_as_text(house: House) -> None:
    house.talks()
    saved = house.post("/desk/draft", call=CALL, note=HOSTILE, disposition="book", back="1")
    assert saved.status == 204
    strip = house.get("/desk/wrapup")
    assert "<img" not in strip.text
    assert strip.find("textarea[name=note]")[0].text == HOSTILE
    assert strip.find("input[name=disposition]")[0]["value"] == "book"


def test_wrong_fields_are_told_beside_them_and_nothing_is_lost(house: House) -> None:
    house.talks()
    house.happens(gone("hq-2.2", 60), gone(CALL, 60))
    form = {"call": CALL, "note": "改期", "back": "1", "back_when": "随便什么时候"}
    seen = house.post("/desk/finish", **form)
    assert seen.status == 422
    assert "随便什么时候" in seen.find("p.field-error")[0].text
    assert seen.find("textarea[name=note]")[0].text == "改期"
    assert house.agents.status("8001").state is State.WRAP_UP
    done = house.post("/desk/finish", **{**form, "back_when": "明天"})
    assert done.headers["hx-trigger"] == "careline:finished"
    assert house.agents.status("8001").state is State.READY
    assert house.record.note == "改期"


def test_what_is_typed_while_the_limit_runs_out_is_in_the_record(house: House) -> None:
    house.talks()
    house.happens(gone("hq-2.2", 60), gone(CALL, 60))
    house.fake.advance(31)
    assert house.post("/desk/draft", call=CALL, note="最后一个字").status == 204
    assert house.record.note == "最后一个字"
    assert house.post("/desk/draft", "8002", call=CALL, note="不是我的").status == 404
    assert house.record.note == "最后一个字"


def test_there_is_no_strip_before_the_answer_nor_without_a_call(house: House) -> None:
    house.rings()
    assert house.get("/desk/wrapup").find("form") == []


# The bar


def test_work_begins_at_one_of_the_agents_phones_and_ends(house: House) -> None:
    assert "b1001" in house.get("/desk/bar").text
    house.post("/desk/do/begin", phone="1002")
    assert house.agents.status("8001").state is State.SIGNED_OUT
    house.post("/desk/do/begin", phone="b1001")
    status = house.agents.status("8001")
    assert (status.state, status.phone) == (State.NOT_READY, "b1001")
    house.post("/desk/do/ready")
    assert house.agents.status("8001").state is State.READY
    house.post("/desk/do/not_ready", reason="meal")
    assert house.agents.status("8001").reason is Reason.MEAL
    for reason in ("holiday", "phone_away", ""):  # no reason at all, and two of careline's own
        house.post("/desk/do/not_ready", reason=reason)
        assert house.agents.status("8001").reason is Reason.MEAL
    house.post("/desk/do/sign_out")
    assert house.agents.status("8001").state is State.SIGNED_OUT
    assert house.web.audit.acts == ["agent.sign_in", "agent.sign_out"]


def test_a_page_without_heart_beat_is_shown_and_heals(house: House) -> None:
    house.post("/desk/do/begin", phone="b1001")
    house.post("/desk/do/ready")
    house.fake.advance(15)
    assert house.agents.status("8001").reason is Reason.PHONE_AWAY
    assert "不会来电" in house.get("/desk/bar").text
    beaten = house.post("/desk/beat", tab="one")
    assert json.loads(beaten.body) == {"leads": True, "away": False}
    assert house.agents.status("8001").state is State.READY
    assert json.loads(house.post("/desk/beat", tab="two").body)["leads"] is False


def test_what_is_refused_is_said_and_the_bar_stays(house: House) -> None:
    house.talks()
    seen = house.post("/desk/do/hold")
    assert seen.status == 200
    assert seen.find("div[data-desk-line]")
    assert json.loads(seen.headers["hx-trigger"])["toast"]["tone"] == "bad"
    assert house.post("/desk/do/fly").status == 404


def test_who_has_no_agent_number_is_told_so(house: House) -> None:
    assert "坐席" in house.get("/desk/bar", "").text
    assert house.post("/desk/do/ready", "").status == 403


def test_calls_outside_need_the_permission_and_colleagues_do_not(house: House) -> None:
    house.agents.sign_in("8001")
    house.post("/desk/do/dial", number="13900002222", patient="7")
    assert house.control.asked == [("dial", "8001", "13900002222", 7)]
    browser = house.web.browser(
        User(id=1, login="ab", name="a", agent="8001"), {"desk.use": Scope.OWN}
    )
    run_async(browser.post("/desk/do/dial", {"number": "13900002222"}), house.clock)
    run_async(browser.post("/desk/do/consult", {"target": "outside:13900002222"}), house.clock)
    assert len(house.control.asked) == 1
    run_async(browser.post("/desk/do/dial", {"target": "agent:8002"}), house.clock)
    assert house.control.asked[1] == ("dial", "8001", "8002", 0)


class Behind:
    """A plugin's numbers, for agent 8001 alone."""

    @hook
    async def number_behind(self, shown: str, visit: Visit) -> str | None:
        return "+8613800002222" if (shown, visit.user.agent) == ("mine:7", "8001") else None


def test_a_number_that_a_plugin_shows_masked_is_dialled_for_who_may_call_it(house: House) -> None:
    house.web.add("mine", Behind())
    for agent in ("8001", "8002"):
        house.agents.sign_in(agent)
    for agent, number in (("8002", "mine:7"), ("8001", "mine:8"), ("8001", "mine:7")):
        house.post("/desk/do/dial", agent, number=number)
    assert house.control.asked == [("dial", "8001", "+8613800002222", 0)]


@pytest.mark.parametrize(
    ("typed", "values"),
    [
        ("wf", ["agent:8002"]),
        ("王", ["agent:8002"]),
        ("yy", ["queue:booking"]),
        ("13900002222", ["outside:13900002222"]),
        ("110", []),
        ("<script>", []),
    ],
)
def test_whom_a_call_goes_to_is_found_by_a_few_letters(
    house: House, typed: str, values: list[str]
) -> None:
    house.agents.sign_in("8002")
    found = house.get(f"/desk/targets?q={typed}").find("input[name=target]")
    assert [one["value"] for one in found] == values


def test_a_colleague_is_found_and_called_from_a_page(house: House) -> None:
    house.agents.sign_in("8002")
    page = house.get("/desk/colleague/8002")
    assert "王芳" in page.text
    assert page.find("form[action=/desk/do/dial]")
    assert house.get("/desk/colleague/9999").status == 404
    assert not house.get("/desk/colleague/8001").find("form[action=/desk/do/dial]")


def test_what_others_wrote_of_the_number_is_read_but_opened_only_in_scope(house: House) -> None:
    house.talks()
    house.save(note="上次说过")
    house.happens(gone("hq-2.2", 60), gone(CALL, 60))
    house.agents.finish("8001")
    house.agents.sign_in("8002")
    house.agents.ready("8002")
    later = [caller_up(100, channel="hq-7.7"), queued("booking", 101)]
    house.happens(*(evolve(one, channel="hq-7.7") for one in later), call="hq-7.7")
    house.happens(phone_up("hq-8.8", 102, "1002"), rang("hq-8.8", 102, "8002"), call="hq-7.7")
    path = "/panel/desk_notes?call=hq-7.7"
    seen = house.get(path, "8002")
    assert "上次说过" in seen.text
    assert f"/calls/{CALL}" not in seen.text
    leader = {**OWN, "calls.view": Scope.CAMPUS}
    assert f"/calls/{CALL}" in house.get(path, "8002", may=leader).text


def test_a_colleague_who_is_asked_sees_what_was_typed_so_far(house: House) -> None:
    house.talks()
    house.save(disposition="book", note="已查到周三有号")
    house.agents.sign_in("8002")
    house.agents.ready("8002")
    house.happens(phone_up("hq-3.3", 20, "1002"), rang("hq-3.3", 20, "8002"))
    notes = house.get(f"/panel/desk_notes?call={CALL}", "8002")
    assert "已查到周三有号" in notes.text
    assert "李敏" in notes.text
