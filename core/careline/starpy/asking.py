"""One action and its answer: what all AMI actions of StarPy are made of."""

from __future__ import annotations

from collections.abc import Mapping

from careline.starpy.connection import AMIConnection, Answer

Flag = bool | int | str


class Asking(AMIConnection):
    """An AMI connection that asks for one thing, or for a list."""

    def _ask(self, action: str, wait: float | None = 0.0, **fields: object) -> Answer:
        """One action that has one answer, ``Success`` or an error."""
        df = self.sendDeferred(message_of(action, fields), wait=wait)
        return df.addCallback(self.errorUnlessResponse)

    def _list(self, action: str, stop: str, wait: float | None = 0.0, **fields: object) -> Answer:
        """One action that is answered by a list of events, the last of them named ``stop``."""
        return self.collectDeferred(message_of(action, fields), stop, wait=wait)


def message_of(action: str, fields: Mapping[str, object]) -> dict[str, object]:
    """An action's message: what is None is not sent."""
    given = {key: value for key, value in fields.items() if value is not None}
    return {"action": action, **given}


def word(value: Flag, true: str, false: str, *, keep: bool = False) -> str:
    """The word Asterisk expects; with ``keep`` other text is passed on (an event mask)."""
    if value in (True, true, "true", "yes", "on"):
        return true
    return str(value) if keep and value not in (False, false, "") else false
