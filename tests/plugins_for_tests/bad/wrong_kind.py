"""Answers with something else than what was asked for."""

from careline.hooks import hook
from careline.plugins import Plugin


class Hooks:
    def __init__(self, core: object, config: object) -> None:
        pass

    @hook
    def panels(self) -> list[str]:
        return ["a panel"]


plugin = Plugin(name="wrong_kind", title="Plugins", version="1.0", hooks=Hooks)
