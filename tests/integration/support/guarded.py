"""A site under the real supervisor, which the test process runs itself."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from attrs import evolve
from tests.integration.support.core_process import RUN, listening
from tests.integration.support.site import Site
from twisted.internet.task import deferLater

from careline.asterisk.layout import folders
from careline.asterisk.process import Instance
from careline.demo.phone import PATIENCE_S
from careline.supervisor import Supervisor
from careline.testing.hospital import fill
from careline.testing.stage import until
from careline_cli.children import children


class GuardedSite(Site):
    """Asterisk and core are children of ``supervisor``, as under ``careline run``.

    ``said`` holds what the supervisor told.
    """

    said: list[str]
    supervisor: Supervisor

    async def open(self) -> None:
        """Start everything; returns when the core takes calls and the test's link is up."""
        self.db = await fill(self.settings, self.network, self.clock)
        self.db.run_sync(self._more_agents)
        instance = Instance(self._tree, folders(self.settings.home.asterisk))
        instance.prepare(self.db.run_sync(self._files), self.settings.home.prompts)
        self.asterisk = _Supervised(self, instance)  # type: ignore[assignment]  # what is used of it
        specs = [self._spec(spec) for spec in children(evolve_tree(self.settings, self._tree))]
        self.said = []
        self.supervisor = Supervisor(self.reactor, self.clock, specs, self.said.append)
        self.running = self.tasks.spawn(self.supervisor.run(), "the supervisor")
        self.link.start()
        await self.core_up()

    def _spec(self, spec: Any) -> Any:
        if spec.name != "core":
            return spec
        return evolve(spec, command=(sys.executable, "-c", RUN, str(self.settings.home.root)))

    async def core_up(self, timeout: float = 2 * PATIENCE_S) -> None:
        """Wait until Asterisk answers the test and the core takes calls."""
        port = self.settings.core.agi_port
        await until(self.clock, lambda: listening(port), timeout, "a core that takes calls")
        await until(self.clock, lambda: self.link.up, timeout, "Asterisk")

    def signal(self, child: str, number: signal.Signals) -> None:
        """Send a signal to a child."""
        pid = self.supervisor.pid(child)
        assert pid is not None
        os.kill(pid, number)

    async def gone(self, child: str, pid: int | None, timeout: float = PATIENCE_S) -> None:
        """Wait until the child is another process than ``pid``."""
        await until(
            self.clock,
            lambda: self.supervisor.pid(child) not in (pid, None),
            timeout,
            f"a new {child}",
        )

    async def close(self) -> None:
        """End phones, then everything the supervisor keeps."""
        for phone in self.phones:
            await phone.close()
        await self.link.stop()
        await self.supervisor.stop()
        await self.running
        await self.tasks.stop()
        await self.db.close()
        await deferLater(self.reactor, 1.1, lambda: None)  # the supervisor's last look


class _Supervised:
    """What of RealAsterisk a site uses."""

    def __init__(self, site: Site, instance: Instance) -> None:
        self.instance = instance
        self.sip = site.settings.asterisk.bind, site.settings.asterisk.sip_port
        self.rx = instance.rx


def evolve_tree(settings: Any, tree: Any) -> Any:
    """The settings with the test run's Asterisk."""
    return evolve(settings, asterisk=evolve(settings.asterisk, tree=tree.binary.parents[2]))
