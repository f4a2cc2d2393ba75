"""``[plugin.recording]``: which talks are kept, where, and how long."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import field, frozen

from careline.config import Secret, between, one_of
from careline.errors import Invalid
from careline_recording import opus
from careline_recording.rules import USUAL, Rule

if TYPE_CHECKING:
    from attrs import Attribute

#: What the law and the trade ask at least.
LEAST_DAYS = 31
NORMAL = "normal"
COMPLAINT = "complaint"


@frozen(kw_only=True)
class S3Settings:
    """``[plugin.recording.s3]``: an S3-compatible store, such as the hospital's own."""

    endpoint: str
    """Its address: ``https://store.hospital.cn:9000``."""
    bucket: str
    access_key: str
    secret_key: Secret
    region: str = "us-east-1"
    prefix: str = "recordings/"
    timeout_s: float = field(default=20.0, validator=between(1, 300))
    """Seconds without an answer after which it counts as away."""


@frozen(kw_only=True)
class RecordingConfig:
    """``[plugin.recording]``."""

    rules: tuple[Rule, ...] = USUAL
    """The first that fits decides; without any fit nothing is kept."""
    store: str = field(default="folder", validator=one_of(("folder", "s3")))
    """Where recordings are kept: ``folder`` on this machine, or ``s3``."""
    format: str = field(default="wav", validator=one_of(("wav", "opus")))
    """What is taken in from now on is kept as that; ``opus`` takes about a tenth of the room."""
    folder: Path | None = None
    """Where recordings are kept; None: ``recordings`` in the home."""
    key_file: Path | None = None
    """The master keys, one line each; None: ``secrets/recording.keys`` in the home."""
    s3: S3Settings | None = None
    days: Mapping[str, int] = field(factory=lambda: {NORMAL: 93, COMPLAINT: 1095})
    """Days for which each class of retention is kept; ``normal`` is the usual one."""
    least_free_mb: int = field(default=1000, validator=between(10, 10_000_000))
    """Below so much room an alarm is raised."""

    @days.validator
    def _days(self, attribute: Attribute[Mapping[str, int]], value: Mapping[str, int]) -> None:
        for name, days in value.items():
            if not LEAST_DAYS <= days <= 36500:
                raise Invalid(
                    "recording.days",
                    "{where}: must be from {least} to {most} days, not {days}",
                    where=f"{attribute.name}.{name}",
                    least=LEAST_DAYS,
                    most=36500,
                    days=days,
                )
        if NORMAL not in value:
            raise Invalid(
                "recording.normal",
                "{where}: {name} is missing",
                where=attribute.name,
                name=NORMAL,
            )

    def __attrs_post_init__(self) -> None:
        """A store of kind s3 needs its table, Opus its library."""
        if self.store == "s3" and self.s3 is None:
            raise Invalid(
                "recording.s3", "{where}: missing; store = s3 needs this table", where="s3"
            )
        if self.format == "opus" and not opus.is_there():
            raise Invalid(
                "recording.opus",
                "{where}: opus needs the library PyAV: pip install careline[opus]",
                where="format",
            )
