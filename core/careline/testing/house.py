"""The demonstration hospital with the real core, on either switch: where contract scenarios play.

The core, its database and its FastAGI server are the real ones; only the switch and the people
differ.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from careline.asterisk.layout import Tree
from careline.testing.floor import Staged
from careline.testing.hospital import Hospital, fill
from careline.testing.real_stage import RealStage
from careline.testing.stage import ScriptedStage


class House(Staged, Hospital):
    """A hospital whose people are those of a stage: scripted when ``tree`` is None."""

    def __init__(
        self,
        reactor: Any,
        tree: Tree | None,
        root: Path,
        prompts: Path,
        plugins: Collection[str] = (),
    ) -> None:
        self._real_tree = tree
        super().__init__(reactor, tree, root, prompts, plugins)  # type: ignore[arg-type]  # or None

    async def open(self) -> None:
        """Start the switch and the core; returns when they are in step."""
        if self._real_tree is not None:
            await super().open()
            self.stage = RealStage(self.reactor, self.asterisk)
            return
        self.db = await fill(self.settings, self.network, self.clock)
        files = self.db.run_sync(self._files)
        self.stage = ScriptedStage(self.reactor, files, self.settings.core.agi_port)
        await self.start_core()

    async def close(self) -> None:
        """End people, core and switch."""
        if self._real_tree is not None:
            await self.stage.close()
            await super().close()
            return
        await self.app.stop()
        await self.db.close()
        await self.stage.close()
