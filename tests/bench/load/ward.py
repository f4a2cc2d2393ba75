"""The hospital under load: real Asterisk, real core as a process, 50 agents at their desks."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import evolve, frozen
from twisted.internet.task import Clock as FakeClock

from careline.agents.model import Agent, Phone, Skill
from careline.agents.store import add_agent, list_agents, list_phones, put_phone
from careline.asterisk.model import new_secret
from careline.campuses.store import list_trunks
from careline.clock import Clock
from careline.config import Settings
from careline.control.client import ControlClient
from careline.errors import CarelineError
from careline.plugins import set_plugins
from careline.queues.store import change_queue, list_queues
from careline.setup.demo import PEOPLE
from careline.setup.switch_files import switch_files
from careline.storage import Database, Tx
from careline.testing.asterisk import Network, RealAsterisk, find_tree, start_asterisk
from careline.testing.hospital import fill, speak, write_home
from careline.testing.runner import run_async

CHECKOUT = Path(__file__).parents[3]
AGENTS = 50
WRAP_UP_S = 2
START_S = 30.0


@frozen
class Ward:
    """What runs; ``watched`` is the file of the plugin ``bench``."""

    settings: Settings
    db: Database
    asterisk: RealAsterisk
    network: Network
    core: subprocess.Popen[bytes]
    watched: Path
    prepared: Any = None

    def ask(self, verb: str, /, **args: Any) -> Any:
        """A verb of the core's control socket."""
        return ControlClient(self.settings.control_socket, timeout_s=10).call(verb, **args)

    def secrets(self) -> dict[str, str]:
        """SIP passwords by phone."""
        return {phone.name: phone.secret for phone in self.db.run_sync(list_phones)}

    def sign_in(self) -> None:
        """All agents are ready."""
        for agent in self.db.run_sync(list_agents):
            self.ask("agent", verb="sign_in", agent=agent.id)
            self.ask("agent", verb="ready", agent=agent.id)


@contextmanager
def ward(
    root: Path,
    prepare: Callable[[Tx], Any] = lambda _: None,
    plugins: Collection[str] = (),
) -> Iterator[Ward]:
    """Build it in the new folder ``root``, with ``plugins``; all that was started is ended.

    ``prepare`` puts more into the database before the core starts; what it gives is kept.
    """
    prompts = CHECKOUT / ".cache" / "prompts"
    speak(prompts)
    network = Network()
    settings = write_home(root, network, plugins)
    settings.home.prompts.symlink_to(prompts)
    db = run_async(fill(settings, network, Clock(FakeClock())))
    try:
        db.run_sync(_staff)
        prepared = db.run_sync(prepare)
        watched = _plug(settings)
        asterisk = start_asterisk(
            find_tree(CHECKOUT),
            settings.home.asterisk,
            db.run_sync(lambda tx: _files(tx, settings)),
            network=network,
            agi_port=settings.core.agi_port,
            prompts=settings.home.prompts,
        )
        try:
            with _core(settings) as core:
                made = Ward(settings, db, asterisk, network, core, watched, prepared)
                _until_in_step(made)
                yield made
        finally:
            asterisk.stop()
    finally:
        db.engine.dispose()


def _staff(tx: Tx) -> None:
    """Agents up to 8050 at phones up to 1050, all in the queue of key 0, with a short wrap-up."""
    for number in range(len(PEOPLE) + 1, AGENTS + 1):
        phone = Phone(name=str(1000 + number), secret=new_secret())
        put_phone(tx, phone)
        skills = (Skill(queue="service"),)
        name = f"Agent {number}"
        add_agent(tx, Agent(id=str(8000 + number), name=name, phone=phone.name, skills=skills))
    for queue in list_queues(tx):
        change_queue(tx, evolve(queue, wrap_up_s=WRAP_UP_S))


def _files(tx: Tx, settings: Settings) -> Any:
    return switch_files(
        settings, list_phones(tx), list_agents(tx), list_trunks(tx), list_queues(tx)
    )


def _plug(settings: Settings) -> Path:
    """Install the plugin for the core alone, by an entry point in the home, and enable it."""
    home = settings.home
    offered = home.root / "site" / "careline_bench-1.0.dist-info"
    offered.mkdir(parents=True)
    (offered / "METADATA").write_text("Metadata-Version: 2.1\nName: careline-bench\nVersion: 1.0\n")
    (offered / "entry_points.txt").write_text(
        "[careline.plugins]\nbench = tests.bench.watch:plugin\n"
    )
    watched = home.root / "watched"
    set_plugins(home.config, [*settings.plugins, "bench"])
    with home.config.open("a", encoding="utf-8") as config:
        config.write(f'\n[plugin.bench]\nfile = "{watched}"\n')
    return watched


@contextmanager
def _core(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    root = settings.home.root
    paths = (root / "site", CHECKOUT, *(CHECKOUT / one for one in ("core", "cli", "migrations")))
    command = [sys.executable, "-m", "careline_cli", "--home", str(root), "core"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    with (
        (root / "core.log").open("ab") as log,
        subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _until_in_step(made: Ward) -> None:
    ends = time.monotonic() + START_S
    while True:
        try:
            if made.ask("status")["in_step"]:
                return
        except CarelineError:
            pass
        if time.monotonic() > ends or made.core.poll() is not None:
            said = (made.settings.home.root / "core.log").read_text(errors="replace")
            raise AssertionError(f"the core did not start:\n{said[-3000:]}")
        time.sleep(0.1)
