"""What an adapter stands on: its campus, the core, threads of its own, and where exchanges go."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen
from twisted.internet.defer import Deferred

if TYPE_CHECKING:
    from careline.clinic.his import His
    from careline.plugins import Core
    from careline_his_webservice.calling.exchanges import Exchanges


@frozen(kw_only=True)
class Ground:
    """Handed to an adapter's ``build``; ``folder`` is that of careline.toml.

    ``in_thread`` runs what blocks in threads of this campus alone, as many as it may have calls at
    once: a system that hangs takes no thread from others. The blocking call must end by itself
    within ``timeout_s``, since a thread cannot be cancelled. ``companion`` builds another adapter
    of the same campus from its table (an HL7 one reads schedules over SQL).
    """

    campus: str
    core: Core
    folder: Path
    timeout_s: float
    exchanges: Exchanges
    in_thread: Callable[..., Deferred[Any]]
    companion: Callable[[str], His]
