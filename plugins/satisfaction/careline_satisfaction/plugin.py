"""The plugin: what careline is offered under the name ``satisfaction``."""

from __future__ import annotations

from careline.hooks import Permission, hook
from careline.plugins import Core, NoConfig, Plugin


class Satisfaction:
    """Builds the parts and joins what they bring."""

    def __init__(self, core: Core, config: NoConfig) -> None:
        self.core = core

    @hook
    def permissions(self) -> list[Permission]:
        """What roles may be allowed."""
        return [
            Permission(
                name="satisfaction.view",
                title="See what callers answered",
                roles=("agent", "leader", "manager"),
            )
        ]


plugin = Plugin(
    name="satisfaction",
    title="Satisfaction",
    version="0.1",
    hooks=Satisfaction,
)
