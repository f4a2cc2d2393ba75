"""``python -m tests.bench.board.floor FOLDER AGENTS``: a core without a switch, and a busy floor.

Says its address on standard output; changes agents while ``FOLDER/begin`` is there and writes each
change to ``FOLDER/changes``.
"""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path
from typing import Any

from tests.bench.board import CHANGES_A_SECOND, now
from twisted.internet import reactor as installed  # noqa: TID251 -- a program of its own
from twisted.internet.defer import Deferred

from careline.agents.model import Agent, Reason, Skill, State
from careline.agents.service import AgentChange
from careline.agents.store import add_agent
from careline.app import App
from careline.calls import facts as f
from careline.clock import Clock
from careline.config import load
from careline.setup.demo import QUEUES
from careline.storage import Tx
from careline.testing.asterisk import Network
from careline.testing.hospital import fill, put_setting, write_home
from careline.testing.ports import free_port

reactor: Any = installed
FIRST = 8100


def _add_agents(tx: Tx, agents: int) -> None:
    """All but three, who are the demonstration's."""
    for number in range(FIRST, FIRST + agents - 3):
        skills = (Skill(queue=QUEUES[number % len(QUEUES)].id),)
        person = Agent(id=str(number), name=f"坐席{number}", phone=f"p{number}", skills=skills)
        add_agent(tx, person)


class Floor:
    """Agents who change, and callers who come and go."""

    def __init__(self, app: App, folder: Path, agents: int) -> None:
        self.app, self.folder = app, folder
        self.chance = random.Random(1)
        self.out = (folder / "changes").open("w", encoding="utf-8")
        self.calls: list[str] = []
        self.made = 0
        app.agents.listen(self._changed)

    def _changed(self, change: AgentChange) -> None:
        if (self.folder / "begin").exists():
            line = [now(), change.after.agent, change.after.state.value]
            self.out.write(json.dumps(line) + "\n")
            self.out.flush()

    def begin(self) -> None:
        """Everybody is ready, then the changes begin."""
        for agent in self.app.routing.agents:
            self.app.agents.sign_in(agent)
            self.app.agents.ready(agent)
        self._step()

    def _step(self) -> None:
        reactor.callLater(1 / CHANGES_A_SECOND, self._step)
        if not (self.folder / "begin").exists():
            return
        agents = self.app.agents
        agent = self.chance.choice(list(self.app.routing.agents))
        if agents.status(agent).state is State.READY:
            agents.not_ready(agent, Reason.BREAK)
        else:
            agents.ready(agent)
        if self.chance.random() < 4 / CHANGES_A_SECOND:
            self._caller()

    def _caller(self) -> None:
        """Somebody comes, or the one who came first leaves."""
        at = self.app.clock.now()
        if len(self.calls) > 12:
            gone = self.calls.pop(0)
            self.app.calls.fact(gone, f.ChannelGone(at=at, channel=gone, cause=16))
            return
        self.made += 1
        call = f"{self.app.settings.core.node}-{int(at.timestamp())}.{self.made}"
        about: dict[str, Any] = {"at": at, "channel": call}
        begun = f.ChannelUp(name="PJSIP/a-1", context="careline-inbound", extension="1", **about)
        self.app.calls.fact(call, begun)
        self.app.calls.note(call, f.Identified(campus="main", number="+8613800001111", **about))
        queue = self.chance.choice(QUEUES).id
        self.app.calls.note(call, f.Queued(queue=queue, **about))
        self.calls.append(call)


async def _run(folder: Path, agents: int) -> None:
    network = Network()
    settings = write_home(folder / "home", network)
    config = settings.home.config
    text = put_setting(config.read_text(encoding="utf-8"), "port", free_port(network.server))
    config.write_text(text, encoding="utf-8")
    settings = load(config, {})
    db = await fill(settings, network, Clock(reactor))
    db.run_sync(_add_agents, agents)
    await db.close()
    app = App(reactor, settings)
    reactor.addSystemEventTrigger("before", "shutdown", lambda: Deferred.fromCoroutine(app.stop()))
    await app.start()
    Floor(app, folder, agents).begin()
    url = f"http://{settings.web.bind}:{settings.web.port}"
    print(url, flush=True)


def main() -> None:
    """Run until terminated."""
    reactor.seconds = time.monotonic
    folder, agents = Path(sys.argv[1]), int(sys.argv[2])

    def begin() -> None:
        Deferred.fromCoroutine(_run(folder, agents)).addErrback(failed)

    def failed(failure: Any) -> None:
        failure.printTraceback()
        reactor.stop()

    reactor.callWhenRunning(begin)
    reactor.run()


if __name__ == "__main__":
    main()
