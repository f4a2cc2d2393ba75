"""The plugin: what careline is offered under the name ``recording``."""

from __future__ import annotations

from careline.plugins import Core, NoConfig, Plugin


class Recording:
    """Builds the parts and joins what they bring."""

    def __init__(self, core: Core, config: NoConfig) -> None:
        self.core = core


plugin = Plugin(
    name="recording",
    title="Recordings",
    version="0.1",
    hooks=Recording,
)
