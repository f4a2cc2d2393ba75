"""The load generator: sipp plays all callers in one process and all desk phones in another."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shutil import which

from careline.testing.asterisk import Network

SCENARIOS = Path(__file__).parent
PORT = 5060
CALLERS_PORT = 5062
"""Not the trunk's own, or sipp would complain of every OPTIONS that comes there."""
VOICE = bytes.fromhex("d5b4a1a4b1b5a4a1b45534212431352421") * 400
"""A-law; any steady noise does, since nobody listens to it."""
CALL_S = 30.0
"""How long a caller of caller.xml stays."""


class Sipp:
    """sipp in ``folder`` between ``network``'s callers, desks and its Asterisk."""

    def __init__(self, folder: Path, network: Network) -> None:
        if which("sipp") is None:
            raise FileNotFoundError("sipp is not installed: apt install sip-tester")
        folder.mkdir()
        (folder / "voice.alaw").write_bytes(VOICE)
        self._folder = folder
        self._target = f"{network.server}:{PORT}"
        self._callers, self._desks = network.trunk, network.host(3)

    def register(self, secrets: Mapping[str, str]) -> None:
        """Register all phones, ``secrets`` by name, at the address of the desks."""
        lines = [
            f"{name};[authentication username={name} password={secret}]"
            for name, secret in secrets.items()
        ]
        rest = ("-m", str(len(lines)), "-r", "50", "-timeout", "20", "-timeout_error")
        command = self._command("register", self._desks, PORT, *self._csv("phones", lines), *rest)
        done = subprocess.run(
            command, cwd=self._folder, check=False, stdin=subprocess.DEVNULL,
            capture_output=True, timeout=40,
        )  # fmt: skip
        if done.returncode:
            raise AssertionError(f"phones do not register:\n{done.stderr.decode()}{self.errors()}")

    def errors(self) -> str:
        """What sipp found wrong, the beginning of it."""
        found = [file.read_text(errors="replace") for file in self._folder.glob("*_errors.log")]
        return "\n".join(found)[:3000]

    @contextmanager
    def desks(self) -> Iterator[subprocess.Popen[bytes]]:
        """All desk phones, until the end."""
        with self._running(self._command("desk", self._desks, PORT)) as process:
            yield process

    @contextmanager
    def callers(self, dnis: str, rate: int, calls: int) -> Iterator[subprocess.Popen[bytes]]:
        """So many calls to ``dnis``, ``rate`` of them a second, each with a number of its own.

        The process ends with the last call; its exit code is 0 when all went well.
        """
        numbers = [f"138{n:08}" for n in range(calls)]
        rest = ("-s", dnis, "-r", str(rate), "-m", str(calls), "-l", "500")
        inf = self._csv("numbers", numbers)
        command = self._command("caller", self._callers, CALLERS_PORT, *inf, *rest)
        with self._running(command) as process:
            yield process

    def _csv(self, name: str, lines: Iterable[str]) -> tuple[str, str]:
        file = self._folder / f"{name}.csv"
        file.write_text("\n".join(("SEQUENTIAL", *lines)) + "\n", encoding="ascii")
        return "-inf", str(file)

    def _command(self, scenario: str, host: str, port: int, *rest: str) -> tuple[str, ...]:
        where = ("-i", host, "-mi", host, "-p", str(port))
        file = str(SCENARIOS / f"{scenario}.xml")
        return ("sipp", self._target, "-sf", file, *where, "-nostdin", "-trace_err", *rest)

    @contextmanager
    def _running(self, command: tuple[str, ...]) -> Iterator[subprocess.Popen[bytes]]:
        nothing = subprocess.DEVNULL
        with subprocess.Popen(
            command, cwd=self._folder, stdin=nothing, stdout=nothing, stderr=nothing
        ) as process:
            try:
                yield process
            finally:
                process.kill()  # no good-bye: whatever it still plays is of no interest
