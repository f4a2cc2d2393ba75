"""Contacts in words, numbers masked."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from careline.i18n import Text
from careline.outreach.model import Booked, Means, Result, Urgency, Verdict
from careline.outreach.names import Names

VERDICTS = {
    Verdict.GO: Text("goes"),
    Verdict.LATER: Text("later"),
    Verdict.NEVER: Text("does not go"),
    Verdict.JOIN: Text("travels along"),
}
VERDICT_TONES = {
    Verdict.GO: "good",
    Verdict.LATER: "warn",
    Verdict.NEVER: "bad",
    Verdict.JOIN: "info",
}
RESULTS = {
    Result.REACHED: Text("reached"),
    Result.FAILED: Text("in vain"),
    Result.WRONG_NUMBER: Text("wrong number"),
    Result.DROPPED: Text("dropped"),
}
ICONS = {Means.MESSAGE: "message-square", Means.CALL: "phone-outgoing"}
URGENCIES = {
    Urgency.URGENT: Text("urgent"),
    Urgency.ROUTINE: Text("routine"),
    Urgency.GREETING: Text("greeting"),
}


@frozen
class Line:
    """One contact; ``why`` is the reason of the last decision."""

    booked: Booked
    names: Names

    @property
    def icon(self) -> str:
        """Message or call."""
        return ICONS[self.booked.contact.means]

    @property
    def title(self) -> Text:
        """What it is about."""
        contact = self.booked.contact
        if contact.title:
            return Text("{name}", {"name": contact.title})
        return self.names.purpose(contact.purpose)

    @property
    def number(self) -> str:
        """In E.164, to be shown masked."""
        return self.booked.contact.number

    @property
    def at(self) -> datetime:
        """When it was decided last."""
        return self.booked.decided

    @property
    def until(self) -> datetime | None:
        """When it is due, if it waits."""
        return self.booked.decision.until

    @property
    def verdict(self) -> Text:
        """The result where there is one, else the verdict."""
        result = self.booked.result
        return RESULTS[result] if result else VERDICTS[self.booked.decision.verdict]

    @property
    def tone(self) -> str:
        """A colour for it."""
        if self.booked.result:
            return "good" if self.booked.result is Result.REACHED else "neutral"
        return VERDICT_TONES[self.booked.decision.verdict]

    @property
    def urgency(self) -> Text:
        """How urgent it is."""
        return URGENCIES[self.booked.contact.urgency]

    @property
    def why(self) -> Text:
        """The reason."""
        return self.booked.decision.text

    @property
    def by(self) -> str:
        """The login of who did it by hand; empty where a plugin did."""
        by = self.booked.by
        return "" if self.names.is_plugin(by) else by

    @property
    def plugin(self) -> Text:
        """The plugin that asked."""
        return self.names.plugin(self.booked.contact.plugin)
