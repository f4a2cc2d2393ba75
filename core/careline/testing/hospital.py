"""A whole hospital for tests: home, database, demonstration data, real Asterisk, real core.

The core runs in the test's own process and reactor, so that a test may look into it; callers and
agents are scripted SIP phones.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from attrs import evolve
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock as FakeClock

from careline.agents.store import list_agents, list_phones
from careline.app import App
from careline.asterisk.install import install_tools
from careline.asterisk.layout import Tree
from careline.campuses.store import list_trunks, put_trunk
from careline.clock import Clock
from careline.config import Home, Settings, load, write_default
from careline.demo.phone import PATIENCE_S, Answer, Call, Phone, Tone
from careline.dispositions.demo import put_starter
from careline.ivr.demo import demo_prompts
from careline.plugins.catalog import Catalog, read_catalog
from careline.plugins.edit import set_plugins
from careline.plugins.model import Plugin
from careline.prompts.announce import announce
from careline.prompts.catalogue import listed, shipped
from careline.prompts.folder import Folder
from careline.prompts.service import Prompts
from careline.prompts.speech import Engine, Tools
from careline.queues.store import change_queue, get_queue, list_queues
from careline.setup.demo import NUMBER, PEOPLE, TRUNK, put_demo
from careline.setup.demonstration import enable_plugins, publish_flows
from careline.setup.switch_files import switch_files
from careline.storage import Database, Tx, metadata, open_database
from careline.tasks import Tasks
from careline.testing.asterisk import Network, RealAsterisk, start_asterisk
from careline.testing.floor import Floor
from careline.testing.ports import free_port
from careline.testing.prepared import put_tables
from careline.testing.stage import until

CALLER_TONE = Tone(440)
AGENT_TONE = Tone(700)
LOUD = 50.0
"""Softer than any prompt, louder than silence (root mean square)."""


def write_home(root: Path, network: Network, plugins: Collection[str] = ()) -> Settings:
    """A home with free ports on ``network`` and the tables of the core and of ``plugins``.

    These are enabled, as they are configured in the demonstration.
    """
    home = Home(root)
    write_default(home)
    text = home.config.read_text(encoding="utf-8")
    for setting, value in {
        "agi_port": free_port(),
        "ami_port": free_port(),
        "http_port": free_port(),
        "port": free_port(),
        "bind": f'"{network.server}"',
    }.items():
        text = put_setting(text, setting, value)
    home.config.write_text(text, encoding="utf-8")
    settings = load(home.config, {})
    if plugins:
        found = {one.name: one for one in _plugins(plugins)}
        settings = enable_plugins(settings, Catalog(found), every=True)
        others = [name for name in found if name not in settings.plugins]
        set_plugins(home.config, [*settings.plugins, *others])
        settings = load(home.config, {})
    put_tables(settings, _plugins(settings.plugins))
    return settings


def _plugins(names: Collection[str]) -> list[Plugin]:
    """Installed plugins by name."""
    if not names:
        return []
    installed = read_catalog().plugins
    return [installed[name] for name in names if name in installed]


def put_setting(text: str, setting: str, value: object) -> str:
    """A careline.toml with a setting that it names changed to a TOML value.

    ``setting`` is a key, or a table and its key (``database.url``) when several tables have it.
    """
    table, _, key = setting.rpartition(".")
    lines, within = [], ""
    for line in text.splitlines():
        within = line.strip("[]") if line.startswith("[") else within
        wanted = line.startswith(f"{key} =") and table in ("", within)
        lines.append(f"{key} = {value}" if wanted else line)
    return "\n".join(lines) + "\n"


def put_hospital(tx: Tx, network: Network) -> None:
    """The demonstration hospital, its trunk at the network's address for callers."""
    put_demo(tx)
    put_trunk(tx, evolve(TRUNK, host=f"{network.trunk}:5060"))


async def fill(settings: Settings, network: Network, clock: Clock) -> Database:
    """Store flows and hospital; gives the database, inline, for looking things up."""
    db = open_database(settings.database_url, clock=clock, tasks=Tasks())
    await publish_flows(db, clock, _plugins(settings.plugins))
    await db.run(put_hospital, network)
    await db.run(put_starter, clock.now())
    return db


def speak(folder: Path) -> None:
    """Make all prompts in ``folder``, inline; nothing is done when they are there.

    Programs that the machine lacks are unpacked in ``tools`` beside it.
    """
    clock = Clock(FakeClock())
    db = open_database("sqlite:///:memory:", clock=clock, tasks=Tasks())
    metadata.create_all(db.engine)
    wanted = (*shipped(), *listed(demo_prompts()))
    prompts = Prompts(
        db, Folder(folder), Engine(_tools(folder.parent / "tools")), clock, _at_once, wanted
    )
    done: list[object] = []

    async def work() -> None:
        await prompts.set_up()
        await announce(prompts, [number for number, *_ in PEOPLE])

    Deferred.fromCoroutine(work()).addBoth(done.append)
    if done != [None]:
        raise AssertionError(f"prompts: {done}")


def _tools(folder: Path) -> Tools:
    found = install_tools(folder, lambda *_: None)
    return evolve(Tools(), sox=(str(found["sox"]),), espeak=(str(found["espeak-ng"]),))


def _at_once(call: Callable[..., Any], *args: Any) -> Deferred[Any]:
    return succeed(call(*args))


class Hospital(Floor):
    """Everything that takes part in a call; :meth:`open` and :meth:`close` it.

    ``plugins`` are enabled with their flows, but without their data of the demonstration.
    """

    def __init__(
        self,
        reactor: Any,
        tree: Tree,
        root: Path,
        prompts: Path,
        plugins: Collection[str] = (),
    ) -> None:
        self.reactor = reactor
        self.clock = Clock(reactor)
        self.network = Network()
        self.settings = write_home(root, self.network, plugins)
        self.settings.home.prompts.symlink_to(prompts)
        self._tree = tree
        self.asterisk: RealAsterisk
        self.phones: list[Phone] = []

    @property
    def url(self) -> str:
        """Where browsers find the workspace."""
        return f"http://{self.settings.web.bind}:{self.settings.web.port}"

    async def open(self) -> None:
        """Start Asterisk and the core; returns when they are in step."""
        self.db = await fill(self.settings, self.network, self.clock)
        files = self.db.run_sync(self._files)
        self.asterisk = start_asterisk(
            self._tree,
            self.settings.home.asterisk,
            files,
            network=self.network,
            agi_port=self.settings.core.agi_port,
            prompts=self.settings.home.prompts,
        )
        await self.start_core()

    def _files(self, tx: Tx) -> Any:
        """The trunk is not looked after: who is outside comes later than Asterisk's first look."""
        files = switch_files(
            self.settings, list_phones(tx), list_agents(tx), list_trunks(tx), list_queues(tx)
        )
        return evolve(files, trunks=tuple(evolve(trunk, qualify_s=0) for trunk in files.trunks))

    async def start_core(self) -> None:
        """Start a core and wait until it is in step with Asterisk."""
        self.app = App(self.reactor, self.settings)
        in_step: Deferred[None] = Deferred()
        self.app.resynced.append(lambda: None if in_step.called else in_step.callback(None))
        await self.app.start()
        await self.clock.within(PATIENCE_S, in_step)

    async def close(self) -> None:
        """End phones, core and Asterisk."""
        for phone in self.phones:
            await phone.close()
        await self.app.stop()
        await self.db.close()
        self.asterisk.stop()

    def change_queue(self, queue_id: str, **changes: Any) -> None:
        """Change a queue in the database and in Asterisk."""
        queue = self.db.run_sync(get_queue, queue_id)
        assert queue is not None
        self.db.run_sync(change_queue, evolve(queue, **changes))
        instance = self.asterisk.instance
        instance.reload(instance.prepare(self.db.run_sync(self._files), self.settings.home.prompts))

    def caller(self, number: str = "13800001111", *, callable_: bool = False) -> Phone:
        """Somebody outside, on the trunk; ``callable_``: the one whom calls to outside reach."""
        phone = Phone(
            self.reactor,
            self.asterisk.sip,
            number,
            host=self.network.trunk,
            port=5060 if callable_ else 0,
            voice=CALLER_TONE,
        )
        self.phones.append(phone.open())
        return phone

    async def desk(self, name: str = "1001", behaviour: Any = None) -> Phone:
        """A registered phone of the house."""
        secrets = {phone.name: phone.secret for phone in self.db.run_sync(list_phones)}
        phone = Phone(
            self.reactor,
            self.asterisk.sip,
            name,
            secrets[name],
            host=self.network.host(10 + len(self.phones)),
            behaviour=behaviour or Answer(),
            voice=AGENT_TONE,
        )
        self.phones.append(phone.open())
        assert await phone.register() == 200
        return phone

    async def ready(self, agent: str, behaviour: Any = None) -> Phone:
        """An agent at its own phone, signed in and ready, as the switch knows too."""
        name = {number: phone for number, _, phone, _ in PEOPLE}[agent]
        phone = await self.desk(name, behaviour)
        self.app.agents.sign_in(agent)
        self.app.agents.ready(agent)
        await self.app.queues.settled()
        return phone

    async def dial(self, caller: Phone, number: str = NUMBER) -> Call:
        """Call the hotline and wait for its answer."""
        call = await caller.call(number)
        assert call.status == 200, call.status
        return call

    async def press(self, call: Call, keys: str) -> None:
        """Press keys while something is heard: before the flow speaks nobody listens for keys."""
        since, heard = self.clock.seconds(), call.rtp.ear
        await until(self.clock, lambda: heard.loud(since, LOUD), PATIENCE_S, "the flow speaks")
        await call.send_digits(keys)
