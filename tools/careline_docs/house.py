"""A core with all plugins of careline loaded and nothing started: what pages are made of."""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path

from careline.app import App
from careline.config import Home, load, write_default
from careline.plugins import Catalog, Plugin, read_catalog
from careline.plugins.edit import set_plugins
from careline.testing import run_async
from careline.testing.memory import MemoryReactor

ROOT = Path(__file__).resolve().parents[2]


@cache
def catalog() -> Catalog:
    """The installed plugins."""
    return read_catalog()


@cache
def plugins() -> dict[str, Plugin]:
    """The plugins that come with careline, by name."""
    bundled = {path.name for path in (ROOT / "plugins").iterdir() if path.is_dir()}
    return {name: one for name, one in sorted(catalog().plugins.items()) if name in bundled}


@cache
def house() -> App:
    """The core; it holds nothing open."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        write_default(home)
        set_plugins(home.config, list(plugins()))
        app = App(MemoryReactor(), load(home.config, dict(os.environ)), catalog=catalog())
        app.migrations.close()
        run_async(app.db.close())
        run_async(app.plugins.load())
    return app
