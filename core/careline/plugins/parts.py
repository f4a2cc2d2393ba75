"""A plugin made of parts: what each brings is joined, and they begin and end in order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from careline.hooks import (
    JobHandler,
    LookUp,
    Page,
    Panel,
    Report,
    Schedule,
    SpokenText,
    hook,
)

if TYPE_CHECKING:
    from careline.ivr.model import NodeKind


class OfParts:
    """The hooks object of a plugin whose ``parts`` bring things; derive from it and set them.

    A part is an object with any of ``panels``, ``pages``, ``job_handlers``, ``schedules``,
    ``ivr_nodes``, ``look_ups``, ``prompts``, ``reports`` (plain methods that give a list), and
    async ``start`` and ``stop``. What the plugin brings as a whole (its permissions, acts and
    commands) and the hooks that it answers are its own.
    """

    parts: Sequence[object] = ()

    async def start(self) -> None:
        """Start the parts in order."""
        for part in self.parts:
            if (begin := getattr(part, "start", None)) is not None:
                await begin()

    async def stop(self) -> None:
        """Stop them, the last first."""
        for part in reversed(self.parts):
            if (end := getattr(part, "stop", None)) is not None:
                await end()

    def _joined(self, what: str) -> list[Any]:
        brought = [getattr(part, what)() for part in self.parts if hasattr(part, what)]
        return list(chain.from_iterable(brought))

    @hook
    def panels(self) -> Sequence[Panel]:
        """Those of all parts."""
        return self._joined("panels")

    @hook
    def pages(self) -> Sequence[Page]:
        """Those of all parts."""
        return self._joined("pages")

    @hook
    def job_handlers(self) -> Sequence[JobHandler]:
        """Those of all parts."""
        return self._joined("job_handlers")

    @hook
    def schedules(self) -> Sequence[Schedule]:
        """Those of all parts."""
        return self._joined("schedules")

    @hook
    def ivr_nodes(self) -> Sequence[NodeKind]:
        """Those of all parts."""
        return self._joined("ivr_nodes")

    @hook
    def look_ups(self) -> Sequence[LookUp]:
        """Those of all parts."""
        return self._joined("look_ups")

    @hook
    def prompts(self) -> Sequence[SpokenText]:
        """Those of all parts."""
        return self._joined("prompts")

    @hook
    def reports(self) -> Sequence[Report]:
        """Those of all parts."""
        return self._joined("reports")
