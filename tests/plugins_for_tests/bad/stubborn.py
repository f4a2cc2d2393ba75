"""Does not stop when it is told to."""

from twisted.internet.defer import CancelledError, Deferred

from careline.plugins import Plugin


class Hooks:
    def __init__(self, core: object, config: object) -> None:
        pass

    async def stop(self) -> None:
        while True:
            try:
                await Deferred()
            except CancelledError:
                continue


plugin = Plugin(name="stubborn", title="Plugins", version="1.0", hooks=Hooks)
