"""What the parts of the plugin build on."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from careline_appointments.booking import Booker
from careline_appointments.config import AppointmentsConfig
from careline_appointments.directory import Directory
from careline_appointments.schedules import Schedules
from careline_appointments.standing import Standings
from careline_appointments.waiting import Waiting


@frozen
class Services:
    """Given to each part; ``core`` is a ``careline.plugins.Core``."""

    core: Any
    config: AppointmentsConfig
    directory: Directory
    schedules: Schedules
    booker: Booker
    standings: Standings
    waiting: Waiting


def build(core: Any, config: AppointmentsConfig) -> Services:
    """All of them, on ``core``."""
    directory = Directory(core)
    standings = Standings(core, config)
    schedules = Schedules(core, directory)
    booker = Booker(core, config, directory)
    waiting = Waiting(core, config, directory, schedules, booker)
    return Services(core, config, directory, schedules, booker, standings, waiting)
