"""Cannot be started."""

from careline.plugins import Plugin


class Hooks:
    def __init__(self, core: object, config: object) -> None:
        pass

    async def start(self) -> None:
        raise ConnectionError("the gate is closed")


plugin = Plugin(name="raises_in_start", title="Plugins", version="1.0", hooks=Hooks)
