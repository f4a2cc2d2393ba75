"""The plugin: what careline is offered under the name ``appointments``."""

from __future__ import annotations

from typing import Any

from careline.plugins import NoConfig, Plugin
from careline_appointments import specs


class Appointments:
    """Builds the parts and joins what they bring."""

    def __init__(self, core: Any, config: NoConfig) -> None:
        self.core = core


plugin = Plugin(
    name="appointments",
    title="Appointments",
    version="0.1",
    hooks=Appointments,
    specs=specs,
)
