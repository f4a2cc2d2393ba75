"""Desks under load: 50 browsers at their event streams while 2 calls a second come in.

The same hospital and callers as in the benchmark ``load``; each browser fetches its phone bar when
it is told to, and at a ring the caller's panels. Measured is from Asterisk's own time of an event
to the answer that shows it, and how long a panel takes on the server.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from attrs import frozen
from sqlalchemy import select
from tests.bench.load.latency import Window, percentile
from tests.bench.load.run import RATE
from tests.bench.load.sipp import CALL_S, Sipp
from tests.bench.load.ward import AGENTS, Ward, ward
from tests.bench.runner import Goal, Row

from careline.agents.store import list_agents
from careline.auth.model import User
from careline.auth.passes import write_session
from careline.auth.people import add_user
from careline.auth.sessions import new_session
from careline.auth.store import list_users
from careline.calls.facts import Connected, Rang
from careline.calls.store import fact_table
from careline.setup.demo import NUMBER
from careline.storage import Tx

RAMP_S = CALL_S
WINDOW_S = 45.0
SCREEN_MS = 100.0
PANEL_MS = 30.0
SHOWN = {Rang.__name__: "ringing", Connected.__name__: "talking"}


@frozen
class Screen:
    """One answer that a browser got: what the agent's bar shows, or a panel's path (``what``).

    ``took_s`` is what the server says a panel took.
    """

    at: float
    agent: str
    what: str
    took_s: float


def rows(rounds: int) -> Iterable[Row]:
    """One run of about two minutes gives all figures."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        root = Path(folder)
        with ward(root / "home", _let_in) as site:
            yield from _measured(site, Sipp(root / "sipp", site.network), root / "screens")


def _let_in(tx: Tx) -> dict[str, str]:
    """An account and a session for each agent; the tokens by the agent's number."""
    known = {user.agent for user in list_users(tx)}
    for agent in list_agents(tx):
        if agent.id not in known:
            add_user(tx, User(login=agent.id, name=agent.name, agent=agent.id, roles=("agent",)))
    tokens = {}
    for user in list_users(tx):
        if user.agent:
            token, stored = new_session(user.id, user.epoch, datetime.now(UTC), "127.0.0.1", "")
            write_session(tx, stored)
            tokens[user.agent] = token
    return tokens


def _measured(site: Ward, sipp: Sipp, file: Path) -> Iterator[Row]:
    sipp.register({name: secret for name, secret in site.secrets().items() if len(name) == 4})
    web = site.settings.web
    told = {"host": web.bind, "port": web.port, "tokens": site.prepared, "file": str(file)}
    command = [sys.executable, "-m", "tests.bench.screens.browsers"]
    with sipp.desks(), subprocess.Popen(command, stdin=subprocess.PIPE) as browsers:
        try:
            assert browsers.stdin is not None
            browsers.stdin.write(json.dumps(told).encode())
            browsers.stdin.close()
            site.sign_in()
            calls = int(RATE * (RAMP_S + WINDOW_S))
            with sipp.callers(NUMBER, RATE, calls) as callers:
                time.sleep(RAMP_S)
                window = Window(time.time(), time.time() + WINDOW_S)  # noqa: TID251 -- Asterisk's
                time.sleep(WINDOW_S)
                callers.wait(CALL_S + 15)
        finally:
            browsers.terminate()
    screens = [Screen(**json.loads(line)) for line in file.read_text().splitlines()]
    yield from _rows(site.db.run_sync(happened), screens, window)


def happened(tx: Tx) -> list[tuple[str, str, float]]:
    """What phones did: agent, what the screen is to show, and Asterisk's time of it."""
    wanted = select(fact_table).where(fact_table.c.kind.in_(SHOWN))
    return [
        (str(row.detail["agent"]), SHOWN[row.kind], row.at.timestamp()) for row in tx.all(wanted)
    ]


def _rows(
    facts: list[tuple[str, str, float]], screens: list[Screen], window: Window
) -> Iterator[Row]:
    load = f"{AGENTS} desks, {RATE} calls/s"
    for shown in SHOWN.values():
        times = list(latencies(facts, screens, window, shown))
        for which in (50, 95):
            goal = Goal(at_most=SCREEN_MS) if which == 95 else Goal()
            name = f"{load}: event to “{shown}” on the screen, p{which}"
            yield Row(name, percentile(times, which) * 1000, "ms", goal=goal)
    panels = [one.took_s for one in screens if "/" in one.what and one.at in window]
    for which in (50, 95):
        goal = Goal(at_most=PANEL_MS) if which == 95 else Goal()
        yield Row(
            f"{load}: a panel on the server, p{which}",
            percentile(panels, which) * 1000,
            "ms",
            goal=goal,
        )


def latencies(
    facts: list[tuple[str, str, float]], screens: list[Screen], window: Window, shown: str
) -> Iterator[float]:
    """Seconds from each event in the window to the first screen of that agent which shows it.

    AssertionError when one was never shown.
    """
    bars: dict[str, list[float]] = {}
    for one in screens:
        if one.what == shown:
            bars.setdefault(one.agent, []).append(one.at)
    for agent, what, at in facts:
        if what == shown and at in window:
            later = [moment for moment in bars.get(agent, ()) if at <= moment < at + 5]
            if not later:
                raise AssertionError(f"agent {agent} was not shown “{shown}” of {at}")
            yield min(later) - at
