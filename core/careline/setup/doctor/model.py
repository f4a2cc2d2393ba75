"""A finding, and what is examined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from careline.config import Settings
from careline.control import ControlClient
from careline.i18n import Text
from careline.ivr.kinds import CORE_KINDS
from careline.ivr.model import NodeKind, kinds_by_name
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
    """The site under examination; ``status`` is what its running core says, empty without one.

    ``kinds`` are the kinds of flow node that there are, those of plugins included.
    """

    settings: Settings
    db: Database
    control: ControlClient
    status: Mapping[str, Any] = field(factory=dict)
    kinds: Mapping[str, NodeKind] = field(factory=lambda: kinds_by_name(CORE_KINDS))

    @property
    def runs(self) -> bool:
        """True when the core answers."""
        return bool(self.status)
