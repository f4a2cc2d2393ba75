"""Makes a home ready to run, step by step; each step is quick when it has nothing to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attrs import evolve, frozen
from twisted.internet.defer import Deferred

from careline.agents.store import list_agents, list_phones
from careline.asterisk.apt import Step
from careline.asterisk.config import Changes
from careline.asterisk.install import TOOLS, find_tool, install_asterisk, install_tools
from careline.asterisk.layout import folders, unpacked
from careline.asterisk.model import AsteriskFiles
from careline.asterisk.process import Instance
from careline.campuses.store import list_trunks
from careline.clock import Clock
from careline.config import Home, Settings, load, write_default
from careline.errors import Unavailable
from careline.i18n import Text
from careline.ivr.demo import demo_prompts
from careline.plugins.catalog import Catalog, read_catalog
from careline.plugins.checks import check_enabled
from careline.plugins.model import DemoHome
from careline.prompts.announce import announce
from careline.prompts.catalogue import listed, shipped
from careline.prompts.folder import Folder
from careline.prompts.service import Prompts
from careline.prompts.speech import Engine, Tools
from careline.prompts.store import current
from careline.queues.store import list_queues
from careline.setup.demonstration import enable_plugins, is_empty, put_demonstration
from careline.setup.switch_files import switch_files
from careline.storage import Database, Tx
from careline.storage.migrate import Migrations
from careline_migrations.tables import import_stores

Say = Callable[[Text], None]
InThread = Callable[..., Deferred[Any]]


def settings_of(home: Home, environ: Mapping[str, str]) -> Settings:
    """The settings of ``home``; a home that is none yet gets the default ones."""
    if not home.config.exists():
        write_default(home)
    return load(home.config, environ)


def instance_of(settings: Settings) -> Instance:
    """The embedded Asterisk of a home."""
    return Instance(unpacked(settings.asterisk_tree), folders(settings.home.asterisk))


def files_of(tx: Tx, settings: Settings) -> AsteriskFiles:
    """What Asterisk's configuration says of the set-up in the database."""
    return switch_files(
        settings, list_phones(tx), list_agents(tx), list_trunks(tx), list_queues(tx)
    )


def write_switch_files(settings: Settings, tx: Tx) -> Changes:
    """Write Asterisk's configuration; one that a killed careline left running reads it."""
    instance = instance_of(settings)
    changes = instance.prepare(files_of(tx, settings), settings.home.prompts)
    if instance.is_running():
        instance.reload(changes)
    return changes


def check_ready(settings: Settings) -> None:
    """Refuse to start on tables or plugins that are not right, naming everything and its cure.

    A database that is away is no reason: the core waits for it.
    """
    check_enabled(settings, read_catalog())
    migrations = migrations_of(settings)
    try:
        migrations.require_current(settings.plugins)
    except Unavailable:
        return
    finally:
        migrations.close()


def migrations_of(settings: Settings) -> Migrations:
    """The migrations of the core and of every installed plugin; the caller closes them."""
    import_stores()  # else tables of stores that this program has no use for would not be missed
    plugins = read_catalog().plugins.values()
    tables = {one.name: one.migrations for one in plugins if one.migrations}
    return Migrations(settings.database_url, tables)


def prompts_of(
    settings: Settings,
    db: Database,
    clock: Clock,
    in_thread: InThread,
    *,
    tools: Tools | None = None,
    demo: bool = False,
) -> Prompts:
    """The prompts of a home; ``tools`` are sox and espeak-ng, else those that are found."""
    speech = settings.speech
    wanted = [*shipped(), *(listed(demo_prompts()) if demo else ())]
    return Prompts(
        db=db,
        folder=Folder(settings.home.prompts),
        engine=Engine(
            tools=tools or found_tools(settings), command=speech.command, speed=speech.speed
        ),
        clock=clock,
        in_thread=in_thread,
        wanted=tuple(wanted),
    )


def found_tools(settings: Settings) -> Tools:
    """Sox and espeak-ng: the system's, else those that init unpacked; NotFound without."""
    return _tools({name: find_tool(name, tools_folder(settings)) for name in TOOLS})


@frozen
class Preparation:
    """The steps; ``say(text)`` tells what is being done, ``in_thread`` defers slow work."""

    settings: Settings
    db: Database
    clock: Clock
    in_thread: InThread
    say: Say

    async def run(self, *, demo: bool = False) -> None:
        """All steps in order. Raises CarelineError; what was made is kept."""
        catalog = read_catalog()
        check_enabled(self.settings, catalog)
        self.say(Text("database: bringing the tables up to date"))
        await self._database(self.settings)
        settings = self.settings
        if demo and await self.db.run(is_empty):
            settings = enable_plugins(self.settings, catalog)
            if settings is not self.settings:
                check_enabled(settings, catalog)
                await self._database(settings)
        await evolve(self, settings=settings)._the_rest(demo=demo, catalog=catalog)

    async def _the_rest(self, *, demo: bool, catalog: Catalog) -> None:
        """All after the database and its tables."""
        if self.settings.asterisk.embedded:
            await self._asterisk()
        demo_before = await self.db.run(_has_demo_prompts)
        prompts = await self._prompts(demo=demo or demo_before)
        if demo and await self.db.run(is_empty):
            self.say(Text("demo: a hospital with two campuses, three queues and three agents"))
            plugins = [catalog.plugins[name] for name in self.settings.plugins]
            home = DemoHome(self.settings, prompts.engine.speak)
            await put_demonstration(self.db, self.clock, plugins, home)
        agents = [agent.id for agent in await self.db.run(list_agents)]
        await announce(prompts, agents)
        if self.settings.asterisk.embedded:
            await self.db.run(lambda tx: _written(self.settings, tx))

    async def _database(self, settings: Settings) -> None:
        migrations = migrations_of(settings)
        try:
            await self.in_thread(migrations.upgrade, settings.plugins)
        finally:
            migrations.close()

    async def _asterisk(self) -> None:
        self.say(Text("Asterisk: unpacking it, if it is not there"))
        await self.in_thread(install_asterisk, self.settings.asterisk_tree, self._progress)

    def _progress(self, step: Step) -> None:
        """A line at the begin and the end of each stage, and at every quarter between."""
        quarter = max(1, (step.total or 1) // 4)
        if step.done in (0, step.total) or step.done % quarter == 0:
            self.say(step.told)

    async def _prompts(self, *, demo: bool) -> Prompts:
        tools = await self.in_thread(install_tools, tools_folder(self.settings), self._progress)
        prompts = prompts_of(
            self.settings, self.db, self.clock, self.in_thread, tools=_tools(tools), demo=demo
        )
        self.say(Text("prompts: speaking those that are missing"))
        done = await prompts.set_up(self._spoke)
        result: dict[str, object] = {"total": done.total, "made": done.made}
        self.say(Text("prompts: {total} ready, {made} new", result))
        return prompts

    def _spoke(self, done: int, total: int, name: str) -> None:
        if done % 100 == 0:
            self.say(Text("prompts: {done} of {total}", {"done": done, "total": total}))


def _has_demo_prompts(tx: Tx) -> bool:
    """Whether the demonstration was here: its flows need their prompts, after a restore too."""
    known = {(row.language, row.name) for row in current(tx)}
    return any((one.language, one.name) in known for one in listed(demo_prompts()))


def tools_folder(settings: Settings) -> Path:
    """Where programs are unpacked that this machine lacks."""
    return settings.home.root / "tools"


def _tools(found: Mapping[str, Path]) -> Tools:
    return evolve(Tools(), sox=(str(found["sox"]),), espeak=(str(found["espeak-ng"]),))


def _written(settings: Settings, tx: Tx) -> tuple[str, ...]:
    return write_switch_files(settings, tx).files
