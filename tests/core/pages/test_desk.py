"""The desk's pages: who sees which call, what is typed stays, the verbs of the bar, my day."""

from __future__ import annotations

import json
import wave
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from attrs import evolve
from tests.core.calls.support import CALL, T0, at, caller_up, gone, phone_up, queued, rang
from tests.core.desk.support import PEOPLE, QUEUES, Floor
from twisted.internet.defer import succeed
from twisted.internet.task import Clock as FakeClock

from careline.agents.model import Phone, Reason, State
from careline.auth.model import Scope, Subject, User
from careline.calls import facts as f
from careline.campuses.model import Campus
from careline.clock import Clock
from careline.dispositions.demo import put_starter
from careline.errors import Refused
from careline.figures.model import Tally
from careline.hooks import Panel, Slot, hook
from careline.ivr.book import FlowBook
from careline.pages.calls.hooks import CallPages
from careline.pages.desk.hooks import DeskPages
from careline.pages.dispositions.hooks import DispositionPages
from careline.pages.home.hooks import HomePages
from careline.presence.service import Presence
from careline.storage import Database, metadata, open_database
from careline.tasks import Tasks
from careline.testing import run_async
from careline.testing.web import Browser, Seen, WebHouse
from careline.voicemail.model import Message
from careline.voicemail.store import add_message, list_messages
from careline.web import Visit

MAY = ("desk.use", "calls.view", "calls.dial", "recordings.play", "patients.view")
OWN = dict.fromkeys(MAY, Scope.OWN)
HOSTILE = "<img src=x onerror=alert(1)>\"'{{ 7*7 }}"


class Control:
    """Notes what it is asked; refuses to hold."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def on_line(self, agent: str) -> None:
        return None

    async def hold(self, agent: str) -> None:
        raise Refused("control.nobody", "nobody is on the line of {agent}", agent=agent)

    async def dial(self, agent: str, number: str, shown: str = "", patient: int = 0) -> str:
        self.asked.append(("dial", agent, number, patient))
        return "hq-9.9"

    async def consult(self, agent: str, target: Any) -> None:
        self.asked.append(("consult", agent, target))


async def _number_of(shown: str) -> str:
    return "+8613800001111" if shown == "patient:7:0" else shown


class House(Floor):
    """The floor with its pages."""

    def __init__(self, db: Database, folder: Path) -> None:
        super().__init__(db, FakeClock())
        self.control = Control()
        self.folder = folder
        self.presence = Presence(self.clock, self.agents, self._behind(lambda tx, one: None))
        routing: Any = SimpleNamespace(
            queues=QUEUES,
            agents=PEOPLE,
            book=FlowBook(clock=self.clock),
            dial_string=lambda number, trunk: "x" if len(number) > 6 else "",
            shown_numbers=lambda: ("4001234567", "01065123456"),
        )
        auth: Any = SimpleNamespace(
            subject=lambda agent: Subject(agent=agent, team="a", campus="hq")
        )
        self.web = WebHouse(clock=self.clock)
        phones = {name: Phone(name=name, secret="s", webrtc=name[0] == "b") for name in _phones()}
        shared: Any = {
            "agents": self.agents,
            "dispositions": self.dispositions,
            "clock": self.clock,
        }
        control: Any = self.control
        threads: Any = lambda call, *args: succeed(call(*args))  # noqa: E731
        desk = {"auth": auth, "routing": routing, "desk": self.desk}
        self.web.add(
            "core_desk",
            DeskPages(
                **shared,
                **desk,
                calls=self.calls,
                callbacks=self.callbacks,
                control=control,
                in_thread=threads,
                number_of=_number_of,
                panels=self.web.panels,
                phones=lambda: phones,
                presence=self.presence,
                tells_listening=True,
                wishes=self.wishes,
            ),
        )
        none: Any = None
        self.web.add(
            "core_calls",
            CallPages(
                **shared,
                **desk,
                db=db,
                patients=none,
                campuses=lambda: {"hq": Campus(id="hq", title="总院")},
            ),
        )
        figures: Any = SimpleNamespace(
            agent=lambda _: Tally(taken=2), team=lambda _: Tally(taken=5)
        )
        voicemail: Any = SimpleNamespace(path=lambda call: folder / f"{call}.wav")
        self.web.add(
            "core_home",
            HomePages(
                **shared,
                db=db,
                callbacks=self.callbacks,
                voicemail=voicemail,
                figures=figures,
                queues_of=lambda _: ["booking"],
                queue_titles=lambda _: {"booking": "预约"},
                events=self.web.events,
            ),
        )
        self.web.add(
            "core_dispositions", DispositionPages(dispositions=self.dispositions, clock=self.clock)
        )

    def browser(self, agent: str = "8001", may: Mapping[str, Scope] = OWN) -> Browser:
        user = User(id=int(agent or 1), login=agent or "boss", name="x", agent=agent, campus="hq")
        made = self.web.browser(user, {**OWN, **may})
        made.htmx = True
        return made

    def get(self, path: str, agent: str = "8001", may: Mapping[str, Scope] = OWN) -> Seen:
        return run_async(self.browser(agent, may).get(quote(path, "/?=&%")), self.clock)

    def post(self, path: str, agent: str = "8001", **form: str) -> Seen:
        return run_async(self.browser(agent).post(path, form), self.clock)

    def rings(self) -> None:
        """The caller's call rings at 8001's desk, and nowhere else."""
        for agent in ("8001", "8002"):
            self.agents.sign_in(agent)
        self.agents.ready("8001")
        self.happens(caller_up(), queued("booking", 1), phone_up("hq-2.2", 2), rang("hq-2.2", 2))


def _phones() -> list[str]:
    return [name for one in PEOPLE.values() for name in (one.phone, one.browser_phone)]


@pytest.fixture
def house(tmp_path: Path) -> House:
    """On SQLite alone: what the stores do on both is tested with them."""
    db = open_database("sqlite://", clock=Clock(FakeClock()), tasks=Tasks())
    db.run_sync(lambda tx: metadata.create_all(tx.connection))
    db.run_sync(put_starter, T0)
    return House(db, tmp_path)


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


# Calls


def test_the_list_shows_ones_own_calls_and_a_leaders_all(house: House) -> None:
    house.talks()
    house.save(disposition="book", note=HOSTILE)
    house.happens(gone("hq-2.2", 60), gone(CALL, 60))
    house.agents.finish("8001")
    house.happens(caller_up(100, channel="hq-7.7", number="13900002222"), call="hq-7.7")
    mine = house.get("/calls")
    assert [link["href"] for link in mine.find("a.row-link")] == [f"/calls/{CALL}"]
    assert "<img" not in mine.text
    assert house.get("/calls", "8002").find("a.row-link") == []
    assert len(house.get("/calls", may={"calls.view": Scope.ALL}).find("a.row-link")) == 2
    for page in ("9" * 5000, "-1", "0", "²"):
        assert house.get(f"/calls?page={quote(page)}").status == 200


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("tail=1111", True),
        ("tail=2222", False),
        ("tail=%25", True),  # no digit: no filter
        ("days=今天", True),
        ("days=昨天", False),
        ("queue=booking", True),
        ("agent=8002", False),
        ("disposition=booking", True),
        ("disposition=info", False),
        ("outcome=answered", True),
        ("outcome=nonsense", True),
        ("note=周_", False),
        ("note=周三", True),
    ],
)
def test_filters_find_what_people_remember(house: House, query: str, *, found: bool) -> None:
    house.talks()
    house.save(disposition="book", note="周三上午")
    house.happens(gone("hq-2.2", 60), gone(CALL, 60))
    house.agents.finish("8001")
    assert bool(house.get(f"/calls?{query}").find("a.row-link")) is found


def test_a_wrong_date_is_told_beside_its_field(house: House) -> None:
    seen = house.get("/calls?days=随便")
    assert seen.status == 200
    assert "随便" in seen.find("p.field-error")[0].text


def test_own_words_are_changed_afterwards_and_only_those(house: House) -> None:
    house.talks()
    house.save(disposition="book", note="周三")
    house.happens(gone("hq-2.2", 60), gone(CALL, 60))
    house.agents.finish("8001")
    changed = house.post(f"/calls/{CALL}/amend", disposition="rebook", note="周四")
    assert changed.status == 200
    assert (house.record.disposition, house.record.note) == ("rebook", "周四")
    assert "call.amend" in house.web.audit.acts
    assert house.post(f"/calls/{CALL}/amend", disposition="nonsense", note="x").status == 422
    assert house.post(f"/calls/{CALL}/amend", "8002", note="x").status == 404
    assert house.record.note == "周四"


# My day


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
    assert "2" in house.get("/panel/home_figures").find("span.value")[0].text


# Dispositions


def test_the_tree_is_kept_on_its_page(house: House) -> None:
    browser = house.browser(may={"dispositions.edit": Scope.ALL})

    def post(path: str, **form: str) -> Seen:
        return run_async(browser.post(path, form), house.clock)

    assert house.get("/dispositions").status == 403
    form = {"code": "mri", "title": HOSTILE[:40], "parent": "info", "position": "9", "active": "1"}
    added = post("/dispositions/new", **form)
    assert added.status == 200
    assert "<img" not in added.text
    again = post("/dispositions/new", **form)
    assert again.status == 422
    assert again.find("p.field-error")
    assert again.find("input[name=title]")[0]["value"] == HOSTILE[:40]
    assert post("/dispositions/mri", title="核磁", parent="mri").status == 422
    assert post("/dispositions/mri", title="核磁", parent="booking").status == 200
    assert house.dispositions.tree.titled("mri", "zh") == "预约挂号 / 核磁"
    assert not house.dispositions.tree.usable("mri")
    assert post("/dispositions/gone", title="x").status == 404


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
