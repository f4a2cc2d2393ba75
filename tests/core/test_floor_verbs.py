"""What ``careline figures``, ``board`` and ``alarm`` are told by the core."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from tests.core.pages.floor import FloorHouse

from careline.agents.model import State
from careline.alarms import store as alarms_store
from careline.alarms.model import Condition
from careline.alarms.service import Alarms
from careline.app.floor_verbs import FloorVerbs
from careline.errors import Invalid, NotFound
from careline.figures.model import Key, Kind
from careline.hooks.values import Level
from careline.i18n import Text
from careline.testing import run_async
from careline.wallboards.service import Wallboards


class Core:
    """As much of a core as the verbs need."""

    def __init__(self) -> None:
        self.floor = FloorHouse()
        floor, clock = self.floor, self.floor.clock
        run_async(floor.open(), clock)
        self.asked: list[tuple[str, ...]] = []
        self.written: list[tuple[str, str]] = []
        self.rung: list[str] = []
        behind = floor.behind(lambda tx, one: alarms_store.put_alarm(tx, "hq", one))
        self.alarms = Alarms(clock, floor.db, "hq", behind)
        control = SimpleNamespace(
            **{name: self._asked(name) for name in ("listen", "whisper", "barge", "intercept")},
            release=self._asked("release"),
        )
        app: Any = SimpleNamespace(
            clock=clock,
            figures=floor.figures,
            lines=floor.lines,
            agents=floor.agents,
            alarms=self.alarms,
            callcontrol=control,
            takes=SimpleNamespace(begin=self._ring),
            wallboards=Wallboards(floor.db, clock),
            audit=SimpleNamespace(
                write=lambda act, **more: self.written.append((act, more["whose"]))
            ),
        )
        self.verbs = FloorVerbs(app)

    def _asked(self, verb: str) -> Any:
        async def act(*args: str) -> None:
            self.asked.append((verb, *args))

        return act

    async def _ring(self, name: str, lang: str, phone: str, who: str) -> Any:
        self.rung.append(phone)
        return SimpleNamespace(id="t1")

    def __call__(self, name: str, /, **args: Any) -> Any:
        return run_async(getattr(self.verbs, name)(lambda _: None, **args), self.floor.clock)


@pytest.fixture
def core() -> Core:
    return Core()


def test_figures_of_today_with_last_week_beside(core: Core) -> None:
    core.floor.sign_in("8001")
    core.floor.waits("hq-1.1")
    core.floor.reactor.advance(5)
    core.floor.talks("hq-1.1", "8001")
    core.floor.reactor.advance(60)
    core.floor.hangs_up("hq-1.1")
    core.floor.waits("hq-2.1", "service")
    core.floor.reactor.advance(29)
    found = core("figures")
    by_queue = {one["queue"]: one for one in found["queues"]}
    assert found["queues"][0]["queue"] == "service"  # somebody waits there beyond the target
    assert by_queue["booking"]["service_level"] == 1.0
    assert by_queue["booking"]["asa_ms"] == 5000
    assert by_queue["service"]["longest_ms"] == 29_000
    agent = next(one for one in found["agents"] if one["agent"] == "8001")
    assert (agent["taken"], agent["state"], agent["talk_ms"]) == (1, "wrap_up", 60_000)
    teams = {one["team"]: one["taken"] for one in found["teams"]}
    assert teams == {"a": 1, "b": 0}
    main = next(one for one in found["campuses"] if one["campus"] == "main")
    assert (main["incoming"], main["last_week"]["incoming"]) == (2, 0)


def test_a_day_is_checked_against_its_records(core: Core) -> None:
    core.floor.waits("hq-1.1")
    core.floor.hangs_up("hq-1.1")
    today = core.floor.figures.today("main")
    day = today.isoformat()
    assert core("figures_check", day=day) == {"day": day, "checked": 2, "wrong": []}
    from sqlalchemy import text

    core.floor.db.run_sync(lambda tx: tx.execute(text("UPDATE call_figure SET short = 7")).rowcount)
    wrong = core("figures_check", day=day)["wrong"]
    assert {one["counted"]["short"] for one in wrong} == {7}
    assert [one["kind"] for one in core("figures_of", day=day)] == ["campus", "queue"]
    before = (today - timedelta(days=1)).isoformat()
    assert core("figures_check") == {"day": before, "checked": 0, "wrong": []}
    assert core.floor.figures.all_of(today)[Key(Kind.QUEUE, "booking")].short == 1


def test_steering_by_command_is_written_down(core: Core) -> None:
    core.floor.sign_in("8001", "8002")
    core("steer", verb="not_ready", agent="8001")
    assert core.floor.agents.status("8001").state is State.NOT_READY
    core("steer", verb="listen", agent="8001", leader="8002")
    core("steer", verb="release", agent="8001")
    assert core.asked == [("listen", "8002", "8001"), ("release", "8001", "cli")]
    assert core.written == [
        ("agent.forced", "8001"),
        ("call.listen", "8001"),
        ("call.release", "8001"),
    ]
    for verb, agent, leader, error in (
        ("explode", "8001", "8002", Invalid),
        ("listen", "9999", "8002", NotFound),
        ("listen", "8001", "", NotFound),
        ("__init__", "8001", "8002", Invalid),
    ):
        with pytest.raises(error):
            core("steer", verb=verb, agent=agent, leader=leader)
    assert len(core.written) == 3


def test_alarms_are_listed_and_noticed(core: Core) -> None:
    core.alarms.take("disk", [Condition(name="disk", level=Level.MAJOR, title=Text("full"))])
    [one] = core("alarms")
    assert (one["level"], one["acked_by"], one["cleared"]) == ("major", "", None)
    assert core("alarm_ack", alarm=one["id"], who="cli:root")["acked_by"] == "cli:root"
    core.alarms.take("disk", [])
    assert core("alarms") == []
    assert core("alarms", past=True)[0]["acked_by"] == "cli:root"


def test_screens_and_recordings(core: Core) -> None:
    [made] = core("wallboard", verb="add", title="大厅")
    assert made["path"].startswith("/wallboard/screen/")
    assert core("wallboard", verb="list")[0]["path"] == ""
    assert core("wallboard", verb="revoke", id=made["id"]) == []
    assert core("record_prompt", name="welcome", lang="zh", agent="8001") == "t1"
    assert core.rung == ["PJSIP/1001"]
    assert core("board")["agents"][0]["agent"] == "8001"
