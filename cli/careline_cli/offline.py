"""A core that is built but not started: what enabled plugins bring to commands beside the core."""

from __future__ import annotations

from collections.abc import Mapping

from careline.app import App
from careline.clock import Clock
from careline.config import Settings
from careline.hooks import Command
from careline.ivr.kinds import CORE_KINDS
from careline.ivr.model import NodeKind, kinds_by_name
from careline.plugins import Bundle
from careline.setup.waiting import wait_for


def loaded_app(settings: Settings, clock: Clock) -> App:
    """Everything built, the plugins loaded, nothing begun; its database is used in this thread.

    ``clock`` stands on a :class:`careline.setup.waiting.Blocking`. Raises Invalid with all that is
    wrong with the plugins.
    """
    app = App(None, settings, clock)
    wait_for(clock, app.plugins.load())
    return app


def plugin_commands(settings: Settings, clock: Clock) -> dict[str, Command]:
    """The commands of all enabled plugins, by name."""
    provided = loaded_app(settings, clock).hub.provided("commands")
    return {command.name: command for commands in provided.values() for command in commands}


def commands_of_others(settings: Settings, clock: Clock) -> dict[str, str]:
    """Which plugin would bring a command, of those that are installed and off."""
    plugins = App(None, settings, clock).plugins
    others = [name for name in plugins.catalog.names if name not in settings.plugins]
    _, brings = plugins.preview(Bundle("", "", "", tuple(others)))
    return {command: one.plugin for one in brings for command in one.commands}


def kinds_of(settings: Settings, clock: Clock) -> Mapping[str, NodeKind]:
    """Kinds of flow node of the core, and of the plugins that are enabled."""
    if not settings.plugins:
        return kinds_by_name(CORE_KINDS)
    return loaded_app(settings, clock).book.kinds
