"""The demonstration put into a new home: the hospital, its flows, and what plugins add to it."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence

import tomlkit

from careline.campuses.store import list_campuses
from careline.clock import Clock
from careline.config import Settings, load
from careline.config.atomic import write_atomic
from careline.dispositions.demo import put_starter
from careline.ivr.book import FlowBook
from careline.ivr.check import Known
from careline.ivr.demo import demo_flows
from careline.ivr.kinds import CORE_KINDS
from careline.ivr.model import kinds_by_name
from careline.ivr.service import Flows
from careline.plugins.catalog import Catalog
from careline.plugins.edit import set_plugins
from careline.plugins.model import Demo, DemoHome, Plugin
from careline.setup.demo import QUEUES, put_demo
from careline.setup.demo_patients import put_patients
from careline.storage import Database, Tx


def enable_plugins(settings: Settings, catalog: Catalog, *, every: bool = False) -> Settings:
    """Enable, in careline.toml, the plugins of the demonstration; ``every`` that has a part in it.

    A home that names plugins of its own is left as it is. Gives the settings as they are now.
    """
    parts = {
        one.name: one.demo
        for one in catalog.plugins.values()
        if one.demo is not None and (every or one.demo.enabled)
    }
    if settings.plugins or not parts:
        return settings
    for name, demo in parts.items():
        _configure(settings, name, demo)
    set_plugins(settings.home.config, sorted(parts))
    return load(settings.home.config, settings.environ)


def _configure(settings: Settings, name: str, demo: Demo) -> None:
    """Write the plugin's table, unless there is one."""
    path = settings.home.config
    text = path.read_text(encoding="utf-8")
    if not demo.config or name in tomllib.loads(text).get("plugin", {}):
        return
    added = tomlkit.dumps({"plugin": {name: dict(demo.config)}})
    mode = path.stat().st_mode & 0o777
    write_atomic(path, f"{text.rstrip()}\n\n{added}", mode=mode)


async def put_demonstration(
    db: Database, clock: Clock, plugins: Sequence[Plugin], home: DemoHome | None = None
) -> None:
    """Store hospital, people, patients and flows; ``plugins`` are the enabled ones, in order.

    Without ``home`` what needs files is left out.
    """
    await publish_flows(db, clock, plugins)  # before the numbers that lead to them
    await db.run(put_demo)
    await db.run(put_patients)
    await db.run(put_starter, clock.now())
    today = clock.now().date()
    for demo in (one.demo for one in plugins if one.demo is not None):
        if demo.put is not None:
            await db.run(demo.put, today)
        if demo.make is not None and home is not None:
            await db.run(demo.make, today, home)


async def publish_flows(db: Database, clock: Clock, plugins: Sequence[Plugin]) -> None:
    """Publish the core's flows, then each plugin's over them.

    The core's own versions stay behind those, for a house that switches the plugin off.
    """
    demos = [one.demo for one in plugins if one.demo is not None]
    kinds = kinds_by_name([*CORE_KINDS, *(kind for demo in demos for kind in demo.kinds())])
    known = Known(kinds=kinds, queues=[queue.id for queue in QUEUES], flows=())
    flows = Flows(db, clock, FlowBook(clock=clock, kinds=kinds), lambda: known)
    await flows.publish_all(demo_flows(), "demo")
    for demo in demos:
        if demo.flows is not None:
            await flows.publish_all(demo.flows(), "demo")


def is_empty(tx: Tx) -> bool:
    """True where no campus was set up yet."""
    return not list_campuses(tx)
