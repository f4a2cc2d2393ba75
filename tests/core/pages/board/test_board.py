"""The board: what is in scope and no more, trouble first, each steering checked and noted."""

from __future__ import annotations

from typing import Any

import pytest
from tests.core.pages.floor import NAMES, QUEUES, FloorHouse

from careline.agents.model import State
from careline.auth.model import Scope, User
from careline.calls import facts as f
from careline.campuses.model import Trunk
from careline.errors import Refused
from careline.pages.board.floor import Floor
from careline.pages.board.hooks import BoardHooks
from careline.pages.board.routes import BoardRoutes
from careline.pages.board.steering import Steering
from careline.pages.board.wall import WallRoutes
from careline.testing import run_async
from careline.testing.web import Browser, Seen, WebHouse
from careline.wallboards.service import Wallboards

LEADER = User(id=2, login="leader", name="班长", agent="8009", campus="main", team="a")
GROUP = {"board.view": Scope.GROUP, "calls.steer": Scope.GROUP, "agents.steer": Scope.GROUP}
EVERYTHING = dict.fromkeys((*GROUP, "site.edit"), Scope.ALL)


TRUNKS = {
    one.id: one
    for one in (
        Trunk(id="city", title="市话", host="10.0.0.1", campus="main", channels=1),
        Trunk(id="east", title="东院线", host="10.0.0.2", campus="east"),
        Trunk(id="old", title="停用", host="10.0.0.3", campus="main", enabled=False),
    )
}


class Control:
    """Notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.refuses = False

    def __getattr__(self, verb: str) -> Any:
        async def act(*args: str) -> None:
            if self.refuses:
                raise Refused("callcontrol.no_call", "agent {agent} is in no call", agent=args[-1])
            self.asked.append((verb, *args))

        return act


class Board:
    """The board's pages over a floor."""

    def __init__(self) -> None:
        self.floor = FloorHouse()
        run_async(self.floor.open(), self.floor.clock)
        self.control = Control()
        tiles = Floor(
            self.floor.lines,
            self.floor.calls,
            lambda: self.floor.people,
            lambda: QUEUES,
            self.floor.subject,
            lambda: TRUNKS,
            lambda: {"east"},
        )
        steering = Steering(self.floor.agents, self.control, self.floor.subject)
        self.walls = Wallboards(self.floor.db, self.floor.clock)
        self.web = WebHouse(
            [
                BoardHooks(
                    BoardRoutes(tiles, steering, self.floor.figures),
                    WallRoutes(
                        self.walls,
                        self.floor.lines,
                        self.floor.figures,
                        lambda: self.floor.campuses.directory.campuses,
                    ),
                )
            ],
            user=LEADER,
            permissions=EVERYTHING,
            clock=self.floor.clock,
        )
        self.browser = self.web.browser()

    def get(self, path: str, browser: Browser | None = None) -> Seen:
        return run_async((browser or self.browser).get(path), self.floor.clock)

    def post(self, path: str, form: Any = None, browser: Browser | None = None) -> Seen:
        return run_async((browser or self.browser).post(path, form), self.floor.clock)

    def scoped(self, scopes: Any = None) -> Browser:
        return self.web.browser(LEADER, GROUP if scopes is None else scopes)


@pytest.fixture
def board() -> Board:
    return Board()


def tiles(seen: Seen) -> list[str]:
    return [one["id"] for one in seen.find("div.board-agent")]


def queues(seen: Seen) -> list[str]:
    return [one["id"] for one in seen.find("section.board-queue")]


def test_everybody_and_every_queue_is_on_the_board(board: Board) -> None:
    board.floor.sign_in("8001")
    seen = board.get("/board")
    assert seen.status == 200
    assert tiles(seen) == ["agent-8001", "agent-8002", "agent-8003"]
    assert set(queues(seen)) == {"queue-booking", "queue-service", "queue-east"}
    assert "&lt;b&gt;张伟&lt;/b&gt;" in seen.text


def test_what_loads_itself_is_put_into_itself_and_not_over_the_page(board: Board) -> None:
    seen = board.get("/board")
    parts = [one for one in seen.find("div[hx-get]") if "sse:" in one.get("hx-trigger")]
    assert len(parts) >= 3 + len(NAMES)
    for one in parts:
        assert one.get("hx-target") == "this", one.attributes


def test_a_leader_of_one_team_sees_that_team_and_its_queues(board: Board) -> None:
    seen = board.get("/board", board.scoped())
    assert tiles(seen) == ["agent-8001", "agent-8002"]
    assert queues(seen) == ["queue-booking"]


def test_others_of_whom_one_may_not_know_are_not_found_and_the_try_is_noted(board: Board) -> None:
    browser = board.scoped()
    assert board.get("/board/agent/8003", browser).status == 404
    assert board.post("/board/agent/8003/listen", browser=browser).status == 404
    assert board.web.audit.acts == ["denied", "denied"]
    assert board.control.asked == []


def test_queues_in_trouble_come_first(board: Board) -> None:
    board.floor.waits("hq-1.1", "service")
    board.floor.reactor.advance(15)
    board.floor.waits("hq-2.1", "east")
    assert queues(board.get("/board/queues"))[0] == "queue-service"
    board.floor.reactor.advance(6)
    seen = board.get("/board/queues")
    assert [one["id"] for one in seen.find("section.over")] == ["queue-service"]
    board.floor.hangs_up("hq-1.1")
    assert queues(board.get("/board/queues"))[0] == "queue-east"


def test_callers_are_shown_without_their_numbers(board: Board) -> None:
    board.floor.waits("hq-1.1", number="+8613812345678")
    seen = board.get("/board")
    assert "12345678" not in seen.text
    assert "138****5678" in seen.text


def test_an_agent_s_tile_says_the_state_and_offers_what_can_be_done(board: Board) -> None:
    board.floor.sign_in("8001")
    idle = board.get("/board/agent/8001")
    assert not idle.find("button[hx-post=/board/agent/8001/listen]")
    assert idle.find("button[hx-post=/board/agent/8001/not_ready]")
    board.floor.waits("hq-1.1")
    board.floor.talks("hq-1.1", "8001")
    talking = board.get("/board/agent/8001")
    assert talking.find("span.state[data-state=talking]")
    for verb in ("listen", "whisper", "barge", "intercept", "release"):
        assert talking.find(f"button[hx-post=/board/agent/8001/{verb}]"), verb
    looks_only = board.scoped({"board.view": Scope.ALL})
    assert not board.get("/board/agent/8001", looks_only).find("button[hx-post]")


def test_lines_to_the_outside_are_on_the_board(board: Board) -> None:
    board.floor.waits("hq-1.1")
    board.floor.calls.note(
        "hq-1.1",
        f.Identified(at=board.floor.clock.now(), channel="hq-1.1", trunk="city", campus="main"),
    )
    lines = [one.text for one in board.get("/board/house").find("p.board-trunks")[0].find("span")]
    assert [line.split()[0] for line in lines] == ["市话", "东院线"]
    assert "1/1" in lines[0]
    assert len(board.get("/board/house").find("span.badge.bad")) == 2  # full, and away
    assert not board.get("/board/house", board.scoped()).find("p.board-trunks")


@pytest.mark.parametrize("verb", ["listen", "whisper", "barge", "intercept"])
def test_a_leader_s_phone_is_rung_for_it(board: Board, verb: str) -> None:
    seen = board.post(f"/board/agent/8001/{verb}", browser=board.scoped())
    assert seen.status == 204
    assert "toast" in seen.headers["hx-trigger"]
    assert board.control.asked == [(verb, "8009", "8001")]
    [line] = board.web.audit.lines
    assert (line["act"], line["whose"], line["actor"]) == (f"call.{verb}", "8001", "leader")


def test_a_call_is_released(board: Board) -> None:
    assert board.post("/board/agent/8001/release").status == 204
    assert board.control.asked == [("release", "8001", "8009")]


def test_what_cannot_be_done_is_said_and_not_written_down_as_done(board: Board) -> None:
    board.control.refuses = True
    seen = board.post("/board/agent/8001/listen")
    assert seen.status == 403
    assert "8001" in seen.text
    assert board.web.audit.acts == []


def test_who_has_no_phone_or_listens_to_oneself_is_told(board: Board) -> None:
    boss = User(id=3, login="boss", name="主任")
    assert board.post("/board/agent/8001/listen", browser=board.web.browser(boss)).status == 403
    own = User(id=4, login="own", name="自己", agent="8001")
    assert board.post("/board/agent/8001/barge", browser=board.web.browser(own)).status == 403
    assert board.control.asked == []


def test_states_are_forced_and_in_a_call_afterwards(board: Board) -> None:
    board.floor.sign_in("8001")
    assert board.post("/board/agent/8001/not_ready").status == 204
    assert board.floor.agents.status("8001").state is State.NOT_READY
    board.post("/board/agent/8001/ready")
    board.floor.waits("hq-1.1")
    board.floor.talks("hq-1.1", "8001")
    board.post("/board/agent/8001/sign_out")
    status = board.floor.agents.status("8001")
    assert (status.state, status.afterwards) == (State.TALKING, State.SIGNED_OUT)
    assert [line["what"] for line in board.web.audit.lines] == ["not_ready", "ready", "sign_out"]


def test_steering_needs_its_own_permission(board: Board) -> None:
    board.floor.sign_in("8001")
    looks_only = board.scoped({"board.view": Scope.ALL, "agents.steer": Scope.GROUP})
    assert board.post("/board/agent/8001/listen", browser=looks_only).status == 403
    assert board.post("/board/agent/8001/ready", browser=looks_only).status == 204
    assert board.get("/board", board.scoped({})).status == 403


@pytest.mark.parametrize(
    "path",
    [
        "/board/agent/8001/explode",
        "/board/agent/9999/listen",
        "/board/agent/8001/__init__",
        "/board/agent/%3Cscript%3E/ready",
    ],
)
def test_what_is_not_there_is_not_found(board: Board, path: str) -> None:
    assert board.post(path).status == 404
    assert board.control.asked == []


def test_the_house_s_figures_are_of_what_is_seen(board: Board) -> None:
    board.floor.sign_in("8001")
    board.floor.waits("hq-1.1")
    board.floor.reactor.advance(3)
    board.floor.talks("hq-1.1", "8001")
    board.floor.waits("hq-2.1", "service")
    seen = board.get("/board/house")
    values = [one.text.strip() for one in seen.find("span.value")]
    assert values[0] == "1"  # waits
    assert "100" in values[1]  # answered in time, of those whose fate is known
    assert values[2:4] == ["2", "1"]


def test_a_screen_shows_figures_without_anybody_signed_in(board: Board) -> None:
    board.floor.waits("hq-1.1", number="+8613812345678")
    seen = board.post("/wallboard/screens", {"title": "大厅 <i>", "campus": ""})
    address = seen.find("p#made-address")[0].text.strip()
    stranger = board.web.browser(signed_in=False)
    shown = board.get(address, stranger)
    assert shown.status == 200
    assert "预约挂号" in shown.text
    for personal in ("5678", "李敏", "8001"):
        assert personal not in shown.text
    assert board.get(f"{address}/now", stranger).status == 200
    assert board.get("/wallboard/screen/wrong", stranger).status == 404
    assert board.get("/wallboard", stranger).status == 303
    assert address not in board.get("/wallboard/screens").text  # told once
    [wall] = board.walls.all
    board.post(f"/wallboard/screens/{wall.id}/revoke")
    assert board.get(f"{address}/now", stranger).status == 404
    assert board.web.audit.acts == ["wallboard.added", "wallboard.revoked"]


def test_a_screen_without_a_name_is_said_beside_the_field(board: Board) -> None:
    seen = board.post("/wallboard/screens", {"title": "  ", "campus": "east"})
    assert seen.status == 422
    assert seen.find("input[name=title][aria-invalid=true]")
    assert seen.find("option[value=east][selected]")
    assert board.walls.all == []


def test_an_address_is_kept_as_its_hash_only(board: Board) -> None:
    seen = board.post("/wallboard/screens", {"title": "大厅", "campus": "main"})
    token = seen.find("p#made-address")[0].text.strip().rpartition("/")[2]
    assert token not in repr(board.walls.all[0])
    assert token not in board.walls.all[0].token_hash


def test_a_wallboard_of_a_campus_has_its_queues_alone(board: Board) -> None:
    seen = board.get("/wallboard/now?campus=east")
    assert "东院" in seen.text
    assert "预约挂号" not in seen.text
