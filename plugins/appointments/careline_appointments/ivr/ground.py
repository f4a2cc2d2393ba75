"""What the dialogues stand on."""

from __future__ import annotations

from attrs import frozen

from careline_appointments.ivr.popular import Popular
from careline_appointments.ivr.progress import ProgressBook
from careline_appointments.services import Services


@frozen
class Ground:
    """The plugin's services, and what the telephone alone needs."""

    services: Services
    progress: ProgressBook
    popular: Popular
