"""Operations: alarms noticed, plugins switched with progress, jobs decided on, backups made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, frozen
from tests.core.pages.floor import FloorHouse
from twisted.internet.defer import Deferred

from careline.alarms import store as alarms_store
from careline.alarms.model import Condition
from careline.alarms.service import Alarms
from careline.auth.model import Scope
from careline.errors import Refused, Unavailable
from careline.hooks.hub import Gathered, Hub
from careline.hooks.values import HealthCheck, Level
from careline.i18n import Text
from careline.jobs import Job, JobState, store
from careline.pages.help.documents import Documents
from careline.pages.operations.backup import BackupRoutes
from careline.pages.operations.backups import Backups
from careline.pages.operations.bundles import BundleRoutes
from careline.pages.operations.health import HealthRoutes
from careline.pages.operations.hooks import OperationsHooks
from careline.pages.operations.jobs import JobRoutes
from careline.pages.operations.plugins import PluginRoutes
from careline.pages.operations.works import Works
from careline.plugins import Brings, Bundle, BundlePreview
from careline.plugins.model import PluginState, PluginStatus
from careline.plugins.options import Option, options_of
from careline.setup.doctor import Finding
from careline.testing import run_async
from careline.testing.web import Seen, WebHouse

EVERYTHING = dict.fromkeys(("health.view", "plugins.edit", "jobs.edit", "settings.edit"), Scope.ALL)
NASTY = "<script>x</script>"


@frozen
class Smsc:
    """``keep_days`` is how long <b>all</b> is kept."""

    keep_days: int = 30
    password: str = "opensesame"


class FakePlugins:
    """Two plugins; switching takes as long as a test wants."""

    def __init__(self) -> None:
        on = PluginStatus(
            name="sms", title="SMS", version="1.2", enabled=True, state=PluginState.RUNNING
        )
        off = evolve(on, name="his", title=NASTY, enabled=False, state=PluginState.OFF)
        self.known = {"sms": on, "his": off}
        self.bundles = {
            "ours": Bundle("ours", "我院", NASTY, ("sms", "his")),
            "more": Bundle("more", "更多", "More", ("his", "fax")),
        }
        self.waits: Deferred[None] | None = None
        self.fails: Exception | None = None
        self.catalog = type("Catalog", (), {"plugins": {}})()

    @property
    def enabled(self) -> tuple[str, ...]:
        return tuple(name for name, one in self.known.items() if one.enabled)

    def preview(self, bundle: Bundle) -> tuple[BundlePreview, tuple[Brings, ...]]:
        added = tuple(name for name in bundle.plugins if name not in self.enabled)
        seen = BundlePreview(
            bundle=bundle,
            result=(*self.enabled, *added),
            added=added,
            already=tuple(name for name in bundle.plugins if name in self.enabled),
            required=(),
            not_installed=tuple(name for name in bundle.plugins if name not in self.known),
            problems=(),
        )
        told = [
            Brings(plugin=name, title=NASTY, tables=(f"{name}_slot",), menus=("Clinics",) * 2)
            for name in added
            if name in self.known
        ]
        return seen, tuple(told)

    def options(self, name: str) -> tuple[Option, ...]:
        return tuple(options_of(Smsc, f"plugin.{name}", [Smsc(keep_days=7)]))

    async def enable_all(self, names: Sequence[str]) -> tuple[str, ...]:
        for name in names:
            await self.enable(name)
        return tuple(names)

    def statuses(self) -> tuple[PluginStatus, ...]:
        return tuple(self.known.values())

    async def enable(self, name: str) -> None:
        await self._change(name, PluginState.RUNNING, True)

    async def disable(self, name: str) -> None:
        await self._change(name, PluginState.OFF, False)

    async def _change(self, name: str, state: PluginState, on: bool) -> None:
        if self.waits is not None:
            await self.waits
        if self.fails is not None:
            raise self.fails
        self.known[name] = evolve(self.known[name], state=state, enabled=on)


class FakeHub(Hub):
    """Gives the answers to ``health`` that a test wants."""

    told = Gathered({}, {})

    def __getattr__(self, name: str) -> Any:
        if name == "health":
            return self._health
        return super().__getattr__(name)

    async def _health(self) -> Gathered:
        return self.told


class Operations:
    """The pages over a database."""

    def __init__(self, tmp_path: Path) -> None:
        self.floor = FloorHouse()
        clock = self.floor.clock
        self.alarms = Alarms(
            clock,
            self.floor.db,
            "hq",
            self.floor.behind(lambda tx, one: alarms_store.put_alarm(tx, "hq", one)),
        )
        self.hub = FakeHub(clock, self.floor.tasks)
        self.plugins = FakePlugins()
        self.works = Works(clock, self.floor.tasks)
        self.poked = 0
        self.looked = 0
        self.folder = tmp_path / "backups"
        self.making: Callable[[Any], Any] = self._make
        pages = OperationsHooks(
            HealthRoutes(self.alarms, self.hub, self.works, self._examine, self._look),
            PluginRoutes(self.plugins, self.hub, self.works, Documents(tmp_path)),  # type: ignore[arg-type]
            BundleRoutes(self.plugins, self.works),  # type: ignore[arg-type]
            JobRoutes(self.floor.db, clock, self._poke),
            BackupRoutes(
                Backups(self.folder, lambda progress: self.making(progress)),
                clock,
                self.works,
                _at_once,
            ),
        )
        self.web = WebHouse([pages], permissions=EVERYTHING, clock=clock)
        self.browser = self.web.browser()

    def _poke(self) -> None:
        self.poked += 1

    async def _look(self) -> None:
        self.looked += 1

    async def _examine(self) -> list[Finding]:
        bad = Finding(Text("disk"), False, NASTY, Text("make room on this disk"))
        return [Finding(Text("Python"), True, "3.11"), bad]

    async def _make(self, progress: Any) -> Path:
        progress(1, 2, "database")
        self.folder.mkdir(exist_ok=True)
        made = self.folder / "careline-20261122T080000Z.tar.gz"
        made.write_bytes(b"x" * 1_500_000)
        return made

    def get(self, path: str) -> Seen:
        return run_async(self.browser.get(path), self.floor.clock)

    def post(self, path: str, form: Any = None) -> Seen:
        return run_async(self.browser.post(path, form), self.floor.clock)


async def _at_once(call: Any, *args: Any) -> Any:
    return call(*args)


@pytest.fixture
def house(tmp_path: Path) -> Operations:
    return Operations(tmp_path)


def test_all_is_well_says_so(house: Operations) -> None:
    seen = house.get("/operations")
    assert seen.status == 200
    assert not seen.find("li.bad")
    assert house.get("/operations/bar").text.strip() == ""


def test_an_alarm_is_in_the_bar_until_somebody_has_noticed_it(house: Operations) -> None:
    disk = Condition(name="disk", level=Level.MAJOR, title=Text(NASTY), remedy=Text("make room"))
    low = Condition(name="jobs", level=Level.MINOR, title=Text("small"))
    house.alarms.take("test", [low, disk])
    bar = house.get("/operations/bar")
    assert bar.find("a.alarm-bar[href=/operations]")
    assert "small" not in bar.text
    assert NASTY not in bar.text
    [alarm] = [one for one in house.alarms.open if one.name == "disk"]
    seen = house.post(f"/operations/alarms/{alarm.id}/ack")
    assert "zhang.san" in seen.text
    assert house.get("/operations/bar").text.strip() == ""
    assert house.web.audit.acts == ["alarm.acked"]
    house.alarms.take("test", [])
    assert house.post(f"/operations/alarms/{alarm.id}/ack").status == 404
    assert "&lt;script&gt;" in house.get("/operations/past").text


def test_what_plugins_and_the_doctor_say_is_shown(house: Operations) -> None:
    check = HealthCheck(name="gw", title="Made-up gateway", level=Level.CRITICAL, detail=NASTY)
    house.hub.told = Gathered({"sms": [check]}, {"his": "no answer within 3 s"})
    seen = house.post("/operations/look")
    assert house.looked == 1
    for text in ("Made-up gateway", "no answer within 3 s", "3.11", "&lt;script&gt;"):
        assert text in seen.text, text
    assert NASTY not in seen.text


def test_a_plugin_is_switched_on_and_off(house: Operations) -> None:
    seen = house.post("/operations/plugins/his/enable")
    assert house.plugins.known["his"].enabled
    assert NASTY not in seen.text
    house.post("/operations/plugins/sms/disable")
    assert not house.plugins.known["sms"].enabled
    assert house.web.audit.acts == ["plugin.enabled", "plugin.disabled"]
    assert house.post("/operations/plugins/nothing/enable").status == 404


def test_switching_that_takes_long_shows_progress_and_can_be_left(house: Operations) -> None:
    house.plugins.waits = Deferred()
    began = house.floor.clock.seconds()
    seen = house.post("/operations/plugins/his/enable")
    assert house.floor.clock.seconds() - began < 2
    assert seen.find("progress")
    assert seen.find("div[hx-trigger=every 1s]")
    assert house.post("/operations/plugins/his/enable").status == 409
    house.plugins.waits.callback(None)
    after = house.get("/operations/plugins/now")
    assert not after.find("progress")
    assert not after.find("div[hx-trigger=every 1s]")
    assert house.plugins.known["his"].enabled


def test_a_bundle_is_looked_at_then_switched_on(house: Operations) -> None:
    listed = house.get("/operations/plugins")
    assert listed.find("a[href=/operations/bundles/ours]")
    seen = house.get("/operations/bundles/ours")
    assert "his_slot" in seen.text
    assert seen.text.count("Clinics") == 1
    assert NASTY not in seen.text
    assert not house.plugins.known["his"].enabled, "looking changes nothing"
    after = house.post("/operations/bundles/ours/enable")
    assert house.plugins.known["his"].enabled
    assert house.web.audit.acts == ["plugin.enabled"]
    assert not after.find("form[action=/operations/bundles/ours/enable]"), "all of it is on"
    assert house.get("/operations/bundles/moon").status == 404


def test_a_bundle_that_fails_is_not_in_the_log_and_is_built_once(
    house: Operations, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.plugins.fails = Refused("plugin.needed", "{others} needs it", others="fax")
    house.post("/operations/bundles/ours/enable")
    assert house.web.audit.acts == []
    built: list[object] = []
    monkeypatch.setattr(house.plugins, "preview", lambda one: built.append(one))
    house.works.get("bundle ours").ended = None  # type: ignore[union-attr]  # as while it works
    for _ in range(3):
        assert house.get("/operations/bundles/ours").status == 200
    assert built == []


def test_a_bundle_that_cannot_run_changes_nothing(house: Operations) -> None:
    assert "fax" in house.get("/operations/bundles/more").text
    assert house.post("/operations/bundles/more/enable").status == 422
    assert not house.plugins.known["his"].enabled
    assert house.web.audit.acts == []


def test_why_a_plugin_could_not_be_switched_stands_beside_it(house: Operations) -> None:
    house.plugins.fails = Refused("plugin.needed", "{others} needs it", others=NASTY)
    seen = house.post("/operations/plugins/sms/disable")
    assert seen.status == 200
    assert "&lt;script&gt;x&lt;/script&gt; needs it" in seen.text
    assert house.plugins.known["sms"].enabled


def test_one_plugin_with_its_hooks(house: Operations) -> None:
    class Hooks:
        """None."""

    house.hub.register("sms", Hooks())
    seen = house.get("/operations/plugins/sms")
    assert seen.status == 200
    assert "keep_days" in seen.text
    assert "is how long &lt;b&gt;all&lt;/b&gt; is kept." in seen.text
    assert "••••" in seen.text
    assert house.post("/operations/plugins/sms/mended").status == 200


def parked(house: Operations, kind: str = "sms.send", **args: Any) -> int:
    now = house.floor.clock.now()
    job_id = house.floor.db.run_sync(store.put, Job(kind, args), now)
    from datetime import timedelta

    [job] = house.floor.db.run_sync(store.claim, "w", [kind], 1, now, timedelta(seconds=30)).jobs
    house.floor.db.run_sync(store.park, job, f"no route to 13800001111 {NASTY}", now)
    return job_id


def state(house: Operations, job_id: int) -> JobState:
    return house.floor.db.run_sync(store.get, job_id).state


def test_parked_jobs_are_shown_without_what_is_personal(house: Operations) -> None:
    parked(house, to="13812345678", text="赵六的报告")
    seen = house.get("/operations/jobs")
    for personal in ("12345678", "赵六", "13800001111", NASTY):
        assert personal not in seen.text
    assert "sms.send" in seen.text
    assert "&lt;script&gt;" in seen.text


def test_a_job_is_tried_again_or_dropped(house: Operations) -> None:
    first, second = parked(house), parked(house)
    assert house.post(f"/operations/jobs/{first}/retry").status == 200
    assert (state(house, first), house.poked) == (JobState.WAITING, 1)
    assert house.post(f"/operations/jobs/{first}/drop").status == 409
    house.post(f"/operations/jobs/{second}/drop", {"reason": "nobody wants it"})
    assert house.post(f"/operations/jobs/{second}/drop").status == 404
    lines = house.web.audit.lines
    assert [(one["act"], one["why"]) for one in lines] == [
        ("job.retried", ""),
        ("job.dropped", "nobody wants it"),
    ]


def test_all_of_one_kind_are_tried_again(house: Operations) -> None:
    ours, theirs = parked(house), parked(house, "his.sync")
    house.post("/operations/jobs/retry", {"kind": "sms.send"})
    assert (state(house, ours), state(house, theirs)) == (JobState.WAITING, JobState.PARKED)
    assert house.get("/operations/jobs?state=waiting").status == 200
    assert house.get("/operations/jobs?state=%3Cx%3E").status == 200


def test_a_backup_is_made_and_listed(house: Operations) -> None:
    assert "careline restore" in house.get("/operations/backup").text
    seen = house.post("/operations/backup")
    assert "careline-20261122T080000Z.tar.gz" in seen.text
    assert "1.5" in seen.text
    assert house.web.audit.acts == ["backup.made"]


def test_a_backup_that_fails_says_why_and_one_under_way_is_not_begun_twice(
    house: Operations,
) -> None:
    async def full(progress: Any) -> Path:
        raise Unavailable("backup.disk", "no room in {folder}", folder=NASTY)

    house.making = full
    seen = house.post("/operations/backup")
    assert "no room in &lt;script&gt;" in seen.text

    async def broken(progress: Any) -> Path:
        raise KeyError("x")

    house.making = broken
    assert house.post("/operations/backup").find(".notice.bad")
    waits: Deferred[None] = Deferred()

    async def slow(progress: Any) -> Path:
        progress(3, 4, "x")
        await waits
        return Path("careline-20261122T080000Z.tar.gz")

    house.making = slow
    began = house.post("/operations/backup")
    assert began.find("progress")[0]["value"] == "75.0"
    assert house.post("/operations/backup").status == 409
    waits.callback(None)
    assert not house.get("/operations/backup/now").find("progress")


@pytest.mark.parametrize(
    ("permission", "path"),
    [
        ("health.view", "/operations/plugins"),
        ("plugins.edit", "/operations/jobs"),
        ("jobs.edit", "/operations/backup"),
        ("settings.edit", "/operations"),
    ],
)
def test_each_part_needs_its_own_permission(house: Operations, permission: str, path: str) -> None:
    house.browser = house.web.browser(permissions=[permission])
    assert house.get(path).status == 403
