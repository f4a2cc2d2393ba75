"""What the telephone adds to the plugin: node kinds, sentences, and how far callers came."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import time, timedelta
from typing import Any

from careline.hooks import JobHandler, Schedule, SpokenText
from careline.ivr.model import NodeKind
from careline_appointments.ivr.ground import Ground
from careline_appointments.ivr.kinds import kinds
from careline_appointments.ivr.popular import Popular
from careline_appointments.ivr.progress import Progress, ProgressBook, forget
from careline_appointments.ivr.words import DATA, spoken_texts
from careline_appointments.services import Services

FORGET = "appointments.forget_progress"
KEPT = timedelta(days=30)


class IvrPart:
    """A part of the plugin; ``of_call`` is for panels."""

    def __init__(self, services: Services) -> None:
        core = services.core
        self._core = core
        self.progress = ProgressBook(core.db, core.clock, core.tasks)
        self._popular = Popular(core)
        self._ground = Ground(services, self.progress, self._popular)

    async def of_call(self, call: str) -> Progress | None:
        """How far the caller of ``call`` came by keys; None when there was no dialogue."""
        return await self.progress.of_call(call)

    def ivr_nodes(self) -> list[NodeKind]:
        """The kinds of node of the sub-flow."""
        return kinds(self._ground)

    def prompts(self) -> list[SpokenText]:
        """All sentences, for the hospital to record."""
        return spoken_texts()

    def job_handlers(self) -> list[JobHandler]:
        """One that forgets the progress of calls long over."""
        return [JobHandler(kind=FORGET, do=self._forget)]

    def schedules(self) -> list[Schedule]:
        """Every night."""
        return [Schedule(name="forget_progress", kind=FORGET, at=time(4, 10))]

    async def start(self) -> None:
        """Count which departments are booked most."""
        self._core.tasks.spawn(self._popular.keep(), "departments that are booked most")

    async def _forget(self, args: Mapping[str, Any], job: Any) -> None:
        await self._core.db.run(forget, self._core.clock.now() - KEPT)


def demo_flows() -> Mapping[str, Any]:
    """The sub-flow ``appointments`` by keys."""
    return tomllib.loads((DATA / "flow.toml").read_text(encoding="utf-8"))


def demo_kinds() -> list[NodeKind]:
    """The kinds that it uses, to check it with."""
    return kinds()
