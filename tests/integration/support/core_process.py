"""The core as a process of its own, so that it can be killed, stopped and started again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from attrs import frozen
from twisted.internet.threads import deferToThreadPool

from careline.clock import Clock
from careline.config import Settings
from careline.control.client import ControlClient
from careline.demo.phone import PATIENCE_S
from careline.errors import CarelineError
from careline.testing.stage import until

LISTEN = "0A"
CHECKOUT = Path(__file__).parents[3]
RUN = """
import sys
from pathlib import Path
from careline.app import run_core
from careline.config import Home, load
run_core(load(Home(Path(sys.argv[1])).config, {}))
"""


def listening(port: int) -> bool:
    """True when somebody listens on TCP ``port``; nobody is connected to find out."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
            return True
    return False


@frozen
class Life:
    """One life of a core: its process and when it was started, monotonic seconds."""

    process: subprocess.Popen[bytes]
    started: float


class CoreProcess:
    """Starts ``careline core`` of a home; the kernel ends it when the test run is killed."""

    def __init__(self, reactor: Any, settings: Settings) -> None:
        self.reactor, self.settings, self.clock = reactor, settings, Clock(reactor)
        self.log = settings.home.root / "core.log"
        self._control = ControlClient(settings.control_socket, timeout_s=PATIENCE_S)
        self._life: Life | None = None
        self.more_path: tuple[str, ...] = ()

    def start(self) -> None:
        """Start it; see :meth:`up`."""
        setpriv = shutil.which("setpriv")
        guard = [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []
        command = [*guard, sys.executable, "-c", RUN, str(self.settings.home.root)]
        parts = (str(CHECKOUT / part) for part in ("core", "cli", "migrations"))
        path = os.pathsep.join((*parts, *self.more_path))
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": path},
            )
        self._life = Life(process, self.clock.seconds())

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._life is not None
        return self._life.process.pid

    async def up(self, timeout: float = 2 * PATIENCE_S) -> float:
        """Wait until it takes calls; the seconds that it took to start."""
        life = self._life
        assert life is not None
        port = self.settings.core.agi_port

        def there() -> bool:
            assert life.process.poll() is None, f"the core ended:\n{self.said()[-3000:]}"
            return listening(port)

        await until(self.clock, there, timeout, "a core that takes calls")
        return self.clock.seconds() - life.started

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._life is not None
        self._life.process.send_signal(number)

    def kill(self) -> None:
        """End it as a crash would."""
        self.signal(signal.SIGKILL)
        assert self._life is not None
        self._life.process.wait(PATIENCE_S)
        self._life = None

    def stop(self) -> None:
        """End it in good order, by force when it does not obey."""
        if self._life is None:
            return
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            self._life.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self._life = None

    async def ask(self, what: str, /, **args: Any) -> Any:
        """A verb of the control socket."""
        return await deferToThreadPool(
            self.reactor,
            self.reactor.getThreadPool(),
            lambda: self._control.call(what, **args),
        )

    async def status(self) -> dict[str, Any] | None:
        """What it says of itself; None while it does not answer."""
        try:
            found: dict[str, Any] = await self.ask("status")
        except CarelineError:
            return None
        return found

    def said(self) -> str:
        """Its log so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""
