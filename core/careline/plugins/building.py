"""Building a plugin's hooks object: the one place where its own code may raise anything."""

from __future__ import annotations

from careline.errors import CarelineError, Invalid
from careline.plugins.model import Core, Plugin


def built(plugin: Plugin, core: Core, config: object) -> object:
    """The hooks object of ``plugin``; Invalid says why it cannot be built."""
    try:
        return plugin.hooks(core, config)
    except CarelineError as error:
        raise _unbuilt(plugin, str(error)) from error
    except (Exception, SystemExit) as error:
        raise _unbuilt(plugin, f"{type(error).__name__}: {error}") from error


def _unbuilt(plugin: Plugin, reason: str) -> Invalid:
    return Invalid(
        "plugin.unbuilt",
        "plugin {plugin} cannot be loaded: {reason}",
        plugin=plugin.name,
        reason=reason,
    )
