"""The shift leader's board in a real browser: how soon a change of one of 50 agents is on it.

The core runs without a switch: agents change state 16 times a second, as 2 calls a second make
them, and callers come and go. Measured is from the change in the core to the changed tile in
Chromium, on one machine and so by one clock.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from attrs import frozen
from playwright.sync_api import sync_playwright
from tests.bench.load.latency import percentile
from tests.bench.runner import Goal, Row

from careline.auth.permissions import DEMO_PASSWORD

AGENTS = 50
CHANGES_A_SECOND = 16.0
WINDOW_S = 20.0
GOAL_MS = 300.0
CHROMIUM = "/usr/bin/chromium"
LATE_S = 5.0
ALONE_S = 1.0
SAME_S = 0.002

#: Notes each state that a tile shows, with the browser's time.
WATCH = """() => {
  window.seen = [];
  new MutationObserver(() => {
    for (const tile of document.querySelectorAll("#board-agents .board-agent")) {
      const state = tile.querySelector("[data-state]")?.dataset.state;
      if (state && tile.shown !== state) {
        tile.shown = state;
        window.seen.push([Date.now() / 1000, tile.id, state]);
      }
    }
  }).observe(document.getElementById("board-agents"), {
    subtree: true, childList: true, attributes: true,
  });
}"""


@frozen
class Moment:
    """An agent's state, changed in the core or shown on the board."""

    at: float
    agent: str
    state: str


def rows(rounds: int) -> Iterable[Row]:
    """One run of half a minute gives all figures."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        changed, shown = _run(Path(folder))
    times = latencies(changed, shown)
    name = f"{AGENTS} agents, {CHANGES_A_SECOND:g} changes/s: change to the board"
    for which in (50, 95):
        goal = Goal(at_most=GOAL_MS) if which == 95 else Goal()
        yield Row(f"{name}, p{which}", percentile(times, which) * 1000, "ms", goal=goal)


def _run(folder: Path) -> tuple[list[Moment], list[Moment]]:
    command = [sys.executable, "-m", "tests.bench.board.floor", str(folder), str(AGENTS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as core:
        try:
            assert core.stdout is not None
            url = core.stdout.readline().strip()
            if not url:
                raise AssertionError("the core did not start")
            shown = _watched(url, folder)
        finally:
            core.terminate()
    lines = (folder / "changes").read_text().splitlines()
    return [Moment(*json.loads(line)) for line in lines], shown


def _watched(url: str, folder: Path) -> list[Moment]:
    """What a leader's browser shows for a while."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.goto(f"{url}/signin")
        page.fill("input[name=login]", "admin")
        page.fill("input[name=password]", DEMO_PASSWORD)
        page.click("button.primary")
        page.wait_for_selector("#rail")
        page.goto(f"{url}/board")
        page.wait_for_selector(f"#board-agents .board-agent >> nth={AGENTS - 1}", state="attached")
        page.evaluate(WATCH)
        (folder / "begin").touch()
        page.wait_for_timeout(WINDOW_S * 1000)
        (folder / "begin").unlink()
        page.wait_for_timeout(1000)
        found = page.evaluate("() => window.seen")
        browser.close()
    return [Moment(at, tile.removeprefix("agent-"), state) for at, tile, state in found]


def latencies(changed: Sequence[Moment], shown: Sequence[Moment]) -> list[float]:
    """Seconds from each change to when it is shown.

    Changes of one agent within a second are left out: the board may show the last one alone.
    AssertionError when one was not shown.
    """
    times = []
    for one in changed:
        own = [other.at - one.at for other in changed if other.agent == one.agent]
        if any(0 < abs(apart) < ALONE_S for apart in own):
            continue
        fits = [
            moment.at - one.at
            for moment in shown
            if (moment.agent, moment.state) == (one.agent, one.state)
            and -SAME_S < moment.at - one.at < LATE_S
        ]
        if not fits:
            raise AssertionError(f"agent {one.agent} was not shown {one.state} of {one.at}")
        times.append(max(0.0, min(fits)))
    return times


def now() -> float:
    """The machine's wall clock, which core and browser share."""
    return time.time()  # noqa: TID251 -- compared with the browser's
