"""The plugin of the benchmark: writes down when its event hooks are called.

One line for each call of a hook: wall-clock seconds, the hook's name, the call's id.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TextIO

from attrs import field, frozen

from careline.calls.model import CallRecord
from careline.hooks import hook
from careline.plugins import Core, Plugin


@frozen
class WatchConfig:
    """Where to write to."""

    file: str


@frozen
class Watch:
    """Open until the core ends; a line is written at once, so that none is lost with the core."""

    core: Core
    config: WatchConfig
    _out: TextIO = field(init=False)

    @_out.default
    def _open(self) -> TextIO:
        return Path(self.config.file).open("a", encoding="ascii", buffering=1)

    async def stop(self) -> None:
        self._out.close()

    @hook
    def call_queued(self, call: CallRecord) -> None:
        self._write("call_queued", call)

    @hook
    def call_answered(self, call: CallRecord) -> None:
        self._write("call_answered", call)

    def _write(self, name: str, call: CallRecord) -> None:
        self._out.write(f"{time.time():.6f} {name} {call.id}\n")  # noqa: TID251


plugin = Plugin(name="bench", title="Bench", version="1.0", hooks=Watch, config=WatchConfig)
