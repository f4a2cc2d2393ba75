"""The floor of the plugins: what they are handed, and what they are told."""

from __future__ import annotations

from typing import Any

from careline.app.services import Services
from careline.app.telling import Telling
from careline.app.wiring import Wiring
from careline.clock import Clock
from careline.config import Settings
from careline.hooks.hub import job_prefixes
from careline.ivr.uses import refuse_used
from careline.jobs import Scheduler
from careline.jobs import store as jobs_store
from careline.plugins.catalog import Catalog, read_catalog
from careline.plugins.model import Core
from careline.plugins.service import PluginChange, Plugins, Stage
from careline.storage.migrate import Migrations


class Plugged(Services):
    """The services with the plugins upon them; ``catalog`` is what is installed."""

    def __init__(
        self,
        reactor: Any,
        settings: Settings,
        clock: Clock | None = None,
        catalog: Catalog | None = None,
    ) -> None:
        super().__init__(reactor, settings, clock)
        catalog = read_catalog() if catalog is None else catalog
        tables = {one.name: one.migrations for one in catalog.plugins.values() if one.migrations}
        self.migrations = Migrations(settings.database_url, tables)
        self.plugins = Plugins(settings, catalog, self._core(), _PluginData(self))
        self.scheduler = self._scheduler()
        self.wiring = Wiring(
            self.hub,
            self.worker,
            self.scheduler,
            self.flows,
            self.tasks,
            speak=self.prompts.ensure,
            offer=self.auth.offer,
        )
        self.plugins.listen(self.wiring.changed)
        self.plugins.listen(self._plugin_changed)
        Telling(self.hub, self.calls, self.agents, self.recorder, self.tasks).begin()

    def _plugin_changed(self, change: PluginChange) -> None:
        """What only a plugin that was switched off wanted recorded is written no more."""
        if change.stage is Stage.GONE:
            self.tasks.spawn(self._recorded_no_more(), "recording that nobody wants")

    async def _recorded_no_more(self) -> None:
        for call in await self.recorder.nobody_asks():
            self.events.tell("recording_changed", call, permission="desk.use")

    def _core(self) -> Core:
        return Core(
            settings=self.settings,
            clock=self.clock,
            tasks=self.tasks,
            reactor=self.reactor,
            in_thread=self.in_thread,
            hub=self.hub,
            db=self.db,
            outbox=self.outbox,
            calls=self.calls,
            agents=self.agents,
            patients=self.patients,
            campuses=self.campuses,
            linking=self.linking,
            recorder=self.recorder,
            outreach=self.outreach,
            outbound=self.outbound,
            events=self.events,
        )

    def _scheduler(self) -> Scheduler:
        return Scheduler(self.db, self.outbox, self.clock, self.tasks, self.campuses.zone)


class _PluginData:
    """Tables and jobs as the plugin service wants them: async, and no error without tables."""

    def __init__(self, app: Plugged) -> None:
        self._app = app

    async def upgrade(self, plugin: str) -> None:
        """Bring the plugin's tables up to date."""
        if plugin in self._app.migrations.plugins:
            await self._app.in_thread(self._app.migrations.upgrade, [plugin])

    async def purge(self, plugin: str) -> None:
        """Remove the plugin's jobs and its tables; Refused while flows of callers need it."""
        await self._app.db.run(refuse_used, plugin, self._app.plugins.catalog.names)
        await self._app.db.run(jobs_store.forget, job_prefixes(plugin))
        if plugin in self._app.migrations.plugins:
            await self._app.in_thread(self._app.migrations.purge, plugin)
