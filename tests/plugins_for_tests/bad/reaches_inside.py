"""Imports what is not for plugins."""

from twisted.internet import reactor  # noqa: TID251

from careline.app import App
from careline.plugins import Plugin
from careline_sms import model
from careline_sms.model import State

USED = (App, State, model, reactor)


class Hooks:
    def __init__(self, core: object, config: object) -> None:
        pass


plugin = Plugin(name="reaches_inside", title="Plugins", version="1.0", hooks=Hooks)
