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

AGENTS = 50
CHANGES_A_SECOND = 16.0
WINDOW_S = 20.0
GOAL_MS = 300.0
CHROMIUM = "/usr/bin/chromium"
LATE_S = 5.0

#: Notes each state that a tile shows, with the browser's time.
WATCH = """() => {
  window.seen = [];
  new MutationObserver(() => {
    for (const tile of document.querySelectorAll("#board-agents > div > section")) {
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
    name = f"{AGENTS} agents, {len(times) / WINDOW_S:.0f} changes/s: change to the board"
    for which in (50, 95):
        goal = Goal(at_most=GOAL_MS) if which == 95 else Goal()
        yield Row(f"{name}, p{which}", percentile(times, which) * 1000, "ms", goal=goal)


def _run(folder: Path) -> tuple[list[Moment], list[Moment]]:
    command = [sys.executable, "-m", "tests.bench.board.floor", str(folder), str(AGENTS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as core:
        try:
            assert core.stdout is not None
            told = json.loads(core.stdout.readline())
            shown = _watched(told["url"], told["token"], folder)
        finally:
            core.terminate()
    lines = (folder / "changes").read_text().splitlines()
    return [Moment(*json.loads(line)) for line in lines], shown


def _watched(url: str, token: str, folder: Path) -> list[Moment]:
    """What a leader's browser shows for a while."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        context.add_cookies([{"name": "careline", "value": token, "url": url}])
        page = context.new_page()
        page.goto(f"{url}/board")
        page.wait_for_selector(f"#board-agents section >> nth={AGENTS - 1}", state="attached")
        page.evaluate(WATCH)
        (folder / "begin").touch()
        page.wait_for_timeout(WINDOW_S * 1000)
        (folder / "begin").unlink()
        page.wait_for_timeout(1000)
        found = page.evaluate("() => window.seen")
        browser.close()
    return [Moment(at, tile.removeprefix("agent-"), state) for at, tile, state in found]


def latencies(changed: Sequence[Moment], shown: Sequence[Moment]) -> list[float]:
    """Seconds from each change to when it is shown; one that is followed at once may be left out.

    AssertionError when a change that lasted was never shown.
    """
    times = []
    for at, one in enumerate(changed):
        later = [next_.at for next_ in changed[at + 1 :] if next_.agent == one.agent]
        until = min(later, default=one.at + LATE_S)
        fits = [
            moment.at
            for moment in shown
            if (moment.agent, moment.state) == (one.agent, one.state)
            and one.at <= moment.at + 0.002 < max(until, one.at + LATE_S)
        ]
        if fits:
            times.append(max(0.0, min(fits) - one.at))
        elif until - one.at > 1.0:
            raise AssertionError(f"agent {one.agent} was not shown {one.state} of {one.at}")
    return times


def now() -> float:
    """The machine's wall clock, which core and browser share."""
    return time.time()  # noqa: TID251 -- compared with the browser's
