"""Plugins that hurt while calls are up: no caller notices, and the house says whose it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.plugins_for_tests import misbehaving
from tests.support.bad_plugins import installed

from careline.calls.model import CallRecord, Outcome
from careline.plugins import Catalog, PluginState
from careline.testing.core import MemoryCore
from careline.testing.prepared import Databases

Made = Callable[..., MemoryCore]


@pytest.fixture
def made(tmp_path: Path, careline_databases: Databases) -> Iterator[Made]:
    """A core with these plugins enabled, of what is installed there."""
    cores: list[MemoryCore] = []

    def make(catalog: Catalog, tables: Mapping[str, Mapping[str, Any]]) -> MemoryCore:
        core = MemoryCore(tmp_path, list(tables), catalog, tables, databases=careline_databases)
        cores.append(core)
        core.run(core.up())
        return core

    yield make
    for core in cores:
        core.run(core.down())


async def whole_call(core: MemoryCore) -> CallRecord:
    """IVR, queue, talk, wrap-up."""
    talk = await core.talk()
    await talk.phone.hang_up()
    await talk.caller.ended()
    core.agents.ready("8001")
    return await core.over()


@pytest.mark.parametrize("mode", misbehaving.MODES)
def test_a_call_goes_its_way_beside_one_that_misbehaves_in_every_hook(
    mode: str, made: Made
) -> None:
    table = {"mode": mode, "block_s": 0.06}
    core = made(Catalog({"misbehaving": misbehaving.plugin}), {"misbehaving": table})
    record = core.run(whole_call(core))
    assert record.outcome is Outcome.ANSWERED
    assert record.agents == ("8001",)
    hurt = [one for one in core.hub.states("misbehaving") if one.failures or one.late or one.slow]
    assert {"route_call", "after_call"} <= {one.hook for one in hurt}
    if mode not in ("hang", "stubborn"):  # which takes ten seconds each time
        assert any(one.off for one in hurt)
        assert core.plugins.status("misbehaving").hooks_off


HURTING = ("blocks", "leaks", "leaks_rows", "bad_sql", "stubborn")
FAILING = ("raises_in_start", "hangs_in_start")


def test_the_house_opens_and_closes_beside_plugins_that_do_not_start_or_stop(made: Made) -> None:
    with installed(*HURTING, *FAILING) as catalog:
        core = made(catalog, {name: {} for name in (*FAILING, *HURTING)})
        states = {one.name: one for one in core.plugins.statuses() if one.enabled}
        assert all(states[name].state is PluginState.RUNNING for name in HURTING)
        assert all(states[name].state is PluginState.FAILED for name in FAILING)
        assert "the gate is closed" in states["raises_in_start"].error
        assert core.run(whole_call(core)).outcome is Outcome.ANSWERED
        told = core.run(core.hub.health())
        assert "OperationalError" in told.missing["bad_sql"]
        told = core.run(core.hub.export_patient(patient_id=1))
        assert "TypeError" in told.missing["leaks_rows"]
        status = core.run(core.plugins.disable("stubborn"))
        assert status.state is PluginState.OFF


def test_a_panel_without_end_is_an_error_in_its_place(made: Made) -> None:
    with installed("huge_panel") as catalog:
        core = made(catalog, {"huge_panel": {}})
        browser = core.browser("8001")
        for name in ("huge_panel_list", "huge_panel_none"):
            browser.htmx = True
            seen = core.run(browser.get(f"/panel/{name}"))
            assert seen.status == 500
            assert len(seen.body) < 10_000
            assert "王小明" not in seen.text
        browser.htmx = False
        assert core.run(browser.get("/")).status in (200, 303)
        assert core.run(whole_call(core)).outcome is Outcome.ANSWERED
