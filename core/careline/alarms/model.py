"""An alarm and what brings it about; pure values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import evolve, field, frozen

from careline.errors import CarelineError
from careline.hooks.values import Level
from careline.i18n import Text

#: 紧急, 重要, 一般, 提示: the worst first.
LEVELS = (Level.CRITICAL, Level.MAJOR, Level.MINOR, Level.NOTICE)
LEVEL_TITLES: Mapping[Level, Text] = {
    Level.CRITICAL: Text("critical"),
    Level.MAJOR: Text("major"),
    Level.MINOR: Text("minor"),
    Level.NOTICE: Text("notice"),
}
NO_TEXT = Text("")


@frozen(kw_only=True)
class Condition:
    """Something that is not as it should be now; ``name`` tells it from others of its source.

    ``title`` says what, ``detail`` more of it, ``remedy`` what to do.
    """

    name: str
    level: Level
    title: Text
    detail: Text = NO_TEXT
    remedy: Text = NO_TEXT


@frozen(kw_only=True)
class Alarm:
    """A condition from when it was seen until it was gone; ``acked_by`` has taken notice of it."""

    id: str
    source: str
    name: str
    level: Level
    title: Text
    detail: Text = NO_TEXT
    remedy: Text = NO_TEXT
    raised: datetime
    cleared: datetime | None = None
    acked: datetime | None = field(default=None)
    acked_by: str = ""

    @property
    def urgency(self) -> int:
        """0 for the worst level."""
        return LEVELS.index(self.level)

    def follows(self, condition: Condition) -> Alarm:
        """The alarm as its condition is now; one that got worse has to be noticed again."""
        worse = LEVELS.index(condition.level) < self.urgency
        return evolve(
            self,
            level=condition.level,
            title=condition.title,
            detail=condition.detail,
            remedy=condition.remedy,
            acked=None if worse else self.acked,
            acked_by="" if worse else self.acked_by,
        )


def as_text(found: object) -> Text:
    """Whatever somebody found, as a text that can be translated later."""
    if isinstance(found, Text):
        return found
    if isinstance(found, CarelineError):
        return Text(found.message, dict(found.params))
    if isinstance(found, list | tuple):
        return Text("{all}", {"all": ", ".join(str(one) for one in found)})
    return Text("{all}", {"all": str(found)}) if found not in (None, "") else NO_TEXT


def packed(text: Text) -> dict[str, object]:
    """A text as JSON, with the texts within it."""
    return {"msgid": text.msgid, "params": {key: _plain(one) for key, one in text.params.items()}}


def _plain(value: object) -> object:
    if isinstance(value, Text):
        return packed(value)
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value)
    return value if isinstance(value, int | float | str) else str(value)


def unpacked(stored: Mapping[str, object]) -> Text:
    """A text as it was packed."""
    params = stored.get("params")
    given = params if isinstance(params, Mapping) else {}
    return Text(
        str(stored.get("msgid", "")),
        {key: unpacked(one) if isinstance(one, Mapping) else one for key, one in given.items()},
    )
