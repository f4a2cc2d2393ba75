"""One supervised process: started, listened to, watched, ended."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorProcess
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from careline.clock import Clock
from careline.supervisor.heart import BEAT_VARIABLE, LIFE_VARIABLE
from careline.supervisor.output import Lines, LogFile
from careline.supervisor.spec import ChildSpec

BEAT_FD, LIFE_FD = 3, 4
#: A child without heart-beats is up when it has lived this long, in seconds.
GROWN_S = 5.0
#: A session of its own: Ctrl-C in the terminal reaches the supervisor alone, which ends the rest.
_SESSION = "import os, sys; os.setsid(); os.execvp(sys.argv[1], sys.argv[1:])"


class Child(ProcessProtocol):
    """One life of one program; ``ended`` is called with it when the process is gone."""

    def __init__(
        self,
        spec: ChildSpec,
        clock: Clock,
        say: Callable[[str], None],
        ended: Callable[[Child], object],
    ) -> None:
        self.spec = spec
        self.lines = Lines()
        self.pid: int | None = None
        self.code: int | None = None
        self._clock = clock
        self._say = say
        self._ended = ended
        self._log = LogFile(spec.log)
        self._born = clock.seconds()
        self._beat: float | None = None
        self._late: IDelayedCall | None = None
        self._asking: IDelayedCall | None = None
        self._gone: Deferred[None] = Deferred()

    def start(self, reactor: IReactorProcess) -> None:
        """Spawn the process. Raises OSError when that or its log is impossible."""
        spec = self.spec
        command = [sys.executable, "-ISc", _SESSION, *spec.command]
        log = self._log.open()
        null = os.open(os.devnull, os.O_RDWR)
        files: dict[int, int | str] = {0: null, 1: log, 2: log}
        if not spec.detached:
            files |= {1: "r", 2: "r"}
        env = {**os.environ, **spec.env, "PYTHONUNBUFFERED": "1"}
        if spec.beats:
            files |= {BEAT_FD: "r", LIFE_FD: "w"}
            env |= {BEAT_VARIABLE: str(BEAT_FD), LIFE_VARIABLE: str(LIFE_FD)}
        try:
            process = reactor.spawnProcess(self, command[0], command, env=env, childFDs=files)
        finally:
            os.close(log)
            os.close(null)
        self.pid = process.pid
        try:
            _remember(spec, self.pid)
        except OSError:
            self.kill(signal.SIGKILL)
            raise

    def adopt(self, pid: int) -> None:
        """Take over a process that an earlier supervisor left running."""
        self.pid = pid
        self._beat = self._born
        _remember(self.spec, pid)
        self._poll()

    def _poll(self) -> None:
        """An adopted process is not our child: nobody tells us that it ended."""
        if self.spec.running() == self.pid:
            self._clock.call_later(0.5, self._poll)
        else:
            self._over(None)

    @property
    def came_up(self) -> bool:
        """True when it worked: it gave a sign of life, or lived for some seconds."""
        if self.spec.beats:
            return self._beat is not None
        return self._beat is not None or self._clock.seconds() - self._born > GROWN_S

    def forgive(self) -> None:
        """Count the silence from now: the supervisor itself was asleep."""
        if self._beat is not None:
            self._beat = self._clock.seconds()
        self._born = max(self._born, self._clock.seconds() - GROWN_S)

    @property
    def is_silent(self) -> bool:
        """True when a heart-beat is overdue."""
        now = self._clock.seconds()
        if not self.spec.beats or self.pid is None:
            return False
        if self._beat is None:
            return now - self._born > self.spec.first_beat_s
        return now - self._beat > self.spec.silence_s

    def kill(self, number: signal.Signals) -> None:
        """Send a signal, if it lives."""
        if self.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def stop(self) -> None:
        """End it: asked first (a stopped process is woken to hear it), then killed."""
        if self.pid is None:
            return
        late = self._clock.call_later(self.spec.stop_s, lambda: self.kill(signal.SIGKILL))
        self._ask()
        await self._gone
        if late.active():
            late.cancel()

    def _ask(self) -> None:
        if self.pid is None:
            return
        self.kill(signal.SIGTERM)
        self.kill(signal.SIGCONT)
        if self.spec.ask_again_s:
            self._asking = self._clock.call_later(self.spec.ask_again_s, self._ask)

    def childDataReceived(self, childFD: int, data: bytes) -> None:
        """Its output, or a heart-beat."""
        if childFD == BEAT_FD:
            self._beat = self._clock.seconds()
            return
        self._log.write(data)
        self._print(self.lines.feed(data))

    def processExited(self, reason: Failure) -> None:
        """It is gone; a program it started may still hold its output, so wait only a little."""
        self._late = self._clock.call_later(0.3, lambda: self.processEnded(reason))

    def processEnded(self, reason: Failure) -> None:
        """It is gone and its output read."""
        if self._late is None:
            return
        if self._late.active():
            self._late.cancel()
        self._late = None
        self._print(self.lines.end())
        self._over(getattr(reason.value, "exitCode", None))

    def _print(self, lines: list[str]) -> None:
        for line in lines:
            self._say(line)

    def _over(self, code: int | None) -> None:
        self.code = code
        self.pid = None
        if self._asking is not None and self._asking.active():
            self._asking.cancel()
        _forget(self.spec)
        gone, self._gone = self._gone, Deferred()
        self._ended(self)
        gone.callback(None)


def _remember(spec: ChildSpec, pid: int) -> None:
    if spec.pid_file is not None and not spec.detached:
        spec.pid_file.parent.mkdir(parents=True, exist_ok=True)
        spec.pid_file.write_text(f"{pid}\n")


def _forget(spec: ChildSpec) -> None:
    if spec.pid_file is not None and not spec.detached:
        spec.pid_file.unlink(missing_ok=True)
