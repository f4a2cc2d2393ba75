"""Plugins: found by entry point, checked together, switched on and off while calls run."""

from careline.plugins.brings import Brings, what_they_bring
from careline.plugins.bundles import Bundle, BundlePreview, bundles, preview
from careline.plugins.catalog import Catalog, read_catalog
from careline.plugins.checks import check_enabled, problems_of
from careline.plugins.edit import set_plugins
from careline.plugins.keys import ConfigKey
from careline.plugins.model import (
    Core,
    Demo,
    DemoHome,
    NoConfig,
    Plugin,
    PluginState,
    PluginStatus,
)
from careline.plugins.parts import OfParts
from careline.plugins.service import Migrations, Plugins

__all__ = [
    "Brings",
    "Bundle",
    "BundlePreview",
    "Catalog",
    "ConfigKey",
    "Core",
    "Demo",
    "DemoHome",
    "Migrations",
    "NoConfig",
    "OfParts",
    "Plugin",
    "PluginState",
    "PluginStatus",
    "Plugins",
    "bundles",
    "check_enabled",
    "preview",
    "problems_of",
    "read_catalog",
    "set_plugins",
    "what_they_bring",
]
