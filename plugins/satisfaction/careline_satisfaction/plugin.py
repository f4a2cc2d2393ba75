"""The plugin: what careline is offered under the name ``satisfaction``."""

from __future__ import annotations

from careline.plugins import Core, NoConfig, Plugin


class Satisfaction:
    """Builds the parts and joins what they bring."""

    def __init__(self, core: Core, config: NoConfig) -> None:
        self.core = core


plugin = Plugin(
    name="satisfaction",
    title="Satisfaction",
    version="0.1",
    hooks=Satisfaction,
)
