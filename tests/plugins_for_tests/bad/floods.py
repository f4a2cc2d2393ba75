"""Tells everybody the same thing again and again, without a pause."""

from typing import Any

from careline.plugins import Plugin


class Hooks:
    def __init__(self, core: Any, config: object) -> None:
        self._core = core

    async def start(self) -> None:
        self._core.tasks.spawn(self._tell(), "telling")

    async def _tell(self) -> None:
        while True:
            self._core.events.tell("floods_again")
            await self._core.clock.sleep(0)


plugin = Plugin(name="floods", title="Plugins", version="1.0", hooks=Hooks)
