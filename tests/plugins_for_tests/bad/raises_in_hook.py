"""Fails where it is asked what it brings."""

from careline.hooks import Panel, hook
from careline.plugins import Plugin


class Hooks:
    def __init__(self, core: object, config: object) -> None:
        pass

    @hook
    def panels(self) -> list[Panel]:
        raise RuntimeError("not today")


plugin = Plugin(name="raises_in_hook", title="Plugins", version="1.0", hooks=Hooks)
