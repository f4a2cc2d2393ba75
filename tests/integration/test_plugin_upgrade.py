"""A plugin's version changed, spoiled and taken back with a call up, by the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from attrs import evolve
from tests.integration.support.core_process import CHECKOUT
from tests.integration.support.crowd import longest_silence
from tests.integration.support.guarded import GuardedSite
from tests.integration.support.records import all_records
from tests.integration.support.truth import in_step
from tests.plugins_for_tests.growing import install, write
from tests.support.strict import bound
from twisted.internet.threads import deferToThreadPool

from careline.asterisk.layout import Tree
from careline.calls.model import Outcome
from careline.demo.phone import PATIENCE_S, Answer, Call, Tone
from careline.storage import Tx
from careline.testing import Spinner
from careline.testing.stage import until

pytestmark = pytest.mark.integration

#: Seconds without sound that a talk may have while the core is started anew: Asterisk carries it.
SILENT_S = bound(1.0)


class UpgradedSite(GuardedSite):
    """Under the real supervisor, with ``growing`` 1.0 installed; ``careline`` runs beside it."""

    async def careline(self, *words: str, code: int = 0) -> str:
        """What a command line says."""
        command = [sys.executable, "-m", "careline_cli", "--lang", "en"]
        command += ["--home", str(self.settings.home.root), *words]
        done: subprocess.CompletedProcess[str] = await deferToThreadPool(
            self.reactor, self.reactor.getThreadPool(), self._run, command
        )
        assert done.returncode == code, done.stdout + done.stderr + "\n".join(self.said[-40:])
        return done.stdout + done.stderr

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "PYTHONPATH": self.path}
        return subprocess.run(
            command, capture_output=True, text=True, timeout=240, env=env, check=False
        )

    @property
    def path(self) -> str:
        """Where the first version is, and this checkout."""
        parts = (str(CHECKOUT / part) for part in ("core", "cli", "migrations"))
        return os.pathsep.join((str(self.settings.home.root.parent / "site-packages"), *parts))

    def _spec(self, spec: Any) -> Any:
        if spec.name != "core":
            return spec
        return evolve(spec, env={**spec.env, "PYTHONPATH": self.path})


@pytest.fixture
def site(
    spin: Spinner, asterisk_tree: Tree, spoken_prompts: Path, tmp_path: Path
) -> Iterator[UpgradedSite]:
    install(write(tmp_path / "one", "1.0"), tmp_path / "site-packages")
    made = UpgradedSite(spin.reactor, asterisk_tree, tmp_path / "home", spoken_prompts)
    try:
        spin(made.open())
        yield made
    finally:
        spin(made.close())


def notes(tx: Tx) -> list[dict[str, Any]]:
    """What the plugin wrote, one row at each start."""
    found = tx.execute(sa.text("select * from growing_note order by id"))
    return [dict(row) for row in found.mappings()]


async def talk(site: UpgradedSite) -> tuple[Call, Call]:
    """A caller and an agent, each with a tone of its own."""
    desk = await site.ready("8001", Answer(after=0.2))
    caller = site.caller("13800000001")
    caller.voice, desk.voice = Tone(500), Tone(600)
    call = await site.dial(caller)
    await site.press(call, "0")
    ringing = (await desk.event("ringing")).call
    assert ringing is not None
    assert await call.hears(600)
    return call, ringing


async def version(site: UpgradedSite) -> tuple[str, str]:
    """Version and state of the plugin that the running core has."""
    seen = await site.core.ask("status")
    [one] = [one for one in seen["plugins"] if one["name"] == "growing"]
    return one["version"], one["state"]


def ended(site: UpgradedSite) -> bool:
    """The one call's record is closed."""
    return all(one.ended for found in all_records(site.db).values() for one in found)


def test_a_version_comes_goes_wrong_and_goes_back_while_two_talk(
    spin: Spinner, site: UpgradedSite, tmp_path: Path
) -> None:
    two = write(tmp_path / "two", "1.1", grown=True)
    bad = write(tmp_path / "bad", "1.2", grown=True, start="raise OSError('no gateway')")

    async def play() -> None:
        await in_step(site)
        await site.core.ask("plugin", verb="enable", name="growing")
        call, ringing = await talk(site)
        began = site.clock.seconds()
        channels = {one.unique_id for one in await site.switch.channels()}

        said = await site.careline("plugin", "upgrade", "growing", str(two), "--anyway")
        assert "growing 1.1 runs" in said
        assert await version(site) == ("1.1", "running")
        said = await site.careline("plugin", "upgrade", "growing", str(bad), "--anyway", code=2)
        assert "1.2 did not come up and 1.1 runs again: OSError: no gateway" in said
        assert await version(site) == ("1.1", "running")
        said = await site.careline("plugin", "rollback", "growing", "--yes")
        assert "growing_note.mood (3)" in said
        assert "growing 1.0 runs" in said
        assert await version(site) == ("1.0", "running")

        await in_step(site)
        assert {one.unique_id for one in await site.switch.channels()} == channels
        assert await call.hears(600)
        assert await ringing.hears(500)
        assert longest_silence(call, began, site.clock.seconds()) <= SILENT_S
        await call.hang_up()
        await until(site.clock, lambda: ended(site), PATIENCE_S, "the end of the call's record")

    spin(play(), timeout=600)
    rows = site.db.run_sync(notes)
    assert [row["words"] for row in rows] == ["1.0", "1.1", "1.2", "1.1", "1.0"]
    assert all("mood" not in row for row in rows)
    [[record]] = all_records(site.db).values()
    assert (record.outcome, record.agents) == (Outcome.ANSWERED, ("8001",))
