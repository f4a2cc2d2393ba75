"""``[plugin.sms.gateway.<name>.gammu]``."""

from __future__ import annotations

from pathlib import Path

from attrs import field, frozen

from careline.config import between


@frozen(kw_only=True)
class GammuSettings:
    """The folders of gammu-smsd, service ``files`` (its ``inboxpath``, ``outboxpath`` and others).

    careline must be allowed to read and write them.
    """

    inbox: Path
    outbox: Path
    sent: Path
    error: Path
    pid_file: Path | None = None
    """Where the daemon writes its process id (``--pid``), by which we know that it runs.

    Without it each message that a daemon at rest does not send is uncertain.
    """
    look_s: float = field(default=2.0, validator=between(0.1, 60))
    """Seconds between two looks into the folders."""
    send_s: float = field(default=60.0, validator=between(5, 600))
    """Seconds in which the modem must have sent a message, else it is uncertain."""
