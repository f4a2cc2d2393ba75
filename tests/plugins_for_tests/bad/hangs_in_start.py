"""Waits for what never comes."""

from twisted.internet.defer import Deferred

from careline.plugins import Plugin


class Hooks:
    def __init__(self, core: object, config: object) -> None:
        pass

    async def start(self) -> None:
        await Deferred()


plugin = Plugin(name="hangs_in_start", title="Plugins", version="1.0", hooks=Hooks)
