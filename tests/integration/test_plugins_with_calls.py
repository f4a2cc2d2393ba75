"""Plugins in a real core with real calls: those that hurt, those that come, those that wait."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.support.plugged import PluggedHospital, PluggedSite, enable
from tests.plugins_for_tests.every_hook import EveryHook

from careline.agents.model import State
from careline.asterisk.layout import Tree
from careline.calls import facts as f
from careline.calls.model import Outcome
from careline.config import Settings
from careline.demo.phone import PATIENCE_S, Answer, Call, Phone, Tone
from careline.jobs import JobState
from careline.jobs import store as jobs_store
from careline.patients import store as patients_store
from careline.storage import Tx
from careline.testing import Spinner
from careline.testing.stage import until

pytestmark = pytest.mark.integration


@pytest.fixture
def plugged(
    spin: Spinner, asterisk_tree: Tree, spoken_prompts: Path, tmp_path: Path
) -> Iterator[PluggedHospital]:
    """A hospital with a plugin that hurts, asked before one that implements every hook."""
    plugins = {"misbehaving": {"mode": "raise"}, "every_hook": {}}
    made = PluggedHospital(spin.reactor, asterisk_tree, tmp_path / "home", spoken_prompts, plugins)
    spin(made.open())
    yield made
    spin(made.close())
    assert made.asterisk.errors() == []


def hooks_of(hospital: PluggedHospital) -> EveryHook:
    """The hooks object of every_hook, as it lives in the core."""
    found = hospital.app.plugins.hooks("every_hook")
    assert isinstance(found, EveryHook)
    return found


async def whole_call(hospital: PluggedHospital, desk: Phone, number: str) -> str:
    """IVR, queue, talk, wrap-up; gives the call's id."""
    caller = hospital.caller(number)
    call = await hospital.dial(caller)
    await hospital.press(call, "0")
    ringing = (await desk.event("ringing")).call
    assert ringing is not None
    assert await call.hears(700)
    assert await ringing.hears(440)
    await ringing.hang_up()
    await call.ended()
    await hospital.agent_is("8001", State.WRAP_UP)
    call_id = hospital.app.agents.states["8001"].call
    await hospital.app.wishes.ready("8001")
    await hospital.app.queues.settled()
    record = (await hospital.record(call_id)).record
    assert record.ended
    assert record.outcome is Outcome.ANSWERED
    assert record.agents == ("8001",)
    await caller.close()
    hospital.phones.remove(caller)
    return call_id


async def change_mode(hospital: PluggedHospital, mode: str) -> None:
    """Switch the plugin that hurts off, and on again with another mode."""
    await hospital.app.plugins.disable("misbehaving")
    config = hospital.settings.home.config
    lines = config.read_text(encoding="utf-8").splitlines()
    changed = [f'mode = "{mode}"' if line.startswith("mode =") else line for line in lines]
    config.write_text("\n".join(changed) + "\n", encoding="utf-8")
    await hospital.app.plugins.enable("misbehaving")


def test_calls_go_on_beside_plugins_that_hurt(spin: Spinner, plugged: PluggedHospital) -> None:
    async def story() -> None:
        desk = await plugged.ready("8001", Answer(after=0.3))
        for index, mode in enumerate(("raise", "exit", "hang", "stubborn", "block", "leak")):
            if index:
                await change_mode(plugged, mode)
            told = hooks_of(plugged).told
            told.clear()
            number = f"1380000222{index}"
            call_id = await whole_call(plugged, desk, number)
            of_call = [what for what, _ in told if what.startswith("call_")]
            assert of_call[:3] == ["call_started", "call_queued", "call_answered"], mode
            await call_ended(plugged, call_id)
            await answers_are_used(plugged, call_id, number)
            if mode == "raise":
                says_whose_hook_is_off(plugged)

    spin(story(), timeout=600)


async def call_ended(hospital: PluggedHospital, call_id: str) -> None:
    """The durable event reaches the good plugin, whatever the other one does with its own."""
    told = hooks_of(hospital).told
    await until(
        hospital.clock, lambda: ("call_ended", call_id) in told, PATIENCE_S, "the event call_ended"
    )


async def answers_are_used(hospital: PluggedHospital, call_id: str, number: str) -> None:
    """What the good plugin answers is done, though the other one was asked before it."""
    stored = await hospital.record(call_id)
    known = hospital.db.run_sync(patients_store.find_by_phone, f"+86{number}")
    assert [patient.name for patient in known] == ["王小明"]
    assert stored.record.patients == (known[0].id,)
    assert ("patient_linked", known[0].id) in hooks_of(hospital).told
    noted = [one.fact for one in stored.facts if isinstance(one.fact, f.Noted)]
    asked = [one.detail for one in noted if one.what == "record"]
    assert asked == [{"agent": "8001", "answer": "yes"}]


def says_whose_hook_is_off(hospital: PluggedHospital) -> None:
    """After five failures the status names plugin, hook and error."""
    states = {one.name: one for one in hospital.app.plugins.statuses()}
    assert "agent_changed" in states["misbehaving"].hooks_off
    assert states["every_hook"].hooks_off == ()
    off = [one for one in hospital.app.hub.states("misbehaving") if one.off]
    assert "this plugin always fails" in off[0].last_error


# A core that is a process


def site_of(spin: Spinner, tree: Tree, root: Path, prompts: Path, **rest: object) -> PluggedSite:
    witness = {"witness": {"file": str(root / "witness.txt")}}
    return PluggedSite(spin.reactor, tree, root / "home", prompts, witness, **rest)  # type: ignore[arg-type]  # passed on


def told(settings_root: Path, what: str) -> list[str]:
    """Ids after ``told`` or ``done`` in the witness's file, in order."""
    file = settings_root / "witness.txt"
    lines = file.read_text().splitlines() if file.exists() else []
    return [line.split()[1] for line in lines if line.startswith(what)]


async def until_done(site: PluggedSite, root: Path, count: int) -> None:
    """Wait until the witness is through with ``count`` calls."""
    end = site.clock.seconds() + 2 * PATIENCE_S
    while len(set(told(root, "done"))) < count:
        assert site.clock.seconds() < end, (told(root, "told"), told(root, "done"))
        await site.clock.sleep(0.1)


async def short_call(site: PluggedSite, number: str) -> None:
    """Somebody calls, is answered and hangs up."""
    call = await site.dial(site.caller(number))
    await call.hang_up()


def event_jobs(tx: Tx) -> list[jobs_store.JobRecord]:
    """The witness's jobs, oldest first."""
    return jobs_store.listing(tx, kind="hook.witness.call_ended")[::-1]


def job_kinds(tx: Tx) -> set[str]:
    """The kinds of all jobs there are."""
    return {job.kind for job in jobs_store.listing(tx)}


def test_call_ended_reaches_a_plugin_across_a_kill(
    spin: Spinner, asterisk_tree: Tree, spoken_prompts: Path, tmp_path: Path
) -> None:
    site = site_of(spin, asterisk_tree, tmp_path, spoken_prompts)
    hold = tmp_path / "witness.txt.hold"

    async def story() -> None:
        for n in range(3):
            await short_call(site, f"1380000500{n}")
            await until_done(site, tmp_path, n + 1)
        hold.touch()
        await short_call(site, "13800005003")
        while len(told(tmp_path, "told")) < 4:
            await site.clock.sleep(0.05)
        call = await site.dial(site.caller("13800005004"))
        site.core.kill()  # in the middle of the fourth call's event, the fifth call up
        await call.hang_up()
        hold.unlink()
        await site.start_core()
        await until_done(site, tmp_path, 5)

    try:
        spin(site.open())
        spin(story(), timeout=600)
        ids = [job.args["call_id"] for job in site.db.run_sync(event_jobs)]
        assert len(ids) == len(set(ids)) == 5, "one event for each call"
        assert told(tmp_path, "done")[:3] == ids[:3], "in order"
        assert set(told(tmp_path, "done")) == set(ids)
        assert told(tmp_path, "told").count(ids[3]) == 2, "again, since nobody knows how far it was"
        assert {job.state for job in site.db.run_sync(event_jobs)} == {JobState.DONE}
    finally:
        spin(site.close())


async def _pair(site: PluggedSite, number: int) -> tuple[Call, Call, int]:
    """A caller and the only free agent, each with a tone of its own: caller's and agent's calls."""
    agent = str(8001 + number)
    desk = await site.ready(agent, Answer(after=0.2))
    caller = site.caller(f"1380000600{number}")
    caller.voice, desk.voice = Tone(500 + 200 * number), Tone(600 + 200 * number)
    call = await site.dial(caller)
    await site.press(call, "0")
    ringing = (await desk.event("ringing")).call
    assert ringing is not None
    return call, ringing, number


async def _shape(site: PluggedSite) -> set[tuple[str, str]]:
    """Every channel with the bridge it is in, as Asterisk says."""
    return {(one.unique_id, one.bridge_id) for one in await site.switch.channels()}


def test_plugins_come_and_go_with_five_calls_up_and_none_is_dropped(
    spin: Spinner, asterisk_tree: Tree, spoken_prompts: Path, tmp_path: Path
) -> None:
    site = site_of(spin, asterisk_tree, tmp_path, spoken_prompts, agents=5, listed=False)

    async def story() -> None:
        pairs = [await _pair(site, number) for number in range(5)]
        for call, _, number in pairs:
            assert await call.hears(600 + 200 * number), f"caller {number} before"
        before = await _shape(site)
        assert len({bridge for _, bridge in before if bridge}) == 5
        _write_tables(site.settings)
        for name in ("every_hook", "witness", "misbehaving"):
            shown = await site.core.ask("plugin", verb="enable", name=name)
            assert shown["state"] == "running", shown
        status = await site.core.ask("status")
        on = [one["name"] for one in status["plugins"] if one["enabled"]]
        assert on == ["every_hook", "witness", "misbehaving"]
        for name in ("misbehaving", "every_hook"):
            shown = await site.core.ask("plugin", verb="disable", name=name)
            assert shown["state"] == "off", shown
        assert "every_hook.tick" in site.db.run_sync(job_kinds)
        await site.core.ask("plugin", verb="purge", name="every_hook")
        assert not [kind for kind in site.db.run_sync(job_kinds) if "every_hook" in kind]
        assert await _shape(site) == before
        for call, ringing, number in pairs:
            assert await call.hears(600 + 200 * number), f"caller {number}"
            assert await ringing.hears(500 + 200 * number), f"agent {number}"
        for call, _, _ in pairs:
            await call.hang_up()
        await until_done(site, tmp_path, 5)

    try:
        spin(site.open())
        spin(story(), timeout=600)
    finally:
        spin(site.close())


def _write_tables(settings: Settings) -> None:
    """What an administrator writes before enabling."""
    enable(settings, {"misbehaving": {"mode": "block"}}, listed=False)
