"""Who implements what, in which order: pluggy's manager, our checks, and a table made from both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType

import pluggy

from careline.clock import Clock
from careline.errors import Conflict, Invalid
from careline.hooks.deprecations import DEPRECATED, Deprecation, used
from careline.hooks.implementation import (
    Implementation,
    accepted_arguments,
    place,
    problems_of,
)
from careline.hooks.kinds import PROJECT, Kind, Spec, declared_on_failure, specs_in
from careline.hooks.watch import Watch


class Registry:
    """Specs by name, and for each hook its implementations in the order to call them."""

    def __init__(self, clock: Clock, deprecations: Sequence[Deprecation] = DEPRECATED) -> None:
        self.specs: dict[str, Spec] = {}
        self._deprecations = deprecations
        self._clock = clock
        self._manager = pluggy.PluginManager(PROJECT)
        self._table: Mapping[str, tuple[Implementation, ...]] = {}
        self._rank: dict[str, int] = {}
        self.watches: dict[tuple[str, str], Watch] = {}

    @property
    def plugins(self) -> tuple[str, ...]:
        """Registered plugins in configured order."""
        return tuple(sorted((name for name, _ in self._manager.list_name_plugin()), key=self._at))

    def implementations(self, hook: str) -> tuple[Implementation, ...]:
        """Those of ``hook``, in the order to call them. Safe to read in any thread."""
        return self._table.get(hook, ())

    def of_plugin(self, plugin: str, kind: Kind) -> list[Implementation]:
        """A plugin's implementations of one kind."""
        return [
            one
            for hooks in self._table.values()
            for one in hooks
            if one.plugin == plugin and one.spec.kind is kind
        ]

    def deprecated(self, plugin: str) -> tuple[Deprecation, ...]:
        """What a plugin uses that is on its way out."""
        hooks = [one for ones in self._table.values() for one in ones if one.plugin == plugin]
        wanted = [(one.spec.name, one.wants) for one in hooks]
        return tuple(used(wanted, self._deprecations))

    def order(self, names: Iterable[str]) -> None:
        """Set the configured order; plugins that are not in it come last."""
        self._rank = {name: rank for rank, name in enumerate(names)}
        self._rebuild()

    def add_specs(self, module: ModuleType, owner: str) -> None:
        """Declare the hooks of ``module``; again for the same owner changes nothing.

        Raises Conflict for a name that another owner has, and Invalid when a plugin that is
        registered already implements one of them wrongly.
        """
        new = {spec.name: spec for spec in specs_in(module, owner)}
        for name in new:
            self._refuse_taken(name, owner)
        merged = {**self.specs, **new}
        for plugin, hooks in self._manager.list_name_plugin():
            self._refuse(plugin, self._problems(plugin, hooks, merged))
        self.specs = merged
        self._rebuild()

    def register(self, plugin: str, hooks: object) -> None:
        """Take in a plugin's hooks object; Invalid lists all that is wrong with it."""
        if self._manager.has_plugin(plugin):
            raise Conflict(
                "hook.registered", "plugin {plugin} is registered already", plugin=plugin
            )
        self._refuse(plugin, self._problems(plugin, hooks, self.specs))
        self._manager.register(hooks, plugin)
        self._rank.setdefault(plugin, len(self._rank))
        self._rebuild()

    def unregister(self, plugin: str) -> None:
        """Let a plugin go; unknown names do no harm."""
        if self._manager.has_plugin(plugin):
            self._manager.unregister(name=plugin)
            self._rebuild()

    def _refuse_taken(self, name: str, owner: str) -> None:
        known = self.specs.get(name)
        if known is not None and known.owner != owner:
            raise Conflict(
                "hook.declared_twice",
                "hook {hook} of plugin {plugin} is declared already by {other}",
                hook=name,
                plugin=owner,
                other=known.owner,
            )

    def _problems(self, plugin: str, hooks: object, specs: Mapping[str, Spec]) -> list[Invalid]:
        return problems_of(self._manager, plugin, hooks, specs, self._deprecations)

    @staticmethod
    def _refuse(plugin: str, problems: list[Invalid]) -> None:
        if problems:
            raise Invalid(
                "hook.plugin_invalid",
                "The hooks of plugin {plugin} are not right ({count}):",
                problems=problems,
                plugin=plugin,
                count=len(problems),
            )

    def _at(self, plugin: str) -> int:
        return self._rank.get(plugin, len(self._rank))

    def _rebuild(self) -> None:
        """Make the table anew and put it in place at once: other threads may be reading it."""
        found: dict[str, list[Implementation]] = {}
        for plugin, hooks in self._manager.list_name_plugin():
            for one in self._found(plugin, hooks):
                found.setdefault(one.spec.name, []).append(one)
        self._table = {
            name: tuple(sorted(ones, key=lambda one: (one.place, self._at(one.plugin))))
            for name, ones in found.items()
        }
        kept = {(one.plugin, one.spec.name) for ones in self._table.values() for one in ones}
        self.watches = {key: watch for key, watch in self.watches.items() if key in kept}

    def _found(self, plugin: str, hooks: object) -> Iterable[Implementation]:
        for attribute in dir(hooks):
            options = self._manager.parse_hookimpl_opts(hooks, attribute)
            if options is None:
                continue
            spec = self.specs.get(options.get("specname") or attribute)
            if spec is None:  # optional, and its owner is not there
                continue
            function = getattr(hooks, attribute)
            yield Implementation(
                plugin=plugin,
                spec=spec,
                function=function,
                wants=accepted_arguments(function, spec),
                refusal=declared_on_failure(function),
                place=place(options),
                watch=self._watch(plugin, spec.name),
            )

    def _watch(self, plugin: str, hook: str) -> Watch:
        return self.watches.setdefault((plugin, hook), Watch(plugin, hook, self._clock))
