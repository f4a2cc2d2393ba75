"""What is not kept for ever: records by the hospital's rule, files of imports and exports."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from attrs import frozen
from twisted.logger import Logger

from careline.clock import Clock
from careline.patients.moving import Moving
from careline.patients.service import Patients
from careline.storage.ageing import sweep
from careline.tasks import Tasks

log = Logger()


@frozen
class Keeping:
    """Removes what is too old, at the start and every six hours; ``keep_days`` 0 keeps records.

    ``forget`` removes files of others that are too old; it blocks, for a moment.
    """

    clock: Clock
    tasks: Tasks
    patients: Patients
    moving: Moving
    keep_days: int = 0
    forget: Callable[[], object] = lambda: None

    def start(self) -> None:
        """From now on."""
        self.tasks.spawn(sweep(self.clock, self.tidy), "patients: removing what is too old")

    async def tidy(self) -> None:
        """One round."""
        self.forget()
        await self.moving.tidy_up()
        if self.keep_days > 0:
            gone = await self.patients.erase_outdated(timedelta(days=self.keep_days))
            if gone:
                log.info("{count} records of patients were kept long enough", count=gone)
