"""A finding, and what is examined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from careline.config import Settings
from careline.control import ControlClient
from careline.i18n import Text
from careline.storage import Database


@frozen
class Finding:
    """One thing looked at: ``found`` says how it is, ``cure`` what to do when it is not ``ok``.

    ``ok`` None is for information only.
    """

    name: Text
    ok: bool | None
    found: object
    cure: Text | None = None


@frozen
class Patient:
    """The site under examination; ``status`` is what its running core says, empty without one."""

    settings: Settings
    db: Database
    control: ControlClient
    status: Mapping[str, Any] = field(factory=dict)

    @property
    def runs(self) -> bool:
        """True when the core answers."""
        return bool(self.status)
