"""``[plugin.his_webservice.campus.<name>.embedded]``; it may be left out."""

from __future__ import annotations

from attrs import field, frozen

from careline.config import between


@frozen
class EmbeddedSettings:
    """How far ahead clinics are made of the weekly plan."""

    days: int = field(default=28, validator=between(1, 180))
    """Days, today included; each night one more is added."""
