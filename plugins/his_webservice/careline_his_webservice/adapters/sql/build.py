"""Builds the adapter of kind ``sql``."""

from __future__ import annotations

from careline_his_webservice.adapters.sql.his import SqlHis
from careline_his_webservice.adapters.sql.reading import Reading
from careline_his_webservice.adapters.sql.rules import load_rules
from careline_his_webservice.adapters.sql.settings import SqlSettings
from careline_his_webservice.ground import Ground


def build(ground: Ground, settings: SqlSettings) -> SqlHis:
    """The adapter; Invalid lists everything that is wrong in its file of rules."""
    return SqlHis(Reading(ground, settings), load_rules(ground.folder, settings.mapping))
