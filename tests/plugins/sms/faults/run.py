"""One run: processes that send and are killed, two bad operators, and then the account of it."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from attrs import field, frozen
from sqlalchemy import insert, select
from tests.plugins.sms.faults import worker
from tests.plugins.sms.faults.operator import Operator, Whim, Whims
from tests.plugins.sms.faults.worker import KEYED, PLAIN, Errand, built_core, built_plugin
from twisted.internet.task import Clock as FakeClock

from careline.campuses import store as campuses_store
from careline.campuses.model import Campus
from careline.clock import Clock
from careline.storage import Database, Tx, metadata, open_database
from careline.tasks import Tasks
from careline_sms.model import New, State
from careline_sms.service import Messages
from careline_sms.store import m
from careline_sms.tables import message_table

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([worker.__name__])


@frozen(kw_only=True)
class Plan:
    """How many messages, half of them to each operator, and how often a process is killed.

    ``kill_after`` so many messages (small runs: however slow the machine, something gets done), or
    every ``kill_s`` seconds the one that has been sending for the longest; none is killed any more
    when ``kills`` were, or when each message has been asked for. ``well``: of how many more than 6
    all is well. ``patience_s`` ends a send, ``grace_s`` buries a sender: both are longer in long
    runs, or a slow machine makes all uncertain.
    """

    messages: int = 120
    processes: int = 2
    kills: int = 2
    kill_after: int = 30
    kill_s: float = 0.0
    room: int = 10
    well: int = 20
    bug: str = ""
    limit: float = 120.0
    patience_s: float = 0.5
    grace_s: float = 1.0


@frozen(kw_only=True)
class Account:
    """What came of it: ``lost``, ``doubled`` and ``wrong`` must be none, and none may be open.

    ``lost``: nobody knows of it and it is not uncertain. ``wrong``: the state tells an untruth.
    """

    lost: int
    doubled: int
    wrong: int
    open: int
    uncertain_keyed: int
    uncertain: int
    asked: int
    kills: int
    states: Mapping[str, int]
    seconds: float
    log: str = field(default="", repr=False)

    @property
    def faults(self) -> int:
        """All that must be none; with keys nothing is uncertain either."""
        return self.lost + self.doubled + self.wrong + self.open + self.uncertain_keyed


def run(plan: Plan, url: str, folder: Path) -> Account:
    """Run ``plan`` on an empty database."""
    began = time.monotonic()
    db = open_database(url, clock=Clock(FakeClock()), tasks=Tasks())
    _prepare(db, plan.messages)
    operators = {
        name: Operator(name == KEYED, whims_of(plan), seed)
        for seed, name in enumerate((KEYED, PLAIN))
    }
    for one in operators.values():
        one.start()
    try:
        kills = _storm(plan, url, folder, operators)
    finally:
        for one in operators.values():
            one.stop()
    log = (folder / "log").read_text() if (folder / "log").exists() else ""
    found = _account(db, operators, kills, time.monotonic() - began, log)
    db.engine.dispose()
    return found


def whims_of(plan: Plan) -> Whims:
    """Each bad one once, and the good one so often."""
    return Whims({**dict.fromkeys(Whim, 1), Whim.WELL: plan.well})


def _prepare(db: Database, messages: int) -> None:
    db.run_sync(lambda tx: metadata.create_all(tx.connection))
    db.run_sync(campuses_store.put_campus, Campus(id="main", title="总院"))
    plugin = built_plugin(built_core(db, Clock(FakeClock()), Tasks()))
    db.run_sync(_put, plugin.messages, messages)


def _put(tx: Tx, messages: Messages, count: int) -> None:
    """One for each operator is put as all are; the rest are like it, or it would take too long."""
    for number, purpose in enumerate((PLAIN, KEYED)):
        new = New(key=f"m{number}", to=_number(number), text="您好", campus="main", purpose=purpose)
        messages.put(tx, new)
    like = [dict(row._mapping) for row in tx.all(select(message_table).order_by(m.id))]
    for row in like:
        del row["id"]
    rest = [
        {**like[number % 2], "key": f"m{number}", "to": _number(number)}
        for number in range(2, count)
    ]
    tx.execute(insert(message_table), rest)


def _number(number: int) -> str:
    return f"+8613{number:09}"


def _storm(plan: Plan, url: str, folder: Path, operators: Mapping[str, Operator]) -> int:
    """Processes until nothing is left; gives how many were killed."""
    errand = Errand(
        url=url,
        ports={name: one.port for name, one in operators.items()},
        room=plan.room,
        patience_s=plan.patience_s,
        grace_s=plan.grace_s,
        bug=plan.bug,
    )
    file = folder / "errand"
    errand.write(file)
    ends = time.monotonic() + plan.limit
    running = [_start(file, folder) for _ in range(plan.processes)]
    killed, last = 0, time.monotonic()

    def storms() -> bool:
        return killed < plan.kills and sum(one.asked for one in operators.values()) < plan.messages

    try:
        while running and time.monotonic() < ends:
            victim = _victim(plan, operators, running, folder, last) if storms() else None
            if victim is not None:
                victim.kill()
                victim.join()
                killed, last = killed + 1, time.monotonic()
                running.append(_start(file, folder))
            elif not storms():
                running[0].join(max(1.0, ends - time.monotonic()))
            running = [one for one in running if one.is_alive()]
    finally:
        for one in running:
            one.kill()
            one.join()
    return killed


def _victim(
    plan: Plan,
    operators: Mapping[str, Operator],
    running: list[ForkServerProcess],
    folder: Path,
    last: float,
) -> ForkServerProcess | None:
    """The process to be killed now, after some waiting; None when there is none yet."""
    if not plan.kill_s:
        one = operators[KEYED]
        one.wait_until_asked(one.asked + plan.kill_after // 2, timeout=5.0)
        return running[0] if running[0].is_alive() else None
    running[0].join(0.1)
    if time.monotonic() < last + plan.kill_s:
        return None
    ready = (one for one in running if (folder / f"errand-{one.pid}").exists() and one.is_alive())
    return next(ready, None)


def _start(file: Path, folder: Path) -> ForkServerProcess:
    """A new sender: a fork of a process that has imported all it needs."""
    process = FORKS.Process(target=worker.main, args=(file, folder / "log"), daemon=True)
    process.start()
    return process


def _account(
    db: Database, operators: Mapping[str, Operator], kills: int, seconds: float, log: str
) -> Account:
    states: Counter[str] = Counter()
    lost = doubled = wrong = still = unsure_keyed = unsure = 0
    gone_out: Counter[str] = Counter()
    for one in operators.values():
        for key, count in one.sent.items():
            gone_out[key.partition("!")[0]] += count
    for key, purpose, state in db.run_sync(_ended):
        sent = gone_out[key]
        states[f"{purpose} {state.value}"] += 1
        doubled += max(0, sent - 1)
        still += state in (State.QUEUED, State.LEASED, State.HELD)
        wrong += state is State.REJECTED and bool(sent)
        lost += state in (State.SENT, State.REJECTED) and not sent
        unsure += state is State.UNCERTAIN and purpose == PLAIN
        unsure_keyed += state is State.UNCERTAIN and purpose == KEYED
    return Account(
        lost=lost,
        doubled=doubled,
        wrong=wrong,
        open=still,
        uncertain_keyed=unsure_keyed,
        uncertain=unsure,
        asked=sum(one.asked for one in operators.values()),
        kills=kills,
        states=dict(sorted(states.items())),
        seconds=seconds,
        log=log,
    )


def _ended(tx: Tx) -> list[tuple[str, str, State]]:
    return [
        (row.key, row.purpose, row.state) for row in tx.all(select(m["key"], m.purpose, m.state))
    ]
