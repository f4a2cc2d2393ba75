"""Plugins switched on and off in a running process, and what their failures leave behind."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from tests.core.plugins.conftest import CATALOG, House
from tests.plugins_for_tests import every_hook
from tests.plugins_for_tests.samples import CALL
from twisted.internet.defer import CancelledError, Deferred

from careline.errors import Invalid, NotFound, Refused
from careline.hooks import hook
from careline.plugins import Bundle, Catalog, Plugin, PluginState
from careline.plugins.versions import Version, Versions
from careline.testing import run_async


def with_plugins(house: House, *plugins: Plugin) -> House:
    house.catalog = Catalog({**CATALOG.plugins, **{p.name: p for p in plugins}})
    return house


def registered(house: House) -> tuple[str, ...]:
    return house.hub.plugins


def made_of(name: str, hooks: object, **rest: Any) -> Plugin:
    return Plugin(name=name, title=name, version="1", hooks=lambda _core, _config: hooks, **rest)


def test_start_loads_in_order_and_stop_takes_down_in_reverse(house: House) -> None:
    plugins = house.plugins("his", "appointments", "every_hook")
    changes: list[tuple[str, str]] = []
    plugins.listen(lambda change: changes.append((change.name, change.stage.value)))
    run_async(plugins.start(), house.fake)
    assert registered(house) == ("his", "appointments", "every_hook")
    assert {s.state for s in plugins.statuses() if s.enabled} == {PluginState.RUNNING}
    run_async(plugins.stop(), house.fake)
    assert registered(house) == ()
    assert changes == [
        ("his", "loaded"),
        ("appointments", "loaded"),
        ("every_hook", "loaded"),
        ("his", "running"),
        ("appointments", "running"),
        ("every_hook", "running"),
        ("every_hook", "going"),
        ("appointments", "going"),
        ("his", "going"),
    ]


def test_start_refuses_with_everything_that_is_wrong(house: House) -> None:
    plugins = house.plugins(
        "appointments",
        "misbehavin",
        "every_hook",
        "misbehaving",
        more='[plugin.every_hook]\nforbiden = "1"\n'
        '[plugin.misbehaving]\nmode = "x"\n[plugin.hiss]\n',
    )
    with pytest.raises(Invalid) as caught:
        run_async(plugins.start(), house.fake)
    assert [str(p) for p in caught.value.problems] == [
        "plugins: appointments needs his; enable that before it",
        "plugins: misbehavin is not installed; did you mean misbehaving?",
        "plugin.every_hook.forbiden: unknown; did you mean forbidden?",
        "plugin.misbehaving.mode: must be one of raise, exit, cancel, hang, stubborn, block, leak, "
        "not “x”",
        "plugin.hiss: no such plugin is installed; did you mean his?",
    ]
    assert registered(house) == ()


def test_a_plugin_whose_code_fails_to_load_stops_the_start_by_name(house: House) -> None:
    broken = Plugin(name="broken", title="Broken", version="1", hooks=fails)
    with_plugins(house, broken)
    more = '[plugin.misbehaving]\nhooks = ["panels"]\n'
    plugins = house.plugins("his", "broken", "misbehaving", more=more)
    with pytest.raises(Invalid) as caught:
        run_async(plugins.start(), house.fake)
    text = str(caught.value)
    assert "plugin broken cannot be loaded: KeyError: 'x'" in text
    assert "plugin misbehaving: hook panels: RuntimeError" in text
    assert registered(house) == ()


def test_only_a_plugin_that_is_switched_off_is_gone(house: House) -> None:
    plugins = house.plugins("his", "every_hook")
    changes: list[tuple[str, str]] = []
    plugins.listen(lambda change: changes.append((change.name, change.stage.value)))
    run_async(plugins.start(), house.fake)
    run_async(plugins.disable("every_hook"), house.fake)
    assert changes[-2:] == [("every_hook", "going"), ("every_hook", "gone")]
    run_async(plugins.stop(), house.fake)
    assert changes[-1] == ("his", "going")


def fails(_core: object, _config: object) -> object:
    """Hooks that cannot be built."""
    raise KeyError("x")


class Starts:
    """Its ``start`` and ``stop`` do what they are told."""

    def __init__(self, core: Any = None, start: Any = None, stop: Any = None) -> None:
        self.core, self._start, self._stop = core, start, stop

    async def start(self) -> None:
        if self._start is not None:
            await self._start()

    async def stop(self) -> None:
        if self._stop is not None:
            await self._stop()

    @hook
    def health(self) -> list[Any]:
        return []


async def _fail() -> None:
    raise OSError("gateway away")


async def _for_ever() -> None:
    while True:
        try:
            await Deferred()
        except CancelledError:
            continue


@pytest.mark.parametrize(
    ("start", "reason"), [(_fail, "OSError: gateway away"), (_for_ever, "no answer within 20 s")]
)
def test_a_plugin_whose_start_fails_is_left_out_and_the_others_run(
    house: House, start: Any, reason: str
) -> None:
    with_plugins(house, made_of("weak", Starts(start=start)))
    plugins = house.plugins("weak", "his")
    run_async(plugins.start(), house.fake)
    status = plugins.status("weak")
    assert (status.state, status.error, status.enabled) == (PluginState.FAILED, reason, True)
    assert registered(house) == ("his",)
    with pytest.raises(Invalid, match="could not be started"):
        run_async(plugins.enable("weak"), house.fake)
    assert plugins.status("weak").state is PluginState.FAILED
    assert house.listed() == ("weak", "his")


def test_a_failed_plugin_runs_once_it_can(house: House) -> None:
    weak = Starts(start=_fail)
    with_plugins(house, made_of("weak", weak))
    plugins = house.plugins("weak")
    run_async(plugins.start(), house.fake)
    weak._start = None
    assert run_async(plugins.enable("weak"), house.fake).state is PluginState.RUNNING
    assert registered(house) == ("weak",)


def test_enable_migrates_loads_and_writes_what_it_needs_too(house: House) -> None:
    plugins = house.plugins("every_hook")
    run_async(plugins.start(), house.fake)
    status = run_async(plugins.enable("reminders"), house.fake)
    assert status.state is PluginState.RUNNING
    assert house.listed() == ("every_hook", "his", "appointments", "reminders")
    assert registered(house) == house.listed()
    assert house.migrations.done == [
        ("upgrade", name) for name in ("his", "appointments", "reminders")
    ]


def test_a_table_written_after_the_start_is_read_when_its_plugin_is_enabled(house: House) -> None:
    plugins = house.plugins()
    run_async(plugins.start(), house.fake)
    with house.home.config.open("a") as file:
        file.write('[plugin.every_hook]\nforbidden = "999"\n')
    run_async(plugins.enable("every_hook"), house.fake)
    refusal = run_async(house.hub.may_dial(agent="", number="999"), house.fake)
    assert refusal.code == "every_hook.forbidden"


@pytest.mark.parametrize("what", ["migration", "config", "hooks", "start", "file"])
def test_a_failed_enable_leaves_all_as_it_was(house: House, what: str) -> None:
    class Bad(Starts):
        @hook
        def call_started(self, nonsense: object) -> None: ...

    hooks = Bad() if what == "hooks" else Starts(start=_fail if what == "start" else None)
    with_plugins(house, made_of("bad", hooks, requires=("his",)))
    plugins = house.plugins("every_hook", more="[plugin.bad]\nx = 1\n" if what == "config" else "")
    run_async(plugins.start(), house.fake)
    if what == "migration":
        house.migrations.failing.add("bad")
    if what == "file":
        house.home.config.write_text("plugins = [")
    before = house.home.config.read_bytes()
    with pytest.raises((Invalid, OSError)):
        run_async(plugins.enable("bad"), house.fake)
    assert house.home.config.read_bytes() == before
    assert registered(house) == ("every_hook",)
    assert plugins.enabled == ("every_hook",)
    assert plugins.status("his").state is PluginState.OFF


def test_calls_go_on_for_the_others_while_plugins_come_and_go(house: House) -> None:
    plugins = house.plugins("every_hook")
    run_async(plugins.start(), house.fake)
    good = house.hub._registry.implementations("call_started")[0].function.__self__  # type: ignore[attr-defined]  # the bound object
    house.hub.call_started(call=CALL)
    run_async(plugins.enable("misbehaving"), house.fake)
    house.hub.call_started(call=CALL)
    run_async(plugins.disable("misbehaving"), house.fake)
    house.hub.call_started(call=CALL)
    house.fake.pump([0] * 20)
    assert [what for what, _ in good.told] == ["start", *["call_started"] * 3]


def test_disable_stops_takes_off_the_list_and_keeps_the_data(house: House) -> None:
    plugins = house.plugins("his", "every_hook")
    run_async(plugins.start(), house.fake)
    assert run_async(plugins.disable("every_hook"), house.fake).state is PluginState.OFF
    assert house.listed() == ("his",)
    assert registered(house) == ("his",)
    assert house.migrations.done == []


def test_disable_is_refused_while_another_needs_it(house: House) -> None:
    plugins = house.plugins("his", "appointments")
    run_async(plugins.start(), house.fake)
    with pytest.raises(Refused, match="needed by appointments"):
        run_async(plugins.disable("his"), house.fake)
    with pytest.raises(NotFound):
        run_async(plugins.disable("every_hook"), house.fake)
    assert house.listed() == ("his", "appointments")


def test_disable_ends_what_the_plugin_left_running_even_if_it_will_not_end(house: House) -> None:
    ended: list[str] = []

    class Leaves(Starts):
        async def start(self) -> None:
            self.core.tasks.spawn(self.run(), "run")
            self.core.tasks.spawn(_for_ever(), "stubborn")

        async def run(self) -> None:
            try:
                await Deferred()
            except CancelledError:
                ended.append("run")
                raise

        async def stop(self) -> None:
            await _for_ever()

    plugin = Plugin(name="leaves", title="x", version="1", hooks=lambda core, _: Leaves(core))
    with_plugins(house, plugin)
    plugins = house.plugins("leaves", "his")
    run_async(plugins.start(), house.fake)
    status = run_async(plugins.disable("leaves"), house.fake)
    assert status.state is PluginState.OFF
    assert ended == ["run"]
    assert house.fake.seconds() == 20.0  # ten for stop, ten for its tasks
    assert registered(house) == ("his",)


def test_a_plugin_that_allows_no_live_change_waits_for_the_restart(house: House) -> None:
    plugins = house.plugins()
    run_async(plugins.start(), house.fake)
    assert run_async(plugins.enable("stays"), house.fake).state is PluginState.RESTART
    assert house.listed() == ("stays",)
    assert registered(house) == ()
    again = house.plugins("stays")
    run_async(again.start(), house.fake)
    assert run_async(again.disable("stays"), house.fake).state is PluginState.RESTART
    assert house.listed() == ()
    assert registered(house) == ("stays",)


def test_purge_only_what_is_disabled_and_installed(house: House) -> None:
    plugins = house.plugins("his")
    run_async(plugins.start(), house.fake)
    with pytest.raises(Refused, match="disable it first"):
        run_async(plugins.purge("his"), house.fake)
    with pytest.raises(Invalid, match="not installed"):
        run_async(plugins.purge("hiss"), house.fake)
    run_async(plugins.disable("his"), house.fake)
    versions = Versions(house.home, "his")
    rows = versions.rows(Version(folder="0001-1.0", version="1.0"))
    rows.parent.mkdir(parents=True)
    rows.write_bytes(b"patients")
    run_async(plugins.purge("his"), house.fake)
    assert house.migrations.done == [("purge", "his")]
    assert not rows.exists(), "what was kept at an upgrade goes too"


def test_the_status_tells_of_hooks_that_were_switched_off(house: House) -> None:
    plugins = house.plugins("misbehaving")
    run_async(plugins.start(), house.fake)
    for _ in range(6):
        run_async(house.hub.route_call(call=CALL), house.fake)
    assert plugins.status("misbehaving").hooks_off == ("route_call",)
    assert plugins.status("nowhere").state is PluginState.MISSING


def test_enabling_a_bundle_is_all_or_nothing(house: House) -> None:
    plugins = house.plugins("every_hook")
    run_async(plugins.start(), house.fake)
    house.migrations.failing.add("appointments")
    with pytest.raises(OSError, match="space"):
        run_async(plugins.enable_all(["his", "appointments"]), house.fake)
    assert house.listed() == ("every_hook",)
    assert registered(house) == ("every_hook",)
    house.migrations.failing.clear()
    assert run_async(plugins.enable_all(["appointments"]), house.fake) == ("his", "appointments")


def test_config_keys_are_listed(house: House) -> None:
    keys = evolve(house.catalog.plugins["misbehaving"]).config_keys
    assert [(k.name, k.type, k.default) for k in keys] == [
        ("mode", "text", '"raise"'),
        ("hooks", "list of values", "[]"),
        ("block_s", "decimal number", "0.2"),
    ]


def test_a_preview_says_what_each_brings_and_starts_nothing(house: House) -> None:
    async def start() -> None:
        raise AssertionError("a preview starts nothing")

    with_plugins(
        house, made_of("idle", Starts(start=start)), evolve(every_hook.plugin, hooks=fails)
    )
    plugins = house.plugins("his")
    run_async(plugins.start(), house.fake)
    bundle = Bundle("x", "x", "x", ("misbehaving", "idle", "every_hook", "appointments"))
    seen, (misbehaving, idle, broken, appointments) = plugins.preview(bundle)
    assert seen.added == ("misbehaving", "idle", "every_hook", "appointments")
    assert (idle.plugin, idle.menus, idle.problem) == ("idle", (), None)
    assert "KeyError: 'x'" in str(broken.problem)
    assert appointments.panels
    assert [key.name for key in misbehaving.settings] == ["mode", "hooks", "block_s"]
    assert registered(house) == ("his",)
    assert house.listed() == ("his",)
