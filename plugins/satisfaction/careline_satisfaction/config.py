"""The table ``[plugin.satisfaction]`` of careline.toml."""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import ge, le


@frozen(kw_only=True)
class SatisfactionConfig:
    """``flow``: where callers go once the agent has hung up; it has a satisfaction_survey node.

    ``late_days``: what is answered later than so many days after the talk does not count.
    ``by_message``: callers who hung up first are asked by message, ``message_minutes`` after the
    talk, if it can be sent within ``message_hours``.
    """

    flow: str = "rating"
    late_days: int = field(default=7, validator=[ge(1), le(90)])
    by_message: bool = False
    message_minutes: int = field(default=10, validator=[ge(0), le(240)])
    message_hours: int = field(default=24, validator=[ge(1), le(168)])
