"""``[outbound]``: calls that the hospital begins, and what may be dialled at all."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING

from attrs import field, frozen

from careline.config.checks import between, matches
from careline.errors import Invalid
from careline.i18n import Text

if TYPE_CHECKING:
    from attrs import Attribute

_BEGINNING = matches(r"\+?\d{1,14}", Text("the beginning of a number, such as 010 or +852"))


def _beginnings(_: object, attribute: Attribute[tuple[str, ...]], value: tuple[str, ...]) -> None:
    for one in value:
        _BEGINNING(_, attribute, one)


@frozen
class AllowSettings:
    """``[outbound.allow]``: the one list by which every outside number is judged.

    It holds for agents' own dialling, transfers, callbacks, flows and tasks alike.
    """

    only: tuple[str, ...] = field(default=(), validator=_beginnings)
    """Beginnings that alone may be dialled, as dialled in China (010, 13); empty: all of China."""
    refused: tuple[str, ...] = field(default=("96",), validator=_beginnings)
    """Further beginnings that may not, by themselves the paid services of provinces (96xxx).

    Premium services never may.
    """
    abroad: tuple[str, ...] = field(default=(), validator=_beginnings)
    """Beginnings abroad that may be dialled, such as +852; empty: none."""
    hours_from: time = time(0)
    """From when agents may dial outside numbers, local time; emergency numbers always go."""
    hours_to: time = time(0)
    """Until when; the same as hours_from: all day."""
    most_a_day: int = field(default=300, validator=between(0, 100_000))
    """Outside calls that one agent may make in a day; 0: without limit."""


@frozen
class OutboundSettings:
    """``[outbound]``: tasks to call somebody, which plugins put and the core carries out."""

    lines: int = field(default=10, validator=between(0, 2000))
    """Calls of tasks that may be up at once on one trunk; the rest is for callers. 0: none."""
    ring_s: int = field(default=40, validator=between(10, 120))
    """Seconds that a patient's phone rings."""
    tries: int = field(default=3, validator=between(1, 20))
    """Tries for each number of the ladder."""
    busy_min: int = field(default=10, validator=between(1, 1440))
    """Minutes until the next try when the line was busy."""
    no_answer_min: int = field(default=120, validator=between(1, 1440))
    """Minutes until the next try when nobody answered."""
    machine_detection: bool = True
    """Whether it is listened for answering machines before a flow speaks."""
    keep_days: int = field(default=1095, validator=between(30, 36500))
    """Days that tasks and their tries are kept after they are over."""
    allow: AllowSettings = field(factory=AllowSettings)

    @allow.validator
    def _kept(self, attribute: Attribute[AllowSettings], value: AllowSettings) -> None:
        """What is opened abroad begins with a plus: 00852 or 852 would open something at home."""
        for one in value.abroad:
            if not one.startswith("+") or one.startswith("+86"):
                raise Invalid(
                    "config.abroad",
                    "{where}: must begin with + and the country, such as +852, not “{value}”",
                    where=f"{attribute.name}.abroad",
                    value=one,
                )
