"""The plugin: what careline is offered under the name ``his_webservice``."""

from __future__ import annotations

from typing import Any

from careline.plugins import NoConfig, Plugin
from careline_his_webservice import specs


class HisWebservice:
    """Builds the parts and joins what they bring."""

    def __init__(self, core: Any, config: NoConfig) -> None:
        self.core = core


plugin = Plugin(
    name="his_webservice",
    title="Hospital information systems",
    version="0.1",
    hooks=HisWebservice,
    specs=specs,
)
