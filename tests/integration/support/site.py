"""A site whose processes can fail one by one: Asterisk, core, and an observer beside the core."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from attrs import evolve
from tests.integration.support.core_process import CoreProcess
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint

from careline.agents.model import Agent, Skill
from careline.agents.model import Phone as DeskPhone
from careline.agents.store import add_agent, list_phones, put_phone
from careline.asterisk.layout import Tree
from careline.asterisk.model import new_secret
from careline.calls import store as calls_store
from careline.calls.store import StoredCall
from careline.demo.phone import PATIENCE_S, Answer, Phone
from careline.queues.store import change_queue, list_queues
from careline.setup.demo import PEOPLE
from careline.storage import Tx
from careline.tasks import Tasks
from careline.telephony.ami import AmiLink, Message
from careline.telephony.switch import Switch
from careline.testing.asterisk import start_asterisk
from careline.testing.hospital import AGENT_TONE, Hospital, fill

WRAP_UP_S = 2
WATCHED = (
    *("QueueCallerJoin", "QueueCallerLeave", "QueueCallerAbandon", "AgentCalled", "AgentConnect"),
    *("AgentComplete", "BridgeEnter", "BridgeLeave", "Hangup", "Newchannel"),
)


class Site(Hospital):
    """A hospital whose core is a process; ``agents`` are 8001 and up at phones 1001 and up.

    ``switch`` is the test's own connection to Asterisk, with which it sees what is true; ``seen``
    holds what Asterisk told, with the time of arrival.
    """

    def __init__(
        self,
        reactor: Any,
        tree: Tree,
        root: Path,
        prompts: Path,
        *,
        agents: int = 3,
        plugins: Collection[str] = (),
    ) -> None:
        super().__init__(reactor, tree, root, prompts, plugins)
        self.agents = [str(8001 + n) for n in range(agents)]
        self.core = CoreProcess(reactor, self.settings)
        self.seen: list[tuple[float, Message]] = []
        self.tasks = Tasks()
        self.link = self._own_link()
        self.switch = Switch(self.link)
        self._hosts = 10

    def _own_link(self) -> AmiLink:
        own = self.settings.asterisk
        link = AmiLink(
            self.clock,
            self.tasks,
            lambda: TCP4ClientEndpoint(self.reactor, own.ami_host, own.ami_port, timeout=5),
            own.ami_user,
            own.ami_secret.reveal(),
        )
        link.subscribe(WATCHED, lambda message: self.seen.append((self.clock.seconds(), message)))
        return link

    async def open(self) -> None:
        """Start Asterisk, then the core; returns when the core takes calls."""
        await self.open_asterisk()
        await self.start_core()

    async def open_asterisk(self) -> None:
        """Fill the database and start Asterisk alone."""
        self.db = await fill(self.settings, self.network, self.clock)
        self.db.run_sync(self._more_agents)
        self.asterisk = start_asterisk(
            self._tree,
            self.settings.home.asterisk,
            self.db.run_sync(self._files),
            network=self.network,
            agi_port=self.settings.core.agi_port,
            prompts=self.settings.home.prompts,
        )
        up: Deferred[None] = Deferred()

        async def there() -> None:
            if not up.called:
                up.callback(None)

        self.link.on_up(there)
        self.link.start()
        await self.clock.within(PATIENCE_S, up)

    def _more_agents(self, tx: Tx) -> None:
        """Enough agents, who are soon free again."""
        for queue in list_queues(tx):
            change_queue(tx, evolve(queue, wrap_up_s=WRAP_UP_S))
        skills = (Skill(queue="service"), Skill(queue="complaints"))
        for number in self.agents[len(PEOPLE) :]:
            phone = phone_of(number)
            put_phone(tx, DeskPhone(name=phone, secret=new_secret()))
            add_agent(
                tx,
                Agent(id=number, name=f"Agent {number}", phone=phone, campus="main", skills=skills),
            )

    async def start_core(self) -> None:
        """Start a core and wait until it takes calls and is in step with Asterisk."""
        self.core.start()
        await self.core.up()

    async def close(self) -> None:
        """End phones, core and Asterisk."""
        for phone in self.phones:
            await phone.close()
        self.core.stop()
        await self.link.stop()
        await self.tasks.stop()
        await self.db.close()
        self.asterisk.stop()

    async def desk(self, name: str = "1001", behaviour: Any = None) -> Phone:
        """A registered phone of the house, with a tone of its own."""
        secrets = {phone.name: phone.secret for phone in self.db.run_sync(list_phones)}
        self._hosts += 1
        phone = Phone(
            self.reactor,
            self.asterisk.sip,
            name,
            secrets[name],
            host=self.network.host(self._hosts),
            behaviour=behaviour or Answer(),
            voice=AGENT_TONE,
        )
        self.phones.append(phone.open())
        assert await phone.register() == 200
        return phone

    async def ready(self, agent: str, behaviour: Any = None) -> Phone:
        """An agent at its own phone, signed in and ready, as the switch knows too."""
        phone = await self.desk(phone_of(agent), behaviour)
        await self.core.ask("agent", verb="sign_in", agent=agent)
        await self.core.ask("agent", verb="ready", agent=agent)
        return phone

    def record_of(self, number: str) -> list[StoredCall]:
        """All stored calls of a caller's number, oldest first."""

        def find(tx: Tx) -> list[StoredCall]:
            found = [calls_store.load(tx, call_id) for call_id in calls_store.recent(tx, 1000)]
            return [one for one in found if one and one.record.caller == number]

        return self.db.run_sync(find)[::-1]


def phone_of(agent: str) -> str:
    """The phone of an agent: 8001 sits at 1001."""
    return str(int(agent) - 7000)
