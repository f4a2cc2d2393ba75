"""Leaves work behind that nobody can end."""

from typing import Any

from twisted.internet.defer import Deferred

from careline.plugins import Plugin


class Hooks:
    def __init__(self, core: Any, config: object) -> None:
        self._clock = core.clock

    async def start(self) -> None:
        Deferred.fromCoroutine(self._for_ever())

    async def _for_ever(self) -> None:
        while True:
            await self._clock.sleep(60)


plugin = Plugin(name="leaks", title="Plugins", version="1.0", hooks=Hooks)
