"""Holds up the whole process, once where it is seen by reading and once where it is not."""

import time

from careline.hooks import HealthCheck, hook
from careline.plugins import Plugin


def look_around() -> None:
    time.sleep(0.001)


class Hooks:
    def __init__(self, core: object, config: object) -> None:
        pass

    async def start(self) -> None:
        look_around()

    @hook
    async def health(self) -> list[HealthCheck]:
        time.sleep(0.001)
        return []


plugin = Plugin(name="blocks", title="Plugins", version="1.0", hooks=Hooks)
