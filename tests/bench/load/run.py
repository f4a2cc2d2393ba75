"""One run of the load: ramp up, measure, probe, let the last call end; and its table rows."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen
from tests.bench.load import latency as la
from tests.bench.load.probe import first_answers
from tests.bench.load.sipp import CALL_S, Sipp
from tests.bench.load.usage import Usage, machine_cpu, usage
from tests.bench.load.ward import AGENTS, Ward, ward
from tests.bench.runner import Goal, Row

from careline.setup.demo import NUMBER

RATE = 2
RAMP_S = CALL_S + 2
WINDOW_S = 60.0
PROBE_S = 15.0
PROBE_EVERY_S = 0.1
GOAL_MS = 20.0


@frozen
class Look:
    """What everybody has used until now; ``busy`` and ``there`` are seconds of all CPUs."""

    at: float
    core: Usage
    asterisk: Usage
    sipp_s: float
    busy: float
    there: float


@frozen
class Measured:
    """All figures of a run."""

    idle: Look
    begin: Look
    end: Look
    window: la.Window
    latencies: dict[str, list[float]]
    answers_idle: list[float]
    answers: list[float]
    calls: int
    up: int


def measure(site: Ward, sipp: Sipp) -> Measured:
    """Play the load to ``site``; AssertionError when it was not the load that was meant."""
    sipp.register(site.secrets())
    with sipp.desks() as desks:
        site.sign_in()
        port = site.settings.core.agi_port
        answers_idle = first_answers(port, PROBE_S / 3, PROBE_EVERY_S)
        idle = _look(site, [desks])
        calls = int(RATE * (RAMP_S + WINDOW_S + PROBE_S))
        with sipp.callers(NUMBER, RATE, calls) as callers:
            time.sleep(RAMP_S)
            begin = _look(site, [desks, callers])
            time.sleep(WINDOW_S)
            end = _look(site, [desks, callers])
            answers = first_answers(port, PROBE_S, PROBE_EVERY_S)
            code = callers.wait(CALL_S + 15)
    window = la.Window(begin.at, end.at)
    run = site.db.run_sync
    ended = run(la.outcomes)
    up = min(run(la.up, window.begin + share * WINDOW_S) for share in (0.0, 0.25, 0.5, 0.75, 1.0))
    if code or ended != {"answered": calls} or up < RATE * CALL_S - 5:
        raise AssertionError(f"{ended}, {up} up, sipp ended with {code}:\n{sipp.errors()}")
    latencies = la.latencies(run(la.happened), la.told(site.watched), window)
    begun = run(la.begun, window)
    return Measured(idle, begin, end, window, latencies, answers_idle, answers, begun, up)


def _look(site: Ward, sipps: list[subprocess.Popen[bytes]]) -> Look:
    busy, there = machine_cpu()
    return Look(
        at=time.time(),  # noqa: TID251 -- what Asterisk's events are stamped with
        core=usage(site.core.pid),
        asterisk=usage(site.asterisk.pid),
        sipp_s=sum(usage(one.pid).cpu_s for one in sipps),
        busy=busy,
        there=there,
    )


def table_rows(m: Measured) -> Iterator[Row]:
    """The rows: latency, first answers, CPU, memory, and what the machine was left with."""
    yield from _latency_rows(m)
    yield from _cpu_rows(m)
    yield from _memory_rows(m)


def _latency_rows(m: Measured) -> Iterator[Row]:
    load = f"{AGENTS} agents, {m.up} calls up"
    for hook, times in m.latencies.items():
        for which in (50, 95, 99):
            goal = Goal(at_most=GOAL_MS) if which == 95 else Goal()
            name = f"{load}: event to {hook}, p{which}"
            yield Row(name, la.percentile(times, which) * 1000, "ms", goal=goal)
    for which in (50, 95):
        ours, idle = (la.percentile(one, which) * 1000 for one in (m.answers, m.answers_idle))
        name = f"{load}: AGI connect to first command, p{which}"
        yield Row(name, ours, "ms", "the same core idle", idle, idle / ours)


def _cpu_rows(m: Measured) -> Iterator[Row]:
    core, asterisk = (
        (after.cpu_s - before.cpu_s) * 1000 / m.calls
        for before, after in (
            (m.begin.core, m.end.core),
            (m.begin.asterisk, m.end.asterisk),
        )
    )
    yield Row("CPU of the core for a call", core, "ms", "Asterisk", asterisk, asterisk / core)
    seconds = m.end.at - m.begin.at
    cpus = os.cpu_count() or 1
    sipp = (m.end.sipp_s - m.begin.sipp_s) / seconds * 100
    yield Row("CPU of the core, of one CPU", core * m.calls / seconds / 10, "%", "sipp", sipp)
    busy = (m.end.busy - m.begin.busy) / (m.end.there - m.begin.there) * 100
    yield Row(f"CPU of the whole machine, of all {cpus}", busy, "%")


def _memory_rows(m: Measured) -> Iterator[Row]:
    core, asterisk = m.end.core.rss_mb, m.end.asterisk.rss_mb
    yield Row("memory of the core", core, "MB", "Asterisk", asterisk, asterisk / core)
    each, its = (
        (after.rss_mb - before.rss_mb) * 1024 / m.up
        for before, after in (
            (m.idle.core, m.begin.core),
            (m.idle.asterisk, m.begin.asterisk),
        )
    )
    yield Row("memory of the core for a call up", each, "kB", "Asterisk", its)


def play(root: Path) -> Measured:
    """A run in the new folder ``root``."""
    with ward(root / "home") as made:
        return measure(made, Sipp(root / "sipp", made.network))
