"""A step of the wall clock: Twisted's own timers stand still for as long, careline's do not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
#: Twisted takes the clock at its import, so it must have been replaced before.
STEP = """
import sys, time
wall, step = time.time, [0.0]
time.time = lambda: wall() + step[0]

def clock_goes_back():
    step[0] -= 3600.0
"""
TWISTED = """
from twisted.internet import reactor
reactor.callLater(0.1, reactor.stop)
clock_goes_back()
print(reactor.timeout() > 3500)
"""
CORE = """
from pathlib import Path
from careline.app import process
from careline.config import Home, load, write_default

class App:
    def __init__(self, reactor, settings):
        self.reactor = reactor

    async def start(self):
        self.reactor.callLater(0.1, self.reactor.stop)
        clock_goes_back()

    async def stop(self):
        print("stopped")

process.App = App
home = Home(Path(sys.argv[1]))
write_default(home)
process.run_core(load(home.config, {}))
"""
COMMANDS = """
from careline_cli.preparing import the_reactor
reactor = the_reactor()
reactor.callLater(0.1, reactor.stop)
clock_goes_back()
reactor.run()
print("stopped")
"""


def said(program: str, home: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", STEP + program, str(home)],
        cwd=CHECKOUT / "core",
        env={"PYTHONPATH": f"{CHECKOUT / 'core'}:{CHECKOUT / 'cli'}"},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return done.stdout.strip()


def test_fact_9_twisted_alone_would_wait_for_an_hour(tmp_path: Path) -> None:
    assert said(TWISTED, tmp_path) == "True"


@pytest.mark.parametrize("program", [CORE, COMMANDS], ids=["core", "commands"])
def test_fact_9_our_timers_go_on(program: str, tmp_path: Path) -> None:
    assert said(program, tmp_path) == "stopped"
