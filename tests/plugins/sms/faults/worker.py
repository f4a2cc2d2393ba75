"""A process that sends: the plugin's engine on a real reactor, with two gateways over TCP.

It is a fork of one that has imported this module, so that a killed one is soon replaced; therefore
nothing here may install a reactor on import: a fork would share it.
"""

from __future__ import annotations

import json
import os
import secrets
from datetime import time
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

import cattrs
from attrs import define, evolve, field, frozen
from sqlalchemy import select, update
from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.error import ConnectError
from twisted.logger import (
    FilteringLogObserver,
    LogLevel,
    LogLevelFilterPredicate,
    globalLogBeginner,
    textFileLogObserver,
)
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure

from careline.campuses.service import Campuses
from careline.clock import Clock
from careline.hooks import Hub
from careline.jobs import Outbox
from careline.messaging.gateway import Busy, GatewayState, Outgoing, Sent, Sink, Uncertain
from careline.outreach.rules import Rules
from careline.outreach.service import Outreach
from careline.storage import Tx, open_database
from careline.tasks import Tasks
from careline_sms import store
from careline_sms.config import SmsConfig
from careline_sms.gateways.settings import GatewaySettings
from careline_sms.model import OPEN
from careline_sms.plugin import Sms
from careline_sms.sending import claiming, lines, outcomes, settling

KEYED, PLAIN = "keyed", "plain"
LOOK_S = 0.2


@frozen(kw_only=True)
class Errand:
    """What a worker is told; ``ports`` of the operators by gateway; ``bug`` plants a fault."""

    url: str
    ports: dict[str, int]
    patience_s: float = 0.5
    grace_s: float = 1.0
    room: int = 20
    bug: str = ""

    def write(self, file: Path) -> None:
        """For :func:`main`."""
        file.write_text(json.dumps(cattrs.unstructure(self)))


class Wire(LineReceiver):
    """One connection; answers belong to ids."""

    delimiter = b"\n"

    def __init__(self) -> None:
        self.waiting: dict[str, Deferred[str]] = {}
        self.open = True

    def lineReceived(self, line: bytes) -> None:
        id, _, answer = line.decode().partition(" ")
        waiting = self.waiting.pop(id, None)
        if waiting is not None:
            waiting.callback(answer)

    def connectionLost(self, reason: Failure) -> None:  # type: ignore[override]  # no types there
        self.open = False
        waiting, self.waiting = self.waiting, {}
        for one in waiting.values():
            one.errback(Uncertain("cut off"))


@define(eq=False)
class Tcp:
    """A gateway over one such connection, made anew when it is lost."""

    name: str
    takes_key: bool
    port: int
    room: int
    patience_s: float
    clock: Clock
    reactor: Any
    wire: Wire | None = None
    sink: Sink | None = field(default=None)

    async def start(self, sink: Sink) -> None:
        self.sink = sink

    async def stop(self) -> None:
        if self.wire is not None and self.wire.transport is not None:
            self.wire.transport.loseConnection()

    def state(self) -> GatewayState:
        return GatewayState(up=True)

    async def send(self, message: Outgoing) -> Sent:
        wire = self.wire
        if wire is None or not wire.open:
            wire = await self._dial()
        answer: Deferred[str] = Deferred(lambda _: None)
        wire.waiting[str(message.id)] = answer
        wire.sendLine(f"{message.key} {message.id}".encode())
        try:
            said = await self.clock.within(self.patience_s, answer)
        except TimeoutError as error:
            wire.waiting.pop(str(message.id), None)
            raise Uncertain("silent") from error
        word, _, reference = said.partition(" ")
        if word != "ok":
            raise Uncertain("500")
        return Sent(reference=(reference,))

    async def _dial(self) -> Wire:
        endpoint = TCP4ClientEndpoint(self.reactor, "127.0.0.1", self.port)
        try:
            self.wire = await connectProtocol(endpoint, Wire())
        except ConnectError as error:
            raise Busy(0.2, "not there") from error
        return self.wire


def main(file: Path, log: Path) -> None:
    """Send until nothing is left; warnings and worse go to ``log``."""
    from twisted.internet import reactor  # noqa: TID251 - a program of its own

    running: Any = reactor
    errand = cattrs.structure(json.loads(file.read_text()), Errand)
    _plant(errand.bug)
    with log.open("a") as out:
        _log(out)
        done = Deferred.fromCoroutine(_work(errand, file, running))
        done.addErrback(_fail, out, running)
        running.run()


def _log(out: IO[str]) -> None:
    """Warnings and worse, where the run finds them."""
    serious = LogLevelFilterPredicate(LogLevel.warn)
    observer = FilteringLogObserver(textFileLogObserver(out), [serious])
    globalLogBeginner.beginLoggingTo([observer], redirectStandardIO=False)


def _fail(failure: Failure, out: IO[str], reactor: Any) -> None:
    failure.printTraceback(out)
    reactor.stop()


async def _work(errand: Errand, file: Path, reactor: Any) -> None:
    clock, tasks = Clock(reactor), Tasks()
    db = open_database(errand.url, clock=clock, tasks=tasks, reactor=reactor)
    core = built_core(db, clock, tasks, reactor)
    await core.campuses.load()
    plugin = built_plugin(core)
    gateways = plugin.services.gateways.lines
    for name, port in errand.ports.items():
        how = (name == KEYED, port, errand.room, errand.patience_s, clock, reactor)
        gateways[name].gateway = Tcp(name, *how)
    _hasten(plugin, errand)
    await plugin.ways.start()
    await plugin.sender.start()
    Path(f"{file}-{os.getpid()}").touch()  # from now on it may be killed
    parent = os.getppid()
    while await db.run(_is_open) and os.getppid() == parent:  # nobody's child sends on
        await clock.sleep(LOOK_S)
    await plugin.sender.stop()
    await plugin.ways.stop()
    await tasks.stop()
    await db.close()
    reactor.stop()


def _hasten(plugin: Sms, errand: Errand) -> None:
    """Shorter pauses than in life; what follows from an ending stays as it is."""
    outcomes.FIRST_PAUSE, outcomes.LONGEST_PAUSE = 0.1, 1.0
    lines.PROBE_S, lines.LONGEST_PROBE_S = 0.1, 1.0
    plugin.sender._grace = errand.grace_s
    plugin.sender._watch.grace = errand.grace_s


def _is_open(tx: Tx) -> bool:
    return tx.scalar(select(store.m.id).where(store.m.state.in_(OPEN)).limit(1)) is not None


def built_core(db: Any, clock: Clock, tasks: Tasks, reactor: Any = None) -> Any:
    """What the plugin needs of the core, with the real governor, whose night is over."""
    campuses = Campuses(db, clock)
    rules = Rules(quiet_from=time(3), quiet_to=time(3), most_a_day=100)
    return SimpleNamespace(
        clock=clock,
        tasks=tasks,
        db=db,
        campuses=campuses,
        hub=Hub(clock, tasks, lambda *_: None),
        outbox=Outbox(clock),
        outreach=Outreach(campuses, rules),
        events=SimpleNamespace(tell=lambda *_, **__: None),
        settings=SimpleNamespace(language="en"),
        patients=None,
        reactor=reactor,
        in_thread=None,
    )


def built_plugin(core: Any) -> Sms:
    """The plugin with two gateways; who gets which is told by the purpose."""
    plain = GatewaySettings(kind="console", per_second=10_000.0)
    tables = {name: evolve(plain, purposes=(name,)) for name in (KEYED, PLAIN)}
    return Sms(core, SmsConfig(signature="市一院", gateway=tables))


def _plant(bug: str) -> None:
    """Faults that the check must find."""
    if bug == "resend":  # an unknown outcome is tried again without a key
        right = outcomes.after_send
        settling.after_send = lambda e, m, keys, o, n: right(e, m, True, o, n)
    if bug == "key":  # each repetition has another key
        send = Tcp.send

        async def other_key(self: Tcp, message: Outgoing) -> Sent:
            tries = random_word()
            return await send(self, evolve(message, key=f"{message.key}!{tries}"))

        Tcp.send = other_key  # type: ignore[method-assign]
    if bug == "lease":  # sent before it is written down that it may be
        claiming._lease = lambda tx, owner, claimed, now: list(claimed)
    if bug == "forget":  # what a dead sender held is nobody's
        settling.Settling.lost = lambda self, tx, owner, now: _drop(tx, owner, now)  # type: ignore[method-assign]
    if bug == "optimist":  # an error counts as sent
        right = outcomes.after_send
        settling.after_send = lambda e, m, k, o, n: (
            outcomes.Next(state=store.State.SENT)
            if isinstance(e, Uncertain)
            else right(e, m, k, o, n)
        )


def random_word() -> str:
    """A word that no other one is."""
    return secrets.token_hex(4)


def _drop(tx: Any, owner: str, now: Any) -> int:
    mine = (store.m.state == store.State.LEASED, store.m.owner == owner)
    ids = tx.scalars(select(store.m.id).where(*mine))
    done = {"state": store.State.SENT, "owner": ""}
    tx.execute(update(store.message_table).where(store.m.id.in_(ids)).values(done))
    return 0
