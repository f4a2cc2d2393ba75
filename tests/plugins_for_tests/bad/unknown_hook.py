"""Answers hooks that nobody calls."""

from careline.hooks import hook
from careline.plugins import Plugin


class Hooks:
    def __init__(self, core: object, config: object) -> None:
        pass

    @hook
    def call_startet(self, call: object) -> None:
        pass

    def call_ended(self, call_id: str) -> None:
        pass


plugin = Plugin(name="unknown_hook", title="Plugins", version="1.0", hooks=Hooks)
