"""The plugin: what careline is offered under the name ``his_webservice``."""

from __future__ import annotations

from careline.plugins import Core, Plugin
from careline_his_webservice import specs
from careline_his_webservice.calling.exchanges import ExchangeLog
from careline_his_webservice.campuses import Campuses
from careline_his_webservice.config import Config


class HisWebservice:
    """Builds the parts and joins what they bring."""

    def __init__(self, core: Core, config: Config) -> None:
        self.core = core
        self.exchanges = ExchangeLog(core.db, core.clock, core.tasks)
        self.campuses = Campuses(core, config, self.exchanges)


plugin = Plugin(
    name="his_webservice",
    title="Hospital information systems",
    version="0.1",
    hooks=HisWebservice,
    config=Config,
    specs=specs,
)
