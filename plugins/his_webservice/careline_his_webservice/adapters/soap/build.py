"""Builds the adapter of kind ``soap``."""

from __future__ import annotations

from careline_his_webservice.adapters.soap.asking import Asking
from careline_his_webservice.adapters.soap.his import SoapHis
from careline_his_webservice.adapters.soap.rules import load_rules
from careline_his_webservice.adapters.soap.settings import SoapSettings
from careline_his_webservice.ground import Ground


def build(ground: Ground, settings: SoapSettings) -> SoapHis:
    """The adapter; Invalid lists everything that is wrong in its file of rules."""
    rules = load_rules(ground.folder, settings.mapping, settings.style)
    return SoapHis(Asking(ground, settings, rules))
