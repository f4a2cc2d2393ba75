"""The table ``[plugin.followup]`` of careline.toml."""

from __future__ import annotations

from datetime import time

from attrs import field, frozen
from attrs.validators import ge, le, matches_re

from careline.config import public_address


@frozen(kw_only=True)
class FollowupConfig:
    """``public_url``: where patients' phones reach careline (``https://call.hospital.example``).

    It is empty where they cannot, and then no links are sent. ``flow`` speaks in automatic calls,
    ``queue`` lends the agents. Contacts begin at ``begins`` (``HH:MM``). After
    ``automatic_tries`` automatic calls, all numbers together, or ``automatic_hours`` without
    answers the next way is taken, after ``form_minutes`` an agent who
    spoke to the patient is expected to have filled in the questionnaire. ``flag_minutes`` is the
    time in which a red flag is to be acknowledged, ``seen_minutes`` that in which whoever did so
    has looked after it: then it is passed on all the same. Links are good for ``link_days``. Each
    night the discharges of the last ``look_back_days`` are compared with the hospital's. What is
    older than ``keep_days`` stays for the count of it, and of nobody.
    """

    public_url: str = field(default="", validator=public_address)
    flow: str = "followup"
    queue: str = "service"
    begins: str = field(default="09:00", validator=matches_re(r"([01]\d|2[0-3]):[0-5]\d"))
    automatic_tries: int = field(default=2, validator=[ge(1), le(20)])
    automatic_hours: int = field(default=24, validator=[ge(1), le(240)])
    form_minutes: int = field(default=30, validator=[ge(5), le(600)])
    flag_minutes: int = field(default=30, validator=[ge(1), le(24 * 60)])
    seen_minutes: int = field(default=240, validator=[ge(5), le(7 * 24 * 60)])
    link_days: int = field(default=7, validator=[ge(1), le(60)])
    look_back_days: int = field(default=35, validator=[ge(1), le(366)])
    keep_days: int = field(default=1826, validator=[ge(400), le(36_525)])

    @property
    def time(self) -> time:
        """``begins`` as a time of day."""
        return time.fromisoformat(self.begins)
