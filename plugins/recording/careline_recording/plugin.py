"""The plugin: what careline is offered under the name ``recording``."""

from __future__ import annotations

from careline.hooks import Permission, hook
from careline.plugins import Core, NoConfig, Plugin


class Recording:
    """Builds the parts and joins what they bring."""

    def __init__(self, core: Core, config: NoConfig) -> None:
        self.core = core

    @hook
    def permissions(self) -> list[Permission]:
        """What roles may be allowed."""
        return [Permission(name="recording.download", title="Download recordings")]


plugin = Plugin(
    name="recording",
    title="Recordings",
    version="0.1",
    hooks=Recording,
)
