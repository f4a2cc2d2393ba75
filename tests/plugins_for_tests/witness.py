"""A plugin that writes down, in a file, every ended call it is told of; it can be told to wait."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from careline.hooks import hook
from careline.plugins import Plugin

if TYPE_CHECKING:
    from careline.plugins import Core

LOOK_S = 0.1


@frozen
class WitnessConfig:
    """``[plugin.witness]``: where to write; it waits while ``<file>.hold`` is there."""

    file: str


@frozen(eq=False)
class Witness:
    """Writes ``told <id>``, and ``done <id>`` when it is through."""

    core: Core
    config: WitnessConfig

    @hook
    async def call_ended(self, call_id: str) -> None:
        self._write(f"told {call_id}")
        while Path(f"{self.config.file}.hold").exists():
            await self.core.clock.sleep(LOOK_S)
        self._write(f"done {call_id}")

    def _write(self, line: str) -> None:
        with Path(self.config.file).open("a", encoding="ascii") as file:
            file.write(f"{line}\n")


plugin = Plugin(name="witness", title="Witness", version="1.0", hooks=Witness, config=WitnessConfig)
