"""Programs that careline did not write, started by tests: tests/counterparts/*.mjs under Node.js.

A script listens on 127.0.0.1 at a port that the system chooses, and says ``ready PORT`` on its
standard output when it does; further lines tell the test what it has seen.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from queue import Empty, Queue

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests/counterparts"
START_S = 120.0

sys.path.insert(0, str(ROOT / "tools"))
from frontend import node_path  # noqa: E402 - how set-up finds it too

sys.path.pop(0)


class Running:
    """A started counterpart and its ``port``; :meth:`line` waits for what it says next."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._said: Queue[str] = Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.port = self._ready()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._said.put(line.rstrip() or " ")
        self._said.put("")

    def _ready(self) -> int:
        words: list[str] = []
        while words[:1] != ["ready"]:
            try:
                line = self._said.get(timeout=START_S)
            except Empty:
                line = ""
            words = line.split()
            if not words:
                self.stop()
                raise AssertionError(f"{self._process.args} did not become ready")
        return int(words[1])

    def line(self, timeout: float = 60.0) -> str:
        """The next line that it says; empty when it has ended."""
        return self._said.get(timeout=timeout)

    def stop(self) -> None:
        """End it, by its own process id."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()


def start(script: str, *arguments: str) -> Running:
    """Start ``tests/counterparts/<script>`` and wait until it is ready."""
    env = {**os.environ, "PATH": node_path(), "NODE_ENV": "production"}
    process = subprocess.Popen(
        ["node", script, *arguments],
        cwd=FOLDER,
        env=env,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    return Running(process)
