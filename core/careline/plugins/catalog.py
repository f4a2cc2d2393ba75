"""Which plugins are installed: entry points of group ``careline.plugins``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from attrs import field, frozen
from sqlalchemy import Table

from careline.errors import Invalid
from careline.plugins.model import Plugin
from careline.plugins.versions import is_kept
from careline.storage import metadata

GROUP = "careline.plugins"


@frozen
class Catalog:
    """Installed plugins by name, and for those that cannot be loaded the reason."""

    plugins: Mapping[str, Plugin]
    broken: Mapping[str, Invalid] = field(factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """All installed names, broken ones too."""
        return tuple(sorted({*self.plugins, *self.broken}))


def read_catalog(points: Iterable[EntryPoint] | None = None) -> Catalog:
    """Load every installed plugin's value; one that is broken does not hide the others."""
    found: dict[str, Plugin] = {}
    broken: dict[str, Invalid] = {}
    seen: dict[str, EntryPoint] = {}
    for point in entry_points(group=GROUP) if points is None else points:
        other = seen.setdefault(point.name, point)
        if other is not point and _is_of_kept(other):
            continue  # the version in use hides the environment's own
        if other.value != point.value:
            broken[point.name] = _twice(point, other)
            continue
        loaded = _load(point)
        if isinstance(loaded, Plugin):
            found[point.name] = loaded
        else:
            broken[point.name] = loaded
    return Catalog({name: one for name, one in found.items() if name not in broken}, broken)


def _is_of_kept(point: EntryPoint) -> bool:
    return point.dist is not None and is_kept(Path(str(point.dist.locate_file(""))))


def _load(point: EntryPoint) -> Plugin | Invalid:
    before = set(metadata.tables)
    try:
        loaded = point.load()
    except (Exception, SystemExit) as error:  # noqa: BLE001  its code runs here, as a hook does
        return _broken(point, f"{type(error).__name__}: {error}")
    strange = put_away(point, set(metadata.tables) - before)
    if strange:
        return _broken(point, f"its tables must begin with {point.name}_: {', '.join(strange)}")
    if not isinstance(loaded, Plugin):
        return _broken(point, f"{point.value} is not a careline.plugins.Plugin")
    if loaded.name != point.name:
        return _broken(point, f"it calls itself {loaded.name}")
    return loaded


def put_away(point: EntryPoint, new: Iterable[str]) -> list[str]:
    """Forget those of the ``new`` tables that nobody can tell to be the plugin's; their names.

    They would count as tables of the core, which then misses them and does not start.
    """
    start = f"{point.name}_"
    ours = {id(table) for table in _tables_of_the_core()}
    strange = [
        name
        for name in sorted(new)
        if not name.startswith(start) and id(metadata.tables[name]) not in ours
    ]
    for name in strange:
        metadata.remove(metadata.tables[name])
    return strange


def _tables_of_the_core() -> Iterator[Table]:
    """A plugin may be the first to import a store of the core's."""
    for name, module in list(sys.modules.items()):
        if name.startswith("careline."):
            yield from (one for one in vars(module).values() if isinstance(one, Table))


def _broken(point: EntryPoint, reason: str) -> Invalid:
    return Invalid(
        "plugin.broken",
        "plugin {plugin} is installed but cannot be loaded: {reason}",
        plugin=point.name,
        reason=reason,
    )


def _twice(point: EntryPoint, other: EntryPoint) -> Invalid:
    return Invalid(
        "plugin.twice",
        "two packages offer a plugin {plugin} ({first} and {second}); uninstall one",
        plugin=point.name,
        first=other.value,
        second=point.value,
    )
