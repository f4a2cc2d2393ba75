"""The plugins of a running careline: loaded at start, switched on and off while calls go on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from typing import Any, Protocol

from attrs import define, evolve, frozen
from twisted.logger import Logger

from careline.config import Settings, load
from careline.errors import CarelineError, Invalid, NotFound, Refused
from careline.hooks.attempt import Done, attempt
from careline.hooks.watch import brief
from careline.plugins.brings import Brings, what_they_bring
from careline.plugins.building import built
from careline.plugins.bundles import Bundle, BundlePreview, bundles, preview, with_required
from careline.plugins.catalog import Catalog
from careline.plugins.checks import check_enabled, config_problems, problems_of
from careline.plugins.edit import set_plugins
from careline.plugins.model import Core, Plugin, PluginState, PluginStatus
from careline.plugins.options import Option, options_of
from careline.plugins.versions import Versions
from careline.tasks import Tasks

log = Logger()
START_TIMEOUT = 20.0
STOP_TIMEOUT = 10.0


class Migrations(Protocol):
    """What is needed of the database's migrations; a plugin without any is no error."""

    async def upgrade(self, plugin: str) -> None:
        """Bring the plugin's tables up to date."""

    async def purge(self, plugin: str) -> None:
        """Remove the plugin's tables, its jobs, and all its data."""


@define
class _Loaded:
    """A plugin in this process. Without ``hooks`` it failed, and ``error`` says how."""

    plugin: Plugin
    tasks: Tasks
    hooks: object = None
    error: str = ""


class Stage(Enum):
    """Its hooks have come, its ``start`` has run, it is about to go, it was switched off."""

    LOADED = "loaded"
    RUNNING = "running"
    GOING = "going"
    GONE = "gone"


@frozen
class PluginChange:
    """Told to listeners; one that raises Invalid at LOADED refuses the plugin."""

    name: str
    stage: Stage


class Plugins:
    """Loads, starts, stops; ``core`` is what each plugin is handed, with tasks of its own."""

    def __init__(
        self, settings: Settings, catalog: Catalog, core: Core, migrations: Migrations
    ) -> None:
        self.catalog = catalog
        self._settings = settings
        self._enabled = settings.plugins
        self._core = core
        self._hub = core.hub
        self._clock = core.clock
        self._migrations = migrations
        self._loaded: dict[str, _Loaded] = {}
        self._restart: set[str] = set()
        self._listeners: list[Callable[[PluginChange], None]] = []

    @property
    def enabled(self) -> tuple[str, ...]:
        """Names in configured order, as careline.toml says now."""
        return self._enabled

    def listen(self, listener: Callable[[PluginChange], None]) -> None:
        """Have ``listener`` called at each stage of each plugin."""
        self._listeners.append(listener)

    async def load(self) -> None:
        """Load all enabled plugins in order: their hooks are there, nothing of theirs runs yet.

        Raises one Invalid for all that is wrong with configuration, code and hooks; none is loaded
        then.
        """
        check_enabled(self._settings, self.catalog)
        self._hub.order(self._enabled)
        problems: list[Invalid] = []
        for name in self._enabled:
            try:
                self._load(self.catalog.plugins[name])
            except Invalid as error:
                problems.append(error)
        if problems:
            await self.stop()
            raise Invalid(
                "plugin.load",
                "Plugins cannot be loaded ({count}):",
                problems=problems,
                count=len(problems),
            )

    async def start(self) -> None:
        """Load all, unless that is done, and start them in order.

        A plugin whose own ``start`` fails is left out, and the others run.
        """
        if not self._loaded:
            await self.load()
        for name in self._enabled:
            await self._begin(self._loaded[name])

    async def stop(self) -> None:
        """Stop all, the last one first; durable events of the last moments are kept for them."""
        for name in reversed(list(self._loaded)):
            await self._unload(name, returns=True)

    async def enable(self, name: str) -> PluginStatus:
        """Check, migrate, load, start, and write careline.toml; any failure leaves all as it was.

        Plugins that it needs come along. Raises Invalid with everything that stands against it.
        """
        await self._change_to([name])
        return self.status(name)

    async def enable_all(self, names: Sequence[str]) -> tuple[str, ...]:
        """Enable a bundle's plugins together, or none; gives the names that are new."""
        before = self._enabled
        await self._change_to(names)
        return tuple(name for name in self._enabled if name not in before)

    async def disable(self, name: str) -> PluginStatus:
        """Stop a plugin and take it off the list; its data stays. Refused when another needs it."""
        if name not in self._enabled:
            raise NotFound("plugin.not_enabled", "plugin {plugin} is not enabled", plugin=name)
        others = [one for one in self._enabled if name in self._requires(one)]
        if others:
            raise Refused(
                "plugin.needed",
                "plugin {plugin} is needed by {others}; disable that first",
                plugin=name,
                others=", ".join(others),
            )
        self._write(tuple(one for one in self._enabled if one != name))
        plugin = self.catalog.plugins.get(name)
        if name in self._loaded and plugin is not None and not plugin.live:
            self._restart.add(name)
        else:
            self._restart.discard(name)
            await self._unload(name)
        return self.status(name)

    async def purge(self, name: str) -> None:
        """Remove a disabled plugin's data for good."""
        if name in self._enabled or name in self._loaded:
            raise Refused(
                "plugin.enabled", "plugin {plugin} is enabled; disable it first", plugin=name
            )
        if name not in self.catalog.plugins:
            raise problems_of([name], self.catalog)[0]
        await self._migrations.purge(name)
        Versions(self._settings.home, name).forget_rows()

    @property
    def bundles(self) -> dict[str, Bundle]:
        """All bundles by name, the hospital's own among them."""
        return bundles(self._settings.bundle)

    def preview(self, bundle: Bundle) -> tuple[BundlePreview, tuple[Brings, ...]]:
        """What enabling a bundle would change, and what each new plugin brings; nothing is."""
        settings = load(self._settings.home.config, self._settings.environ)
        seen = preview(bundle, settings.plugins, self.catalog)
        told = what_they_bring(seen.added, seen.result, self.catalog, settings, self._core)
        return seen, told

    def hooks(self, name: str) -> object | None:
        """The hooks object of a plugin that runs."""
        loaded = self._loaded.get(name)
        return loaded.hooks if loaded else None

    def options(self, name: str) -> tuple[Option, ...]:
        """The settings of a plugin that is installed, as they are now; none are secrets."""
        plugin = self.catalog.plugins.get(name)
        if plugin is None:
            return ()
        try:
            now = [self._settings.plugin_config(name, plugin.config)]
        except CarelineError:  # told elsewhere; defaults and meanings help to mend it
            now = []
        return tuple(options_of(plugin.config, f"plugin.{name}", now))

    def status(self, name: str) -> PluginStatus:
        """What is known of one plugin, installed or not."""
        plugin = self.catalog.plugins.get(name)
        loaded = self._loaded.get(name)
        broken = self.catalog.broken.get(name)
        return PluginStatus(
            name=name,
            title=plugin.title if plugin else name,
            version=plugin.version if plugin else "",
            enabled=name in self._enabled,
            state=self._state(name),
            error=loaded.error if loaded else str(broken or ""),
            hooks_off=tuple(s.hook for s in self._hub.states(name) if s.off),
            deprecated=self._hub.deprecated(name),
        )

    def statuses(self) -> tuple[PluginStatus, ...]:
        """All enabled ones in order, then all others that are installed."""
        others = [name for name in self.catalog.names if name not in self._enabled]
        return tuple(self.status(name) for name in (*self._enabled, *others))

    def _state(self, name: str) -> PluginState:
        if name in self._restart:
            return PluginState.RESTART
        if name in self._loaded:
            failed = self._loaded[name].hooks is None
            return PluginState.FAILED if failed else PluginState.RUNNING
        return PluginState.OFF if name in self.catalog.plugins else PluginState.MISSING

    def _requires(self, name: str) -> tuple[str, ...]:
        plugin = self.catalog.plugins.get(name)
        return plugin.requires if plugin else ()

    async def _change_to(self, added: Sequence[str]) -> None:
        """Bring up what is new; when one fails, take down those that came before it.

        careline.toml is read anew: the tables of plugins are written before they are enabled.
        """
        self._settings = load(self._settings.home.config, self._settings.environ)
        wanted = with_required([*self._settings.plugins, *added], self.catalog)
        new = [
            name
            for name in wanted
            if name not in self._enabled or self._state(name) is PluginState.FAILED
        ]
        self._refuse(wanted, new)
        begun: list[str] = []
        old = self._enabled
        self._hub.order(wanted)
        try:
            for name in new:
                begun.append(name)
                await self._bring_up(self.catalog.plugins[name])
            self._write(wanted)
        except BaseException:  # cancelled too: half a change is none
            self._hub.order(old)
            for name in reversed([one for one in begun if one not in old]):
                self._restart.discard(name)
                await self._unload(name)
            raise
        for name in [one for one in self._loaded if one not in wanted]:
            await self._unload(name)  # taken off the list by hand

    def _refuse(self, wanted: Sequence[str], new: Sequence[str]) -> None:
        problems = problems_of(wanted, self.catalog)
        for name in new:
            if name in self.catalog.plugins:
                problems += config_problems(self._settings, self.catalog.plugins[name])
        if problems:
            raise Invalid(
                "plugin.invalid",
                "That is not possible ({count}):",
                problems=problems,
                count=len(problems),
            )

    async def _bring_up(self, plugin: Plugin) -> None:
        await self._migrations.upgrade(plugin.name)
        if not plugin.live:
            self._restart.add(plugin.name)
            return
        await self._unload(plugin.name)  # one that failed earlier
        self._load(plugin)
        error = await self._begin(self._loaded[plugin.name])
        if error:
            raise Invalid(
                "plugin.start",
                "plugin {plugin} could not be started: {reason}",
                plugin=plugin.name,
                reason=error,
            )

    def _write(self, names: tuple[str, ...]) -> None:
        set_plugins(self._settings.home.config, names)
        self._enabled = names

    def _load(self, plugin: Plugin) -> None:
        """Build its hooks object and register it; Invalid says what went wrong."""
        config = self._settings.plugin_config(plugin.name, plugin.config)
        tasks = Tasks()
        if plugin.specs is not None:
            self._hub.add_specs(plugin.specs, plugin.name)
        hooks = built(plugin, evolve(self._core, tasks=tasks), config)
        self._hub.register(plugin.name, hooks)
        self._loaded[plugin.name] = _Loaded(plugin, tasks, hooks)
        self._tell(plugin.name, Stage.LOADED)

    async def _begin(self, loaded: _Loaded) -> str:
        """Run its ``start``; a failure takes out this plugin, no other, and is returned."""
        error = await self._run(loaded.hooks, "start", START_TIMEOUT)
        if error:
            name = loaded.plugin.name
            log.error("plugin {plugin} did not start: {error}", plugin=name, error=error)
            await self._unload(name, returns=True)
            self._loaded[name] = _Loaded(loaded.plugin, Tasks(), error=error)
        else:
            self._tell(loaded.plugin.name, Stage.RUNNING)
        return error

    async def _unload(self, name: str, *, returns: bool = False) -> None:
        """No more calls into it, then let it stop, then end what it left running."""
        loaded = self._loaded.pop(name, None)
        if loaded is None:
            return
        if loaded.hooks is None:
            if not returns:  # it had failed, and its events were kept for it
                self._hub.unregister(name)
        else:
            self._tell(name, Stage.GOING)
            self._hub.unregister(name, returns=returns)
            error = await self._run(loaded.hooks, "stop", STOP_TIMEOUT)
            if error:
                log.error("plugin {plugin} did not stop well: {error}", plugin=name, error=error)
            if not returns:
                self._tell(name, Stage.GONE)
        await self._end_tasks(loaded)

    async def _end_tasks(self, loaded: _Loaded) -> None:
        """Cancel its tasks; one that will not end is left behind and named."""
        ended = await attempt(
            self._clock, STOP_TIMEOUT, loaded.tasks.stop, self._clock.seconds, _ignore
        )
        if not isinstance(ended, Done):
            log.error(
                "plugin {plugin}: tasks did not end: {error}",
                plugin=loaded.plugin.name,
                error=brief(ended),
            )

    async def _run(self, hooks: object, verb: str, timeout: float) -> str:
        """Call ``start`` or ``stop`` if there is one; the reason when it failed, else empty."""
        call: Callable[[], Awaitable[Any]] | None = getattr(hooks, verb, None)
        if call is None:
            return ""
        return brief(await attempt(self._clock, timeout, call, self._clock.seconds, _ignore))

    def _tell(self, name: str, stage: Stage) -> None:
        for listener in self._listeners:
            listener(PluginChange(name, stage))


def _ignore(_: float) -> None:
    """Nobody minds how long starting and stopping hold the reactor."""
